package relays

import (
	"context"
	"fmt"

	"github.com/roombridge/roombridge/bench/load"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/secure"
)

// terminal is a room terminal's video: RTP or SRTP keyed by SDES.
type terminal struct {
	env             Env
	leg             *load.Leg
	kind            Kind
	key             media.Key
	sends, receives bool
	sound           bool
}

func newTerminal(env Env, k Kind, sends, receives bool) (*terminal, error) {
	leg, err := env.Loop.Open()
	if err != nil {
		return nil, err
	}
	t := &terminal{env: env, leg: leg, kind: k, sends: sends, receives: receives}
	if k != RTP {
		t.key, err = secure.GenerateKey(k.Suite())
	}
	return t, err
}

// description is the terminal's offer, and its answer.
func (t *terminal) description() string {
	proto, keys, sound := "RTP/AVP", "", ""
	if t.kind != RTP {
		proto, keys = "RTP/SAVP", crypto(t.kind.Suite(), t.key)
	}
	if t.sound {
		// A port that nobody reads: the terminal is silent and hears nothing.
		sound = fmt.Sprintf("m=audio 9 %s 9\r\na=rtpmap:9 G722/8000\r\na=%s\r\n%s", proto, direction(t.sends, t.receives), keys)
	}
	a := t.leg.Addr()
	return fmt.Sprintf("v=0\r\no=bench 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nb=AS:4096\r\nt=0 0\r\n%[2]s"+
		"m=video %[3]d %[4]s %[5]d\r\na=rtpmap:%[5]d H264/90000\r\na=fmtp:%[5]d %[6]s\r\na=rtcp-fb:* nack pli\r\na=rtcp-fb:* ccm fir\r\na=rtcp-mux\r\n"+
		"a=%[7]s\r\n%[8]s",
		a.Addr(), sound, a.Port(), proto, ptH264, fmtpH264, direction(t.sends, t.receives), keys)
}

// accept takes the far end's description.
func (t *terminal) accept(_ context.Context, text string) error {
	lines, err := readSDP(text)
	if err != nil {
		return err
	}
	l := lines[0]
	if l.addr.Port() == 0 || !l.addr.Addr().IsValid() {
		return errSDP
	}
	if t.kind != RTP {
		if l.suite != t.kind.Suite().String() {
			return fmt.Errorf("relays: %q was answered to %v", l.suite, t.kind)
		}
		if err := t.secure(l.key); err != nil {
			return err
		}
	}
	return t.leg.Connect(l.addr)
}

func (t *terminal) secure(theirs media.Key) error {
	in, err := secure.NewInbound(t.kind.Suite(), theirs)
	if err != nil {
		return err
	}
	out, err := secure.NewOutbound(t.kind.Suite(), t.key)
	if err != nil {
		return err
	}
	t.leg.Secure(in, out)
	return nil
}

func (t *terminal) source() *load.Source {
	return t.leg.Send(&load.Source{PT: ptH264, Secured: t.kind != RTP})
}

func (t *terminal) sink(of *load.Source) *load.Sink {
	return t.leg.Receive(&load.Sink{PT: ptH264, Secured: t.kind != RTP, Sample: t.env.Sample}, of)
}

// end is what a call's media goes between.
type end interface {
	source() *load.Source
	sink(of *load.Source) *load.Sink
}

// join carries media from one end to others, and back where both send.
func (call *Call) join(c Case, from end, to []end) {
	s := from.source()
	for _, e := range to {
		call.Sinks = append(call.Sinks, e.sink(s))
	}
	if c.Both {
		call.Sinks = append(call.Sinks, from.sink(to[0].source()))
	}
}

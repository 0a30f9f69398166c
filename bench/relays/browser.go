package relays

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/roombridge/roombridge/bench/load"
	"github.com/roombridge/roombridge/bench/rtc"
)

// browser is a WebRTC end.
type browser struct {
	env  Env
	leg  *load.Leg
	rtc  *rtc.Endpoint
	kind Kind
	from uint32 // SSRC that it receives
	mid  string // of the line that it sends on
}

func newBrowser(env Env, k Kind) (*browser, error) {
	leg, err := env.Loop.Open()
	if err != nil {
		return nil, err
	}
	b := &browser{env: env, leg: leg, kind: k}
	b.rtc, err = rtc.New(leg)
	return b, err
}

// Header extensions that browsers offer.
const (
	idMID  = 3
	idTWCC = 4
)

// head begins an offer whose lines are bundled.
func (b *browser) head(mids ...string) string {
	return fmt.Sprintf("v=0\r\no=- %d 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE %s\r\na=msid-semantic: WMS\r\n", b.leg.SSRC(), strings.Join(mids, " "))
}

// transport is what each line says of the connection.
func (b *browser) transport() string {
	a := b.leg.Addr()
	return fmt.Sprintf("c=IN IP4 %s\r\na=rtcp:%d IN IP4 %s\r\na=candidate:1 1 udp 2130706431 %s %d typ host\r\na=end-of-candidates\r\n"+
		"a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:actpass\r\na=rtcp-mux\r\n",
		a.Addr(), a.Port(), a.Addr(), a.Addr(), a.Port(), b.rtc.Ufrag, b.rtc.Pwd, b.rtc.Fingerprint)
}

// sound is a line of sound that carries nothing.
func (b *browser) sound(mid string) string {
	return fmt.Sprintf("m=audio %d UDP/TLS/RTP/SAVPF 111\r\n%sa=mid:%s\r\na=inactive\r\na=rtpmap:111 opus/48000/2\r\n", b.leg.Addr().Port(), b.transport(), mid)
}

// video is a line of video as Chromium writes it, less what nobody uses.
func (b *browser) video(mid, direction string) string {
	source := ""
	if direction == "sendonly" || direction == "sendrecv" {
		b.mid = mid
		source = fmt.Sprintf("a=msid:bench camera\r\na=ssrc:%[1]d cname:bench\r\na=ssrc:%[1]d msid:bench camera\r\n", b.leg.SSRC())
	}
	return fmt.Sprintf("m=video %[1]d UDP/TLS/RTP/SAVPF %[2]d %[3]d\r\n%[4]sa=mid:%[5]s\r\na=%[6]s\r\na=rtcp-rsize\r\n"+
		"a=extmap:%[8]d urn:ietf:params:rtp-hdrext:sdes:mid\r\n"+
		"a=extmap:%[9]d http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"+
		"a=rtpmap:%[2]d H264/90000\r\na=fmtp:%[2]d level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"+
		"a=rtcp-fb:%[2]d transport-cc\r\na=rtcp-fb:%[2]d ccm fir\r\na=rtcp-fb:%[2]d nack\r\na=rtcp-fb:%[2]d nack pli\r\n"+
		"a=rtpmap:%[3]d rtx/90000\r\na=fmtp:%[3]d apt=%[2]d\r\n%[7]s",
		b.leg.Addr().Port(), ptH264, ptRTX, b.transport(), mid, direction, source, idMID, idTWCC)
}

// connect takes the far end's answer; slot names the line that it receives on.
func (b *browser) connect(ctx context.Context, answer, slot string) error {
	lines, err := readSDP(answer)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(lines, func(l line) bool { return l.mid == slot || slot == "" })
	if i < 0 {
		return fmt.Errorf("relays: the answer has no line %q", slot)
	}
	l := lines[i]
	b.from = l.ssrc
	j := slices.IndexFunc(l.candidates, func(a netip.AddrPort) bool { return a.Addr() == b.env.Addr })
	if j < 0 {
		return fmt.Errorf("relays: the answer has no candidate at %v:\n%s", b.env.Addr, answer)
	}
	err = b.rtc.Connect(ctx, rtc.Remote{
		Candidate: l.candidates[j], Ufrag: l.ufrag, Pwd: l.pwd, Hash: l.hash, Fingerprint: l.fingerprint, Active: l.setup == "active",
	}, b.kind.Suite())
	if err == nil && b.rtc.Suite() != b.kind.Suite() {
		err = fmt.Errorf("relays: %v was agreed on, not %v", b.rtc.Suite(), b.kind.Suite())
	}
	return err
}

// peer is a browser with one line, which it offers.
type peer struct {
	*browser
	direction string
}

func newPeer(env Env, k Kind, sends, receives bool) (*peer, error) {
	b, err := newBrowser(env, k)
	return &peer{b, direction(sends, receives)}, err
}

func (p *peer) description() string { return p.head("0") + p.video("0", p.direction) }

// accept takes the answer. The relay keeps the SSRC of who sends, so any is taken.
func (p *peer) accept(ctx context.Context, answer string) error {
	err := p.connect(ctx, answer, "")
	p.from = 0
	return err
}

func (b *browser) source() *load.Source {
	s := &load.Source{PT: ptH264, Secured: true}
	if len(b.mid) == 1 {
		s.MID, s.MIDID, s.TWCCID = b.mid[0], idMID, idTWCC
	}
	return b.leg.Send(s)
}

func (b *browser) sink(of *load.Source) *load.Sink {
	return b.leg.Receive(&load.Sink{PT: ptH264, Secured: true, Sample: b.env.Sample, From: b.from}, of)
}

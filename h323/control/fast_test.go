package control

import (
	"errors"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// sameOnTheWire gives channels as the far end decodes them.
func sameOnTheWire(t *testing.T, list []*h245.OpenLogicalChannel) (out []*h245.OpenLogicalChannel) {
	t.Helper()
	for _, o := range list {
		b, err := per.Marshal(o)
		if err != nil {
			t.Fatalf("channel %d cannot be encoded: %v", o.ForwardLogicalChannelNumber, err)
		}
		v := new(h245.OpenLogicalChannel)
		if err := per.Unmarshal(b, v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// fastPair is a caller and who is called.
func fastPair(t *testing.T) *rig {
	a := config("127.0.0.1", "127.0.0.2", 5000)
	a.Caller = true
	return newRig(t, a, config("127.0.0.2", "127.0.0.1", 6000))
}

func TestFastConnect(t *testing.T) {
	r := fastPair(t)
	offer := sameOnTheWire(t, r.a.FastOffer())
	answer := sameOnTheWire(t, r.b.FastAnswer(r.now, offer))
	if len(offer) != 2*3+2*2 || len(answer) != 4 {
		t.Fatalf("%d channels offered, %d taken", len(offer), len(answer))
	}
	if err := r.a.FastAnswered(r.now, answer); err != nil {
		t.Fatal(err)
	}
	if err := r.a.FastAnswered(r.now, answer); err != nil { // Connect repeats what CallProceeding said
		t.Fatal(err)
	}
	for i, e := range []*end{r.a, r.b} {
		port := uint16([]int{6000, 5000}[i])
		s, v := e.stream(media.Audio), e.stream(media.Video)
		if e.established != 1 || e.changes != 1 {
			t.Errorf("established %d times, %d changes", e.established, e.changes)
		}
		if s.Direction != media.SendRecv || s.Send.Codec != media.G722 || s.Remote.Port() != port || s.RemoteRTCP.Port() != port+1 {
			t.Errorf("sound %+v", s)
		}
		if v.Direction != media.SendRecv || v.Send.H264.Mode != 1 || v.Send.PT != 96 || v.Remote.Port() != port+2 || v.RemoteRTCP.Port() != port+3 {
			t.Errorf("pictures %+v", v)
		}
	}
	// H.245 begins later and leaves the channels as they are.
	r.a.Start(r.now)
	r.b.Start(r.now)
	r.run(5 * time.Second)
	for _, e := range []*end{r.a, r.b} {
		if e.established != 1 || e.failed != "" || len(e.Status().Channels) != 4 {
			t.Errorf("then %+v, failed %q", e.Status(), e.failed)
		}
		if s := e.stream(media.Audio); s.Direction != media.SendRecv || s.SendDTMF != 101 {
			t.Errorf("sound %+v", s)
		}
	}
	r.a.Hold(r.now, true)
	r.run(time.Second)
	if d := r.b.stream(media.Audio).Direction; d != media.Recv {
		t.Errorf("on hold b's sound is %v", d)
	}
}

// What fast connect did not bring H.245 opens.
func TestFastConnectSoundOnly(t *testing.T) {
	r := fastPair(t)
	var offer []*h245.OpenLogicalChannel
	for _, o := range sameOnTheWire(t, r.a.FastOffer()) {
		if c, _ := readFast(o); c.data.AudioData != nil {
			offer = append(offer, o)
		}
	}
	if err := r.a.FastAnswered(r.now, r.b.FastAnswer(r.now, offer)); err != nil {
		t.Fatal(err)
	}
	if v := r.b.stream(media.Video); v.Direction != media.Inactive {
		t.Errorf("pictures %+v", v)
	}
	r.a.Start(r.now)
	r.b.Start(r.now)
	r.run(5 * time.Second)
	for _, e := range []*end{r.a, r.b} {
		if d := e.stream(media.Video).Direction; d != media.SendRecv {
			t.Errorf("pictures are %v", d)
		}
	}
}

// Proposals that are no use are refused, and nothing is left of them.
func TestFastAnswerRefuses(t *testing.T) {
	caller := newEnd(fastPair(t).a.cfg)
	whole := caller.FastOffer()
	pick := func(keep func(c fastChannel) bool) (list []*h245.OpenLogicalChannel) {
		for _, o := range whole {
			if c, _ := readFast(o); keep(c) {
				list = append(list, o)
			}
		}
		return list
	}
	many := make([]*h245.OpenLogicalChannel, 10*maxProposals)
	for i := range many {
		many[i] = channel(uint16(i+1), 1, audioData(h245.AudioCapability{G728: new(uint16(1))}))
	}
	for name, offer := range map[string][]*h245.OpenLogicalChannel{
		"nothing":       nil,
		"nil":           {nil},
		"pictures only": pick(func(c fastChannel) bool { return c.data.VideoData != nil }),
		"other codecs":  many,
		"no address": func() []*h245.OpenLogicalChannel {
			o := *pick(func(c fastChannel) bool { return c.reverse })[0]
			r, m := *o.ReverseLogicalChannelParameters, *o.ReverseLogicalChannelParameters.MultiplexParameters
			p := *m.H2250LogicalChannelParameters
			p.MediaChannel = nil
			m.H2250LogicalChannelParameters, r.MultiplexParameters, o.ReverseLogicalChannelParameters = &p, &m, &r
			return []*h245.OpenLogicalChannel{&o}
		}(),
		"reverse without parameters": {{
			ForwardLogicalChannelParameters: h245.ForwardLogicalChannelParameters{DataType: h245.DataType{NullData: true}},
			ReverseLogicalChannelParameters: &h245.ReverseLogicalChannelParameters{DataType: audioData(alaw())},
		}},
	} {
		l := newLone(t, nil)
		if answer := l.FastAnswer(l.now, offer); answer != nil {
			t.Errorf("%s: %d channels taken", name, len(answer))
		}
		if l.established != 0 || len(l.Status().Channels) != 0 {
			t.Errorf("%s: %+v", name, l.Status())
		}
		l.only(l.settle(receives(alaw()))) // H.245 does it
	}
	l := newLone(t, nil)
	if offer := l.FastOffer(); offer != nil {
		t.Errorf("who is called offers %d channels", len(offer))
	}
}

func TestFastAnsweredBadly(t *testing.T) {
	for name, change := range map[string]func([]*h245.OpenLogicalChannel) []*h245.OpenLogicalChannel{
		"nothing": func([]*h245.OpenLogicalChannel) []*h245.OpenLogicalChannel { return nil },
		"an echo": func(offer []*h245.OpenLogicalChannel) []*h245.OpenLogicalChannel { return offer[:1] },
		"a stranger": func([]*h245.OpenLogicalChannel) []*h245.OpenLogicalChannel {
			return []*h245.OpenLogicalChannel{channel(1, 1, audioData(h245.AudioCapability{G728: new(uint16(1))}))}
		},
	} {
		r := fastPair(t)
		offer := sameOnTheWire(t, r.a.FastOffer())
		if err := r.a.FastAnswered(r.now, change(offer)); !errors.Is(err, ErrFast) {
			t.Errorf("%s: %v", name, err)
		}
		if r.a.established != 0 || r.a.changes != 0 {
			t.Errorf("%s: established %d times, %d changes", name, r.a.established, r.a.changes)
		}
		r.call()
		if s := r.a.stream(media.Audio); s.Direction != media.SendRecv {
			t.Errorf("%s: by H.245 then %+v", name, s)
		}
	}
}

// An answer that leaves the caller's address in the channels towards it, as H.323 lets
// it, and takes sound one way only.
func TestFastAnsweredOneWay(t *testing.T) {
	r := fastPair(t)
	for _, o := range sameOnTheWire(t, r.a.FastOffer()) {
		if c, _ := readFast(o); c.reverse && c.data.AudioData != nil && c.data.AudioData.G711Alaw64k != nil {
			if err := r.a.FastAnswered(r.now, []*h245.OpenLogicalChannel{o}); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := r.a.stream(media.Audio)
	if s.Direction != media.Recv || s.Recv[0].Codec != media.PCMA || s.Remote.Addr() != r.a.cfg.Remote {
		t.Errorf("sound %+v", s)
	}
}

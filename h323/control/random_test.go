package control

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// agree checks that what one end sends is what the other expects, to where it listens.
func agree(t *testing.T, from, to *end, port uint16) (flowing int) {
	t.Helper()
	for i, k := range []media.Kind{media.Audio, media.Video} {
		s, r := from.stream(k), to.stream(k)
		if s.Direction.Sends() != r.Direction.Receives() {
			t.Errorf("%v: one end %v, the other %v", k, s.Direction, r.Direction)
			continue
		}
		if !s.Direction.Sends() {
			continue
		}
		flowing++
		at := port + 2*uint16(i)
		if s.Remote.Port() != at || s.RemoteRTCP.Port() != at+1 {
			t.Errorf("%v: sent to %v and %v, not port %d", k, s.Remote, s.RemoteRTCP, at)
		}
		if f := r.Recv[0]; f.Codec != s.Send.Codec || f.PT != s.Send.PT || f.H264.Mode != s.Send.H264.Mode {
			t.Errorf("%v: sent %+v, expected %+v", k, s.Send, f)
		}
	}
	return flowing
}

// shuffled is part of a list in another order, with at least one element.
func shuffled(r *rand.Rand, list []media.Format) []media.Format {
	out := append([]media.Format(nil), list...)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:1+r.IntN(len(out))]
}

// Whatever two ends can do, however slow the line is and whatever they do meanwhile, in
// the end they agree.
func TestRandomCalls(t *testing.T) {
	codecs := sound(media.G722, media.PCMA, media.PCMU)
	flowing := 0
	for seed := range uint64(300) {
		dice := rand.New(rand.NewPCG(seed, 245))
		one := func(addr, far string, port uint16) Config {
			c := config(addr, far, port)
			c.Caps.Audio = append(shuffled(dice, codecs), media.Format{Codec: media.PCMU, ClockRate: 8000}, media.Format{Codec: media.DTMF, ClockRate: 8000})
			c.Caps.Video = shuffled(dice, video())
			c.Terminal = []uint8{50, 60, 190}[dice.IntN(3)]
			return c
		}
		r := newRig(t, one("127.0.0.1", "127.0.0.2", 5000), one("127.0.0.2", "127.0.0.1", 6000))
		for i := range r.delay {
			r.delay[i] = time.Duration(dice.IntN(900)) * time.Millisecond
		}
		r.a.Start(r.now)
		r.run(time.Duration(dice.IntN(2000)) * time.Millisecond)
		r.b.Start(r.now)
		for range dice.IntN(6) {
			r.run(time.Duration(dice.IntN(3000)) * time.Millisecond)
			e := []*end{r.a, r.b}[dice.IntN(2)]
			switch dice.IntN(4) {
			case 0:
				e.Hold(r.now, dice.IntN(2) == 0)
			case 1:
				e.LimitBitrate(r.now, dice.IntN(3)*300_000)
			case 2:
				e.RequestKeyframe(r.now)
			case 3:
				e.SendDigits(r.now, "12#")
			}
		}
		r.a.Hold(r.now, false)
		r.b.Hold(r.now, false)
		r.run(30 * time.Second)
		if r.a.failed != "" || r.b.failed != "" {
			t.Errorf("seed %d: failed: %q, %q", seed, r.a.failed, r.b.failed)
		}
		flowing += agree(t, r.a, r.b, 6000) + agree(t, r.b, r.a, 5000)
		if n := len(r.a.closing) + len(r.b.closing); n > 0 {
			t.Errorf("seed %d: %d channels are never closed", seed, n)
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v\n%+v", seed, r.a.Status(), r.b.Status())
		}
	}
	if flowing < 300*3 {
		t.Errorf("only %d directions flow", flowing)
	}
}

// Ends that send what they receive settle on one codec, whoever is master and whatever
// each would have liked.
func TestSymmetric(t *testing.T) {
	for seed := range uint64(100) {
		dice := rand.New(rand.NewPCG(seed, 323))
		a, b := config("127.0.0.1", "127.0.0.2", 5000), config("127.0.0.2", "127.0.0.1", 6000)
		a.Caps.Audio, b.Caps.Audio = sound(media.PCMA, media.PCMU), sound(media.PCMU, media.PCMA)
		r := newRig(t, a, b)
		r.alter = func(m *message) {
			if m.Request == nil || m.Request.TerminalCapabilitySet == nil {
				return
			}
			for _, e := range m.Request.TerminalCapabilitySet.CapabilityTable {
				if c := e.Capability; c != nil && c.ReceiveAudioCapability != nil {
					c.ReceiveAndTransmitAudioCapability, c.ReceiveAudioCapability = c.ReceiveAudioCapability, nil
				}
			}
		}
		for i := range r.delay {
			r.delay[i] = time.Duration(dice.IntN(400)) * time.Millisecond
		}
		r.a.Start(r.now)
		r.run(time.Duration(dice.IntN(500)) * time.Millisecond)
		r.b.Start(r.now)
		r.run(20 * time.Second)
		agree(t, r.a, r.b, 6000)
		agree(t, r.b, r.a, 5000)
		x, y := r.a.stream(media.Audio), r.b.stream(media.Audio)
		if x.Direction != media.SendRecv || x.Send.Codec != y.Send.Codec {
			t.Fatalf("seed %d: %v, %s and %s\n%+v\n%+v\na said %v\nb said %v", seed, x.Direction, x.Send.Codec, y.Send.Codec, r.a.Status(), r.b.Status(), r.a.sent, r.b.sent)
		}
	}
}

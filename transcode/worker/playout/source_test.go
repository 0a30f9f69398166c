package playout

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/roombridge/roombridge/transcode/internal/tone"
)

const frame20 = 960 // samples at 48 kHz

// A steady network: the tone comes through unharmed and soon.
func TestSteady(t *testing.T) {
	for name, make := range map[string]func(*testing.T) (*network, *Source){"PCMU": pcmu, "G722": wide} {
		n, s := make(t)
		out := n.run(s, 0, 5*second)
		steady := out[48000:]
		if l := tone.Level(steady, 440, Rate); math.Abs(l-tone.DB(0.5)) > 0.3 {
			t.Errorf("%s: level %.2f dB", name, l)
		}
		if snr := tone.SNR(steady[:96000], 440, Rate); snr < 30 {
			t.Errorf("%s: signal to noise ratio %.1f dB", name, snr)
		}
		st := s.Stats()
		if st.Lost+st.Late+st.Invalid+st.Duplicate+st.Resyncs != 0 || st.Concealed > 20*ms {
			t.Errorf("%s: %+v", name, st)
		}
		if st.Target > 40*ms || st.Delay > 50*ms {
			t.Errorf("%s: delay %d ms, target %d ms on a steady network", name, st.Delay/ms, st.Target/ms)
		}
	}
}

// 5 % loss and 30 ms of jitter: the tone stays, the figures are printed.
func TestLossAndJitter(t *testing.T) {
	for name, make := range map[string]func(*testing.T) (*network, *Source){"PCMU": pcmu, "G722": wide} {
		n, s := make(t)
		n.loss, n.jitter, n.swap = 0.05, 30*ms/2, true // 30 ms: about two standard deviations
		out := n.run(s, 0, 60*second)
		steady := out[5*48000:]
		present := tone.Present(steady, 440, Rate, frame20, tone.DB(0.5), 3)
		level := tone.Level(steady[:96000], 440, Rate)
		st := s.Stats()
		t.Logf("%s: tone in %.1f %% of 20 ms, %.1f dB; of %d packets %d lost, %d late; jitter %d ms, delay %d ms", name, present*100, level,
			st.Packets, n.dropped, st.Late, st.Jitter/ms, st.Delay/ms)
		if present < 0.97 {
			t.Errorf("%s: the tone is there only %.1f %% of the time", name, present*100)
		}
		if st.Late > st.Packets/50 {
			t.Errorf("%s: %d of %d packets are late", name, st.Late, st.Packets)
		}
		if st.Delay > 150*ms {
			t.Errorf("%s: delay %d ms", name, st.Delay/ms)
		}
	}
}

// A clock that runs 200 ppm off must not fill or drain the buffer, however long.
func TestClockSkew(t *testing.T) {
	for _, ppm := range []float64{-200, 200} {
		n, s := pcmu(t)
		n.skew = ppm / 1e6
		n.jitter = 2 * ms
		n.run(s, 0, 60*second)
		early := s.Stats()
		out := n.run(s, 60*second, 240*second)
		late := s.Stats()
		t.Logf("%+.0f ppm: delay %.1f ms after 1 minute, %.1f ms after 5; measured %.0f ppm", ppm, float64(early.Delay)/1e6, float64(late.Delay)/1e6, late.Skew*1e6)
		if d := late.Delay - early.Delay; d > 15*ms || d < -15*ms {
			t.Errorf("%v ppm: the delay went from %d to %d ms", ppm, early.Delay/ms, late.Delay/ms)
		}
		if c := late.Concealed - early.Concealed; c > 300*ms {
			t.Errorf("%v ppm: %d ms concealed in four minutes", ppm, c/ms)
		}
		if late.Late != early.Late {
			t.Errorf("%v ppm: %d late packets", ppm, late.Late-early.Late)
		}
		if p := tone.Present(out, 440, Rate, frame20, tone.DB(0.5), 2); p < 0.995 {
			t.Errorf("%v ppm: tone there %.2f %% of the time", ppm, p*100)
		}
	}
}

// A burst that comes 150 ms late is played; afterwards the delay goes back.
func TestBurst(t *testing.T) {
	n, s := pcmu(t)
	n.run(s, 0, 5*second)
	n.delay += 150 * ms
	n.run(s, 5*second, 200*ms)
	n.delay -= 150 * ms
	n.last = 0
	n.run(s, 5*second+200*ms, 20*second)
	st := s.Stats()
	if st.Delay > 120*ms {
		t.Errorf("delay %d ms long after a burst, target %d ms", st.Delay/ms, st.Target/ms)
	}
	n.run(s, 25*second+200*ms, 40*second)
	if st := s.Stats(); st.Delay > 60*ms {
		t.Errorf("delay %d ms a minute after a burst, target %d ms", st.Delay/ms, st.Target/ms)
	}
}

func TestDuplicates(t *testing.T) {
	n, s := pcmu(t)
	n.double = true
	out := n.run(s, 0, 3*second)
	st := s.Stats()
	if st.Late+st.Duplicate < 140 || st.Resyncs != 0 {
		t.Errorf("%+v", st)
	}
	if p := tone.Present(out[48000:], 440, Rate, frame20, tone.DB(0.5), 1); p < 1 {
		t.Errorf("tone there %.1f %% of the time", p*100)
	}
}

// A sender that stops talking (DTX) stops its packets: silence, then it goes
// on without the gap being taken for loss.
func TestPause(t *testing.T) {
	n, s := pcmu(t)
	packets := 0
	n.number = func(i int) (uint16, uint32) { return uint16(packets), uint32(i * 160) }
	n.silent = func(at int64) bool {
		quiet := at > 2*second && at < 4*second
		if !quiet {
			packets++
		}
		return quiet
	}
	out := n.run(s, 0, 6*second)
	st := s.Stats()
	if st.Lost != 0 || st.Resyncs != 0 {
		t.Errorf("%+v", st)
	}
	if r := tone.RMS(out[int(2.5*48000):int(3.9*48000)]); r > 0 {
		t.Errorf("noise of %v while the sender pauses", r)
	}
	if p := tone.Present(out[int(4.3*48000):], 440, Rate, frame20, tone.DB(0.5), 1); p < 1 {
		t.Errorf("after a pause the tone is there %.1f %% of the time", p*100)
	}
	if st.Concealed > 700*ms {
		t.Errorf("%d ms concealed", st.Concealed/ms)
	}
}

// A sender that starts anew with other numbers is heard again soon.
func TestRestart(t *testing.T) {
	for name, number := range map[string]func(int) (uint16, uint32){
		"both":             func(i int) (uint16, uint32) { return uint16(i) + 30000, uint32(i)*160 + 0x80000000 },
		"timestamps ahead": func(i int) (uint16, uint32) { return uint16(i), uint32(i)*160 + 8000*60 },
		"timestamps back":  func(i int) (uint16, uint32) { return uint16(i), uint32(i)*160 - 8000*60 },
		"a second ahead":   func(i int) (uint16, uint32) { return uint16(i), uint32(i)*160 + 8000 },
		"a second back":    func(i int) (uint16, uint32) { return uint16(i), uint32(i)*160 - 8000 },
		"only the number":  func(i int) (uint16, uint32) { return uint16(i) + 20000, uint32(i) * 160 },
	} {
		n, s := pcmu(t)
		n.number = func(i int) (uint16, uint32) {
			if i < 100 {
				return uint16(i), uint32(i) * 160
			}
			return number(i)
		}
		out := n.run(s, 0, 6*second)
		if p := tone.Present(out[int(2.5*48000):], 440, Rate, frame20, tone.DB(0.5), 1); p < 0.99 {
			t.Errorf("%s: the tone is there %.1f %% of the time, %+v", name, p*100, s.Stats())
		}
		if st := s.Stats(); st.Delay > 80*ms {
			t.Errorf("%s: delay %d ms", name, st.Delay/ms)
		}
	}
}

// The network's transit grows for good, as when a route changes.
func TestRouteChange(t *testing.T) {
	n, s := pcmu(t)
	n.run(s, 0, 5*second)
	n.delay += 100 * ms
	n.run(s, 5*second, 30*second)
	st := s.Stats()
	if st.Delay > 60*ms || st.Target > 60*ms {
		t.Errorf("delay %d ms, target %d ms half a minute after", st.Delay/ms, st.Target/ms)
	}
	n.delay -= 100 * ms
	n.last = 0
	out := n.run(s, 35*second, 20*second)
	if p := tone.Present(out[10*48000:], 440, Rate, frame20, tone.DB(0.5), 1); p < 0.99 {
		t.Errorf("tone there %.1f %% of the time", p*100)
	}
}

// Other packet times, and one that changes.
func TestPacketTimes(t *testing.T) {
	for _, ptime := range []int{10, 30, 40, 60} {
		n, s := pcmu(t)
		n.ptime = ptime
		out := n.run(s, 0, 4*second)
		if p := tone.Present(out[48000:], 440, Rate, frame20, tone.DB(0.5), 1); p < 1 {
			t.Errorf("%d ms: tone there %.1f %% of the time, %+v", ptime, p*100, s.Stats())
		}
	}
}

// Nothing that can be pushed makes Pull fail, hang or play beyond full scale.
func FuzzSource(f *testing.F) {
	f.Add([]byte{0, 1, 0, 160, 20, 1, 2, 3})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		s := newFuzzSource()
		out := make([]float32, 480)
		now, seq, ts := int64(0), uint16(0), uint32(0)
		for ; len(script) >= 5; script = script[5:] {
			seq += uint16(int8(script[0])) << (script[1] & 7)
			ts += uint32(int32(int8(script[2])) << (script[3] & 31))
			s.Push(seq, ts, script[:script[4]&3], now)
			now += int64(script[4]) * ms
			s.Pull(out, now)
			for _, v := range out {
				if !(v >= -2 && v <= 2) {
					t.Fatalf("sample %v", v)
				}
			}
		}
	})
}

// TestRandomPackets is the same with packets at random over an hour.
func TestRandomPackets(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := newFuzzSource()
	out := make([]float32, 480)
	for now := int64(0); now < 600*second; now += tick {
		if r.IntN(3) > 0 {
			s.Push(uint16(r.Uint32()>>r.IntN(17)), r.Uint32()>>r.IntN(33), make([]byte, r.IntN(300)), now)
		}
		s.Pull(out, now)
	}
	if n := len(s.buf.waiting) + len(s.buf.spare); n > maxPackets {
		t.Errorf("%d packets are kept", n)
	}
}

// fuzzDecoder gives as many samples as a packet has bytes, or an error.
type fuzzDecoder struct{}

func (fuzzDecoder) Rate() int { return 8000 }
func (fuzzDecoder) Close()    {}
func (fuzzDecoder) Decode(pcm []float32, packet []byte) (int, error) {
	if packet[0] == 2 {
		return 0, errors.New("damaged")
	}
	n := min(len(packet)*40, len(pcm))
	for i := range pcm[:n] {
		pcm[i] = 1
	}
	return n, nil
}

func newFuzzSource() *Source { return NewSource(fuzzDecoder{}, 8000) }

// Playing costs no memory once it runs.
func TestNoAllocation(t *testing.T) {
	n, s := pcmu(t)
	n.run(s, 0, 2*second)
	payload, out := make([]byte, 160), make([]float32, 480)
	seq, ts, now := uint16(65000+100), uint32(100*160)-5000, 2*second
	avg := testing.AllocsPerRun(500, func() {
		s.Push(seq, ts, payload, now+40*ms)
		seq, ts = seq+1, ts+160
		for range 2 {
			now += tick
			s.Pull(out, now)
		}
	})
	if avg > 0 {
		t.Errorf("%v allocations for a packet", avg)
	}
}

func BenchmarkSource(b *testing.B) {
	s := newFuzzSource()
	payload, out := make([]byte, 2), make([]float32, 480)
	now := int64(0)
	for i := range b.N {
		s.Push(uint16(i), uint32(i*80), payload, now)
		now += tick
		s.Pull(out, now)
	}
}

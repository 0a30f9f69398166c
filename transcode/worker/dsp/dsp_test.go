package dsp

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/roombridge/roombridge/transcode/internal/tone"
)

// resample sends a tone through in pieces of 10 ms and leaves out the start.
func resample(from, to int, hz, adjust float64) []float32 {
	r := NewResampler(from, to)
	r.Adjust(adjust)
	g := tone.Generator{Hz: hz, Amplitude: 0.5, Rate: from}
	in, piece := make([]float32, from/100), make([]float32, to/100)
	var out []float32
	for range 60 {
		g.Fill(in)
		r.Write(in)
		for n := r.Read(piece); n > 0; n = r.Read(piece) {
			out = append(out, piece[:n]...)
		}
	}
	return out[to/10:]
}

var pairs = [][2]int{{8000, 48000}, {16000, 48000}, {48000, 8000}, {48000, 16000}, {48000, 48000}}

// In the band that both rates have, the level stays.
func TestResamplerIsFlat(t *testing.T) {
	for _, p := range pairs {
		nyquist := float64(min(p[0], p[1])) / 2
		for _, share := range []float64{0.02, 0.11, 0.25, 0.5, 0.75, 0.83} {
			hz := share * nyquist
			out := resample(p[0], p[1], hz, 0)
			if off := tone.Level(out, hz, p[1]) - tone.DB(0.5); math.Abs(off) > 0.2 {
				t.Errorf("%v: %.0f Hz changes by %.2f dB", p, hz, off)
			}
			if snr := tone.SNR(out[:len(out)/4800*4800], hz, p[1]); share < 0.8 && snr < 55 {
				t.Errorf("%v: %.0f Hz has a signal to noise ratio of %.1f dB", p, hz, snr)
			}
		}
	}
}

// What the lower rate cannot carry is gone instead of folded down.
func TestResamplerHasNoAliases(t *testing.T) {
	for _, to := range []int{8000, 16000} {
		for _, hz := range []float64{float64(to)*0.5 + 60, float64(to) * 0.6, float64(to) * 0.9, 20000} {
			if l := tone.DB(tone.RMS(resample(48000, to, hz, 0))); l > -65 {
				t.Errorf("%v Hz leaves %.1f dB at a rate of %d", hz, l, to)
			}
		}
	}
}

func TestResamplerAdjusts(t *testing.T) {
	for _, by := range []float64{-0.005, -0.0002, 0.0002, 0.005} {
		out := resample(48000, 48000, 1000, by)
		if l := tone.Level(out, 1000*(1+by), 48000); math.Abs(l-tone.DB(0.5)) > 0.1 {
			t.Errorf("%v: level %.2f dB at the moved frequency", by, l)
		}
	}
	r := NewResampler(48000, 48000)
	r.Adjust(5)
	if r.step > 1+maxAdjust {
		t.Error("adjusted beyond the bound")
	}
}

// Need promises that so much input is enough, and no less.
func TestResamplerNeed(t *testing.T) {
	for _, p := range pairs {
		r := NewResampler(p[0], p[1])
		out := make([]float32, p[1]/100)
		for i := range 50 {
			r.Adjust(float64(i%11-5) / 1000)
			n := r.Need(len(out))
			r.Write(make([]float32, max(n-1, 0)))
			if n > 0 && r.Need(len(out)) == 0 {
				t.Fatalf("%v: one sample less was enough", p)
			}
			r.Write(make([]float32, min(n, 1)))
			if got := r.Read(out); got != len(out) {
				t.Fatalf("%v: %d of %d samples", p, got, len(out))
			}
		}
	}
}

func TestResamplerDelay(t *testing.T) {
	r := NewResampler(8000, 48000)
	in := make([]float32, 80)
	in[79] = 1
	r.Write(in)
	out := make([]float32, 4800)
	n := r.Read(out)
	before := r.Delay()
	r.Write(make([]float32, 80))
	m := r.Read(out[n:])
	peak := 0
	for i, s := range out[:n+m] {
		if s > out[peak] {
			peak = i
		}
	}
	// The impulse, the last sample written, leaves when the delay is over.
	if want := float64(n) + before*6; math.Abs(float64(peak)-want) > 1 {
		t.Errorf("impulse comes at %d, want %.0f", peak, want)
	}
	c := r.Clone()
	if a, b := r.Read(out[:10]), c.Read(out[20:30]); a != b {
		t.Error("a clone stands elsewhere")
	}
}

// Eight talkers at full level must come out below full scale and sound like
// their sum, not like a square wave.
func TestLimiter(t *testing.T) {
	l := NewLimiter()
	var talkers []*tone.Generator
	for i := range 8 {
		talkers = append(talkers, &tone.Generator{Hz: 300 + 217*float64(i), Amplitude: 0.9, Rate: 48000})
	}
	one, sum := make([]float32, 480), make([]float32, 480)
	var out []float32
	for range 200 {
		clear(sum)
		for _, g := range talkers {
			g.Fill(one)
			for i, s := range one {
				sum[i] += s
			}
		}
		l.Process(sum)
		out = append(out, sum...)
	}
	if p := Peak(out); p > ceiling+1e-4 {
		t.Errorf("peak %v", p)
	}
	levels := make([]float64, 0, 8)
	for _, g := range talkers {
		levels = append(levels, tone.Level(out[48000:], g.Hz, 48000))
	}
	for i, v := range levels {
		if math.Abs(v-levels[0]) > 0.5 {
			t.Errorf("talker %d at %.1f dB, the first at %.1f dB", i, v, levels[0])
		}
	}
	// Products that clipping would make.
	for _, hz := range []float64{5000, 7000, 9500} {
		if v := tone.Level(out[48000:], hz, 48000); v > levels[0]-30 {
			t.Errorf("%.1f dB at %v Hz, where nobody speaks", v, hz)
		}
	}
}

// Sound below the ceiling passes as it is, LookAhead later; after a peak the
// gain comes back.
func TestLimiterAtRest(t *testing.T) {
	l := NewLimiter()
	in := tone.Make(440, 0.8, 48000, 4800)
	out := append([]float32(nil), in...)
	l.Process(out)
	for i := LookAhead; i < len(in); i++ {
		if out[i] != in[i-LookAhead] {
			t.Fatalf("sample %d changed", i)
		}
	}
	l.Process(tone.Make(440, 8, 48000, 480))
	if l.gain > 0.2 {
		t.Errorf("gain %v within a peak", l.gain)
	}
	for range 200 {
		l.Process(make([]float32, 480))
	}
	if l.gain < 0.99 {
		t.Errorf("gain %v two seconds after a peak", l.gain)
	}
}

func TestMeterLevels(t *testing.T) {
	var m Meter
	for _, c := range []struct {
		amplitude float64
		want      int
	}{{0, -127}, {1, -3}, {0.1, -23}, {0.001, -63}} {
		m.Add(tone.Make(1000, c.amplitude, 48000, 4800))
		if got, _ := m.Read(); got != c.want {
			t.Errorf("amplitude %v is %d dBov, want %d", c.amplitude, got, c.want)
		}
	}
	if got, voice := m.Read(); got != Silence && voice {
		t.Errorf("nothing added: %d", got)
	}
}

// Voice is told from the noise of a room, also when a fan starts.
func TestMeterVoice(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(amplitude float32) []float32 {
		x := make([]float32, 2400) // 50 ms
		for i := range x {
			x[i] = amplitude * (r.Float32()*2 - 1)
		}
		return x
	}
	var m Meter
	read := func(x []float32) bool { m.Add(x); _, v := m.Read(); return v }
	for range 200 {
		read(noise(0.005))
	}
	if read(noise(0.005)) {
		t.Error("a room's noise is voice")
	}
	if !read(tone.Make(200, 0.1, 48000, 2400)) {
		t.Error("voice is not noticed at once")
	}
	spoken := 0
	for range 20 {
		if read(noise(0.005)) {
			spoken++
		}
	}
	if spoken > 0 {
		t.Errorf("voice lasts %d readings beyond its end", spoken)
	}
	for range 300 { // 15 s of a fan at -46 dBov
		read(noise(0.009))
	}
	if read(noise(0.009)) {
		t.Error("a fan is voice for ever")
	}
}

func TestConcealer(t *testing.T) {
	for _, hz := range []float64{200, 440, 1000} {
		c := NewConcealer(8000)
		g := tone.Generator{Hz: hz, Amplitude: 0.5, Rate: 8000}
		frame := make([]float32, 160)
		var out []float32
		for i := range 100 {
			g.Fill(frame)
			if i%20 == 19 { // 5 % loss
				c.Fill(frame)
			} else {
				c.Good(frame)
			}
			out = append(out, frame...)
		}
		if p := tone.Present(out, hz, 8000, 160, tone.DB(0.5), 4); p < 0.99 {
			t.Errorf("%v Hz is there %.0f %% of the time", hz, p*100)
		}
		for i := 1; i < len(out); i++ { // no clicks
			if step, most := math.Abs(float64(out[i]-out[i-1])), 0.5*2*math.Pi*hz/8000; step > 1.6*most+0.02 {
				t.Errorf("%v Hz: step of %.2f at sample %d", hz, step, i)
				break
			}
		}
	}
}

func TestConcealerFades(t *testing.T) {
	c := NewConcealer(16000)
	c.Good(tone.Make(300, 0.5, 16000, 800))
	x := make([]float32, 160)
	for range 7 {
		c.Fill(x)
	}
	if p := Peak(x); p != 0 || !c.Faded() {
		t.Errorf("peak %v after 70 ms, faded %v", p, c.Faded())
	}
	c.Good(tone.Make(300, 0.5, 16000, 160))
	if c.Faded() {
		t.Error("still faded after sound came back")
	}
}

func TestConcealerOfSilence(t *testing.T) {
	c := NewConcealer(8000)
	x := make([]float32, 80)
	for range 20 {
		c.Fill(x)
	}
	c.Good(x)
	if Peak(x) != 0 {
		t.Error("sound out of nothing")
	}
}

func BenchmarkResample8to48(b *testing.B)  { benchmarkResample(b, 8000, 48000, 0) }
func BenchmarkResample48to8(b *testing.B)  { benchmarkResample(b, 48000, 8000, 0) }
func BenchmarkResample48to48(b *testing.B) { benchmarkResample(b, 48000, 48000, 0.0002) }

func benchmarkResample(b *testing.B, from, to int, by float64) {
	r := NewResampler(from, to)
	r.Adjust(by)
	in, out := make([]float32, from/100), make([]float32, to/100)
	b.ReportAllocs()
	for b.Loop() {
		r.Write(in)
		r.Read(out)
	}
}

func BenchmarkConcealBegin(b *testing.B) {
	c := NewConcealer(16000)
	c.Good(tone.Make(300, 0.5, 16000, 800))
	x := make([]float32, 160)
	for b.Loop() {
		c.gone, c.blending = 0, 0
		c.Fill(x)
	}
}

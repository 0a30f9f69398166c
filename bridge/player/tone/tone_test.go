package tone

import (
	"math"
	"math/rand/v2"
	"testing"
)

func add(a, b []int16) []int16 {
	sum := make([]int16, len(a))
	for i := range a {
		sum[i] = a[i] + b[i]
	}
	return sum
}

func near(a, b, within float64) bool { return math.Abs(a-b) <= within }

func TestOneToneAtEveryRate(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, hz := range []float64{100, 440, 1000, 1234.5, 3000} {
			d := NewDetector(rate)
			d.Write(Sine(hz, rate, rate*2, -12))
			got := d.Tones()
			if len(got) == 0 {
				t.Fatalf("%v Hz at %d: nothing found", hz, rate)
			}
			if !near(got[0].Hz, hz, 1) || !near(got[0].DBFS, -12, 0.2) || got[0].Share != 1 {
				t.Errorf("%v Hz at %d: %+v", hz, rate, got[0])
			}
			if len(got) > 1 {
				t.Errorf("%v Hz at %d: more than one tone: %+v", hz, rate, got)
			}
			if !near(d.DBFS(), -12, 0.1) {
				t.Errorf("%v Hz at %d: level %v", hz, rate, d.DBFS())
			}
		}
	}
}

func TestTwoTonesStrongestFirst(t *testing.T) {
	d := NewDetector(16000)
	d.Write(add(Sine(440, 16000, 16000, -26), Sine(1000, 16000, 16000, -12)))
	got := d.Tones()
	if len(got) != 2 || !near(got[0].Hz, 1000, 1) || !near(got[1].Hz, 440, 1) || !near(got[1].DBFS, -26, 0.5) {
		t.Errorf("got %+v", got)
	}
}

func TestToneInNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pcm := Sine(440, 8000, 16000, -15)
	for i := range pcm {
		pcm[i] += int16(r.IntN(1000) - 500)
	}
	d := NewDetector(8000)
	d.Write(pcm)
	if got := d.Tones(); len(got) == 0 || !near(got[0].Hz, 440, 1) || got[0].Share != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestShareOfTheTime(t *testing.T) {
	d := NewDetector(8000)
	d.Write(Sine(440, 8000, 8192, -12))
	d.Write(make([]int16, 3*8192))
	got := d.Tones()
	if len(got) != 1 || !near(got[0].Share, 0.25, 0.04) || !near(got[0].DBFS, -12, 0.5) {
		t.Errorf("got %+v", got)
	}
}

func TestSilence(t *testing.T) {
	d := NewDetector(8000)
	if !math.IsInf(d.DBFS(), -1) || len(d.Tones()) != 0 {
		t.Error("a detector that heard nothing has a level or tones")
	}
	d.Write(make([]int16, 8000))
	if !math.IsInf(d.DBFS(), -1) || len(d.Tones()) != 0 {
		t.Error("silence has a level or tones")
	}
}

func TestPiecesMakeNoDifference(t *testing.T) {
	pcm := Sine(700, 16000, 20000, -20)
	whole, pieces := NewDetector(16000), NewDetector(16000)
	whole.Write(pcm)
	for len(pcm) > 0 {
		n := min(len(pcm), 333)
		pieces.Write(pcm[:n])
		pcm = pcm[n:]
	}
	if a, b := whole.Tones(), pieces.Tones(); len(a) != 1 || len(b) != 1 || a[0] != b[0] {
		t.Errorf("%+v and %+v", a, b)
	}
}

// Speech and music make many short peaks: memory stays bounded and a tone
// that lasts still comes out first.
func TestManyFrequenciesAreBounded(t *testing.T) {
	d := NewDetector(16000)
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		d.Write(add(Sine(50+r.Float64()*7000, 16000, 2048, -20), Sine(1000, 16000, 2048, -14)))
	}
	if len(d.tracks) > maxTracks {
		t.Errorf("%d tracks", len(d.tracks))
	}
	if got := d.Tones(); len(got) != maxReported || !near(got[0].Hz, 1000, 2) {
		t.Errorf("got %+v", got)
	}
}

func TestFullScaleDoesNotWrap(t *testing.T) {
	for _, s := range Sine(1000, 8000, 8000, 6) {
		if s > math.MaxInt16-1 {
			return
		}
	}
	t.Error("an overdriven tone does not reach full scale")
}

func BenchmarkDetector(b *testing.B) {
	d := NewDetector(16000)
	pcm := Sine(440, 16000, 16000, -12)
	b.ReportAllocs()
	for b.Loop() {
		d.Write(pcm)
	}
}

package tone

import (
	"math"
	"testing"
)

func TestMeasures(t *testing.T) {
	x := Make(440, 0.5, 48000, 9600)
	if l := Level(x, 440, 48000); math.Abs(l+6.02) > 0.05 {
		t.Errorf("level %.2f dB", l)
	}
	if l := Level(x, 1000, 48000); l > -60 {
		t.Errorf("another tone at %.1f dB", l)
	}
	if r := RMS(x); math.Abs(r-0.5/math.Sqrt2) > 1e-3 {
		t.Errorf("RMS %v", r)
	}
	if s := SNR(x, 440, 48000); s < 80 {
		t.Errorf("SNR %.1f dB of a clean tone", s)
	}
	clear(x[:4800])
	if p := Present(x, 440, 48000, 960, DB(0.5), 3); p != 0.5 {
		t.Errorf("present in %v of the time", p)
	}
}

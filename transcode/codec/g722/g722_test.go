package g722

import (
	"math"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
)

// through sends a tone through the codec and gives the levels of what went in
// and what came out, in dB.
func through(t *testing.T, hz float64) (in, out float64) {
	t.Helper()
	e, d := NewEncoder(), NewDecoder()
	defer e.Close()
	defer d.Close()
	frame, pcm := make([]float32, 320), make([]float32, codec.MaxFrame)
	for n := range 50 {
		for i := range frame {
			frame[i] = 0.3 * float32(math.Sin(2*math.Pi*hz*float64(n*len(frame)+i)/float64(e.Rate())))
		}
		packet, err := e.Encode(nil, frame)
		if err != nil || len(packet) != 160 {
			t.Fatalf("%d bytes, %v", len(packet), err)
		}
		got, err := d.Decode(pcm, packet)
		if err != nil || got != len(frame) {
			t.Fatalf("%d samples, %v", got, err)
		}
		if n < 5 {
			continue
		}
		for i := range frame {
			in += float64(frame[i]) * float64(frame[i])
			out += float64(pcm[i]) * float64(pcm[i])
		}
	}
	return 10 * math.Log10(in), 10 * math.Log10(out)
}

func TestLevel(t *testing.T) {
	for _, hz := range []float64{100, 440, 1000, 3000, 5000, 6500} {
		if in, out := through(t, hz); math.Abs(in-out) > 0.5 {
			t.Errorf("%v Hz: level changes by %.2f dB", hz, out-in)
		}
	}
}

func TestOddSizes(t *testing.T) {
	e, d := NewEncoder(), NewDecoder()
	pcm := make([]float32, codec.MaxFrame)
	for _, n := range []int{0, 1, 3, 10000} {
		if _, err := e.Encode(nil, make([]float32, n)); err != nil {
			t.Error(err)
		}
		if _, err := d.Decode(pcm, make([]byte, n)); err != nil {
			t.Error(err)
		}
	}
	if n, _ := d.Decode(pcm[:7], make([]byte, 100)); n != 6 {
		t.Errorf("%d samples in a buffer of 7", n)
	}
}

// No packet may bring the decoder down or its output out of range.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{}, []byte{0xff, 0x00, 0x80})
	f.Add(make([]byte, 160), []byte{1})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		d, pcm := NewDecoder(), make([]float32, codec.MaxFrame)
		for _, p := range [][]byte{a, b, a} {
			n, err := d.Decode(pcm, p)
			if err != nil || n > len(pcm) {
				t.Fatalf("%d samples, %v", n, err)
			}
			for _, s := range pcm[:n] {
				if s < -1 || s > 1 {
					t.Fatalf("sample %v", s)
				}
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e, pcm, out := NewEncoder(), make([]float32, 320), []byte(nil)
	for b.Loop() {
		out, _ = e.Encode(out[:0], pcm)
	}
}

func BenchmarkDecode(b *testing.B) {
	d, pcm, in := NewDecoder(), make([]float32, codec.MaxFrame), make([]byte, 160)
	for b.Loop() {
		_, _ = d.Decode(pcm, in)
	}
}

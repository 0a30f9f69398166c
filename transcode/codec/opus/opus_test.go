//go:build cgo && !nocodecs

package opus

import (
	"errors"
	"math"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/internal/tone"
)

func pair(t testing.TB, c EncoderConfig) (*Encoder, *Decoder) {
	t.Helper()
	e, err := NewEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return e, d
}

// through sends a tone and gives what comes out.
func through(t *testing.T, e *Encoder, d *Decoder, frames int) (out []float32, bytes int) {
	t.Helper()
	g := tone.Generator{Hz: 440, Amplitude: 0.4, Rate: sampleRate}
	pcm, frame := make([]float32, codec.MaxFrame), make([]float32, 960)
	for i := range frames {
		g.Fill(frame)
		p, err := e.Encode(nil, frame)
		if err != nil {
			t.Fatal(err)
		}
		n, err := d.Decode(pcm, p)
		if err != nil || n != 960 {
			t.Fatalf("packet %d: %d samples, %v", i, n, err)
		}
		out = append(out, pcm[:n]...)
		bytes += len(p)
	}
	return out, bytes
}

func TestTone(t *testing.T) {
	e, d := pair(t, EncoderConfig{})
	out, bytes := through(t, e, d, 100)
	if l := tone.Level(out[48000:], 440, sampleRate); math.Abs(l-tone.DB(0.4)) > 0.3 {
		t.Errorf("level %.2f dB", l)
	}
	if rate := bytes * 8 / 2; rate > 60000 || rate < 10000 {
		t.Errorf("%d bit/s", rate)
	}
}

func TestBitrate(t *testing.T) {
	last := 0
	for _, rate := range []int{1, 12000, 32000, 64000, 1 << 30} {
		e, d := pair(t, EncoderConfig{Bitrate: rate, FEC: rate == 32000})
		_, bytes := through(t, e, d, 50)
		if bytes < last {
			t.Errorf("%d bit/s takes %d bytes, less than before", rate, bytes)
		}
		last = bytes
	}
}

// voice is like a vowel whose pitch and loudness move.
func voice(samples int) []float32 {
	x := make([]float32, samples)
	phase := 0.0
	for i := range x {
		at := float64(i) / sampleRate
		phase += 2 * math.Pi * (140 + 30*math.Sin(2*math.Pi*1.3*at)) / sampleRate
		for h := 1.0; h < 20; h++ {
			x[i] += float32(math.Sin(h*phase) / h)
		}
		x[i] *= float32(0.15 * (1 + math.Sin(2*math.Pi*4*at)))
	}
	return x
}

// Lost packets are concealed, and recovered from the next one where it carries
// redundancy: that is closer to what was lost.
func TestLoss(t *testing.T) {
	e, whole := pair(t, EncoderConfig{Bitrate: 32000, FEC: true, Loss: 20})
	x := voice(200 * 960)
	var packets [][]byte
	for ; len(x) >= 960; x = x[960:] {
		p, err := e.Encode(nil, x[:960])
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, p)
	}
	_, concealing := pair(t, EncoderConfig{})
	_, recovering := pair(t, EncoderConfig{})
	var signal, concealed, recovered float64
	ref, a, b := make([]float32, codec.MaxFrame), make([]float32, codec.MaxFrame), make([]float32, codec.MaxFrame)
	for i, p := range packets {
		_, err := whole.Decode(ref, p)
		lost := i%10 == 9 && i+1 < len(packets)
		if lost {
			repaired := recovering.Recover(b[:960], packets[i+1])
			if errors.Is(repaired, ErrNoRedundancy) { // it was quiet
				repaired = recovering.Conceal(b[:960])
			}
			err = errors.Join(err, concealing.Conceal(a[:960]), repaired)
			signal += energy(ref[:960], nil)
			concealed += energy(ref[:960], a)
			recovered += energy(ref[:960], b)
		} else {
			_, err1 := concealing.Decode(a, p)
			_, err2 := recovering.Decode(b, p)
			err = errors.Join(err, err1, err2)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	c, r := 10*math.Log10(signal/concealed), 10*math.Log10(signal/recovered)
	t.Logf("signal to error ratio within lost packets: concealed %.1f dB, recovered %.1f dB", c, r)
	if c < -3 || r < 3 || r < c {
		t.Errorf("concealed %.1f dB, recovered %.1f dB", c, r)
	}
}

// energy of x, or of the difference to y.
func energy(x, y []float32) (sum float64) {
	for i, s := range x {
		if y != nil {
			s -= y[i]
		}
		sum += float64(s) * float64(s)
	}
	return sum
}

// A clone goes on so that the decoder does not notice.
func TestClone(t *testing.T) {
	e, d := pair(t, EncoderConfig{})
	g := tone.Generator{Hz: 440, Amplitude: 0.4, Rate: sampleRate}
	frame, pcm := make([]float32, 960), make([]float32, codec.MaxFrame)
	var out []float32
	var enc codec.Encoder = e
	for i := range 100 {
		if i == 50 {
			c, err := e.Clone()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			g2 := tone.Generator{Hz: 3000, Amplitude: 0.9, Rate: sampleRate}
			g2.Fill(frame)
			if _, err := e.Encode(nil, frame); err != nil { // the first one goes its own way
				t.Fatal(err)
			}
			enc = c
		}
		g.Fill(frame)
		p, err := enc.Encode(nil, frame)
		if err != nil {
			t.Fatal(err)
		}
		n, err := d.Decode(pcm, p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pcm[:n]...)
	}
	if snr := tone.SNR(out[40*960:60*960], 440, sampleRate); snr < 25 {
		t.Errorf("signal to noise ratio around the change: %.1f dB", snr)
	}
}

func TestErrors(t *testing.T) {
	e, d := pair(t, EncoderConfig{})
	if _, err := e.Encode(nil, make([]float32, 7)); err == nil {
		t.Error("7 samples were encoded")
	}
	if _, err := e.Encode(nil, nil); err == nil {
		t.Error("nothing was encoded")
	}
	pcm := make([]float32, codec.MaxFrame)
	for _, p := range [][]byte{nil, {0xff}, {0x03, 0xff}} {
		if n, err := d.Decode(pcm, p); err == nil {
			t.Errorf("% x gives %d samples", p, n)
		}
	}
	if err := d.Recover(pcm[:960], []byte{0xf8, 0xff, 0xfe}); err != ErrNoRedundancy {
		t.Errorf("recovered from silence: %v", err)
	}
	if _, err := d.Decode(nil, []byte{1}); err == nil {
		t.Error("decoded into nothing")
	}
	if d.Conceal(nil) == nil || d.Recover(nil, nil) == nil || d.Conceal(pcm[:7]) == nil {
		t.Error("concealed nothing")
	}
	if e.Rate() != 48000 || d.Rate() != 48000 {
		t.Error("wrong rate")
	}
}

func BenchmarkEncode(b *testing.B) {
	e, _ := pair(b, EncoderConfig{FEC: true})
	frame, out := tone.Make(440, 0.4, sampleRate, 960), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		out, _ = e.Encode(out[:0], frame)
	}
}

func BenchmarkDecode(b *testing.B) {
	e, d := pair(b, EncoderConfig{})
	p, err := e.Encode(nil, tone.Make(440, 0.4, sampleRate, 960))
	if err != nil {
		b.Fatal(err)
	}
	pcm := make([]float32, codec.MaxFrame)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = d.Decode(pcm, p)
	}
}

package g711

import (
	"math"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
)

var laws = map[string]*Law{"mu": Mu, "a": A}

// Values of the tables in G.711 and of other implementations.
func TestKnownValues(t *testing.T) {
	for _, c := range []struct {
		law    *Law
		code   byte
		sample int16
	}{
		{Mu, 0xff, 0}, {Mu, 0x7f, 0}, {Mu, 0x80, 32124}, {Mu, 0x00, -32124}, {Mu, 0xf0, 120}, {Mu, 0xef, 132},
		{A, 0xd5, 8}, {A, 0x55, -8}, {A, 0xaa, 32256}, {A, 0x2a, -32256}, {A, 0xc5, 264}, {A, 0xd4, 24},
	} {
		if got := codec.Int16(c.law.decode[c.code]); got != c.sample {
			t.Errorf("code %#x is %d, want %d", c.code, got, c.sample)
		}
	}
}

// Each code must come back as itself, but for the two zeros of the mu law.
func TestEveryCode(t *testing.T) {
	for name, law := range laws {
		for i := range 256 {
			got := law.encode(codec.Int16(law.decode[i]))
			if got != byte(i) && !(law == Mu && i == 0x7f && got == 0xff) {
				t.Errorf("%s: %#x comes back as %#x", name, i, got)
			}
		}
	}
}

// The quantised value is the nearest of the segment: at most half a step off.
func TestEverySample(t *testing.T) {
	for name, law := range laws {
		for s := -32768; s <= 32767; s++ {
			got := codec.Int16(law.decode[law.encode(int16(s))])
			off := math.Abs(float64(got) - float64(s))
			if limit := math.Max(16, math.Abs(float64(s))/27); off > limit && s > -32636 && s < 32636 {
				t.Fatalf("%s: %d becomes %d", name, s, got)
			}
		}
	}
}

func TestCodec(t *testing.T) {
	for name, law := range laws {
		e, d := NewEncoder(law), NewDecoder(law)
		defer e.Close()
		defer d.Close()
		in := make([]float32, 160)
		var signal, noise float64
		for i := range in {
			in[i] = 0.5 * float32(math.Sin(2*math.Pi*440*float64(i)/float64(e.Rate())))
		}
		packet, err := e.Encode(nil, in)
		if err != nil || len(packet) != len(in) {
			t.Fatalf("%s: %d bytes, %v", name, len(packet), err)
		}
		out := make([]float32, codec.MaxFrame)
		n, err := d.Decode(out, packet)
		if err != nil || n != len(in) {
			t.Fatalf("%s: %d samples, %v", name, n, err)
		}
		for i, s := range in {
			signal += float64(s) * float64(s)
			noise += math.Pow(float64(out[i]-s), 2)
		}
		if snr := 10 * math.Log10(signal/noise); snr < 36 {
			t.Errorf("%s: signal to noise ratio is %.1f dB", name, snr)
		}
	}
}

func TestDecodeLongPacket(t *testing.T) {
	pcm := make([]float32, 10)
	if n, err := NewDecoder(Mu).Decode(pcm, make([]byte, 1000)); n != len(pcm) || err != nil {
		t.Fatalf("%d samples, %v", n, err)
	}
}

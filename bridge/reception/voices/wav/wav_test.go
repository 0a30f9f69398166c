package wav

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"
)

func tone(hz, amplitude float64, rate, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = Clip(amplitude * 32768 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return pcm
}

// file makes a WAV file of PCM; coding may be another, to be refused.
func file(coding, channels, rate, bits int, pcm []int16, extra ...byte) []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	b = append(b, "WAVELIST"...)
	b = append(le.AppendUint32(b, 3), 1, 2, 3, 0) // a chunk of an odd length is filled up
	b = append(b, "fmt "...)
	b = le.AppendUint32(b, uint32(16+len(extra)))
	b = le.AppendUint16(b, uint16(coding))
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(rate*channels*2))
	b = le.AppendUint16(b, uint16(channels*2))
	b = le.AppendUint16(b, uint16(bits))
	b = append(b, extra...)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(2*len(pcm)))
	for _, v := range pcm {
		b = le.AppendUint16(b, uint16(v))
	}
	return b
}

// level is the amplitude of a tone in the middle of a sound.
func level(pcm []int16, hz float64) float64 {
	re, im := 0.0, 0.0
	part := pcm[len(pcm)/4 : len(pcm)*3/4]
	for i, v := range part {
		w := 2 * math.Pi * hz * float64(i) / Rate
		re, im = re+float64(v)*math.Cos(w), im+float64(v)*math.Sin(w)
	}
	return 2 * math.Hypot(re, im) / float64(len(part)) / 32768
}

// Sound of any usual rate comes out at ours, as loud and as long as it was.
func TestRates(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 22051, 44100, 48000} {
		got, err := Decode(file(codingPCM, 1, rate, 16, tone(1000, 0.25, rate, rate/2)))
		if err != nil || len(got) < Rate/2-2 || len(got) > Rate/2 {
			t.Fatalf("%d Hz: %d samples, %v", rate, len(got), err)
		}
		if a := level(got, 1000); math.Abs(a-0.25) > 0.005 {
			t.Errorf("%d Hz: amplitude %.4f", rate, a)
		}
	}
	// What the lower rate cannot carry does not come back as another tone.
	got, err := Decode(file(codingPCM, 1, 48000, 16, tone(11000, 0.5, 48000, 24000)))
	if err != nil || level(got, 5000) > 0.001 {
		t.Errorf("%.4f of an alias, %v", level(got, 5000), err)
	}
}

func TestChannels(t *testing.T) {
	mono := tone(500, 0.4, Rate, Rate)
	var stereo []int16
	for _, v := range mono {
		stereo = append(stereo, v, v/2)
	}
	got, err := Decode(file(codingPCM, 2, Rate, 16, stereo))
	if err != nil || len(got) != Rate || math.Abs(level(got, 500)-0.3) > 0.002 {
		t.Errorf("%d samples of %.3f, %v", len(got), level(got, 500), err)
	}
	guid := append([]byte{22, 0, 16, 0, 0, 0, 0, 0}, 1, 0, 0, 0, 0, 0, 16, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71)
	if got, err := Decode(file(codingExtensible, 1, Rate, 16, mono, guid...)); err != nil || len(got) != Rate {
		t.Errorf("extensible: %d samples, %v", len(got), err)
	}
}

// What is written is read again, a little rougher.
func TestADPCM(t *testing.T) {
	pcm := tone(700, 0.3, Rate, 12345)
	b := Encode(pcm)
	if want := len(pcm)/2 + len(pcm)/100 + 600; len(b) > want {
		t.Errorf("%d bytes of %d samples", len(b), len(pcm))
	}
	got, err := Decode(b)
	if err != nil || len(got) < len(pcm) || len(got) > len(pcm)+blockSamples {
		t.Fatalf("%d samples, %v", len(got), err)
	}
	noise, signal := 0.0, 0.0
	for i, v := range pcm[blockSamples:] {
		d := float64(v) - float64(got[blockSamples+i])
		noise, signal = noise+d*d, signal+float64(v)*float64(v)
	}
	if snr := 10 * math.Log10(signal/noise); snr < 28 {
		t.Errorf("%.1f dB", snr)
	}
}

func TestRefusals(t *testing.T) {
	pcm := tone(500, 0.1, 8000, 800)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":        {nil, ErrFormat},
		"text":           {[]byte("this is a text, and a long one at that"), ErrFormat},
		"8 bits":         {file(codingPCM, 1, 8000, 8, pcm), ErrCoding},
		"24 bits":        {file(codingPCM, 1, 8000, 24, pcm), ErrCoding},
		"MP3":            {file(0x55, 1, 8000, 16, pcm), ErrCoding},
		"no samples":     {file(codingPCM, 1, 8000, 16, pcm)[:50], ErrFormat},
		"two minutes":    {file(codingPCM, 1, 8000, 16, make([]int16, 8000*120)), ErrLong},
		"too many bytes": {make([]byte, MaxBytes+1), ErrLong},
		"odd blocks":     {file(codingADPCM, 1, 8000, 4, pcm), ErrFormat},
	} {
		if got, err := Decode(c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %d samples, %v", name, len(got), err)
		}
	}
	for _, c := range [][2]int{{0, 8000}, {9, 8000}, {1, 0}, {1, 300}, {1, 1 << 30}} {
		if _, err := Decode(file(codingPCM, c[0], c[1], 16, pcm)); err == nil {
			t.Errorf("%d channels at %d Hz", c[0], c[1])
		}
	}
	// A recording that was cut off is what it has.
	if got, err := Decode(file(codingPCM, 1, 16000, 16, pcm)[:1000]); err != nil || len(got) < 400 {
		t.Errorf("%d samples, %v", len(got), err)
	}
}

func TestTrimAndLevel(t *testing.T) {
	pcm := append(make([]int16, Rate), tone(500, 0.02, Rate, Rate/2)...)
	pcm = append(pcm, make([]int16, Rate)...)
	cut := Trim(pcm)
	if n := len(cut) - Rate/2; n < 0 || n > 3*margin {
		t.Errorf("%d samples stay beside the sound", n)
	}
	loud := Level(cut, Usual)
	if got := Loudness(loud); math.Abs(got-Usual) > 0.5 {
		t.Errorf("%.1f dBov", got)
	}
	if got := Loudness(Level(cut, 0)); got > -1 || got < -5 {
		t.Errorf("beyond the ceiling: %.1f dBov", got)
	}
	for _, v := range Level(cut, 20) {
		if v > ceiling || v < -ceiling {
			t.Fatalf("a sample of %d", v)
		}
	}
	if got := Trim(make([]int16, 100)); got != nil {
		t.Errorf("%d samples of silence", len(got))
	}
	if got := Level(nil, Usual); len(got) != 0 {
		t.Error("nothing got louder")
	}
}

func FuzzDecode(f *testing.F) {
	pcm := tone(500, 0.1, 8000, 300)
	f.Add(file(codingPCM, 1, 8000, 16, pcm))
	f.Add(file(codingPCM, 2, 44100, 16, pcm))
	f.Add(Encode(pcm))
	f.Add(file(codingExtensible, 1, 8000, 16, pcm, make([]byte, 24)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		if got, err := Decode(b); err == nil && len(got) > MaxSeconds*Rate {
			t.Fatalf("%d samples", len(got))
		}
	})
}

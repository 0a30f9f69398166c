package pcm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge/player/tone"
)

// file is a file in memory.
type file struct {
	b  []byte
	at int
}

func (f *file) Write(p []byte) (int, error) {
	f.b = append(f.b[:f.at], append(slices.Clone(p), f.b[min(len(f.b), f.at+len(p)):]...)...)
	f.at += len(p)
	return len(p), nil
}

func (f *file) Seek(offset int64, _ int) (int64, error) {
	f.at = int(offset)
	return offset, nil
}

func written(t testing.TB, s *Sound) []byte {
	t.Helper()
	f := &file{}
	w, err := NewWriter(f, s.Rate)
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(s.Samples, 100) {
		if err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Samples() != int64(len(s.Samples)) {
		t.Fatalf("%d samples counted, %d written", w.Samples(), len(s.Samples))
	}
	return f.b
}

// wav makes a file by hand.
func wav(tag, channels uint16, rate uint32, depth uint16, data []byte, extra ...byte) []byte {
	le := binary.LittleEndian
	b := []byte("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt ")
	b = le.AppendUint32(b, uint32(16+len(extra)))
	b = le.AppendUint16(b, tag)
	b = le.AppendUint16(b, channels)
	b = le.AppendUint32(b, rate)
	b = le.AppendUint32(b, rate*uint32(channels)*2)
	b = le.AppendUint16(b, channels*2)
	b = le.AppendUint16(b, depth)
	b = append(b, extra...)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	want := &Sound{Rate: 16000, Samples: tone.Sine(440, 16000, 1234, -10)}
	got, err := Read(bytes.NewReader(written(t, want)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A recorder that was killed leaves the size open.
func TestFileThatWasNotClosed(t *testing.T) {
	f := &file{}
	w, err := NewWriter(f, 8000)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]int16{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	got, err := Read(bytes.NewReader(f.b))
	if err != nil || !slices.Equal(got.Samples, []int16{1, 2, 3}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFormats(t *testing.T) {
	data := []byte{10, 0, 20, 0, 0xf6, 0xff, 0xec, 0xff, 9}
	extensible := append([]byte{22, 0, 16, 0, 3, 0, 0, 0, 1, 0}, make([]byte, 14)...)
	float := append([]byte{22, 0, 16, 0, 3, 0, 0, 0, 3, 0}, make([]byte, 14)...)
	for _, c := range []struct {
		name string
		in   []byte
		want []int16
		err  error
	}{
		{"mono", wav(1, 1, 8000, 16, data), []int16{10, 20, -10, -20}, nil},
		{"stereo is averaged", wav(1, 2, 48000, 16, data), []int16{15, -15}, nil},
		{"extensible", wav(0xfffe, 1, 44100, 16, data, extensible...), []int16{10, 20, -10, -20}, nil},
		{"extensible float", wav(0xfffe, 1, 44100, 16, data, float...), nil, ErrUnsupported},
		{"float", wav(3, 1, 8000, 16, data), nil, ErrUnsupported},
		{"8 bit", wav(1, 1, 8000, 8, data), nil, ErrUnsupported},
		{"no channel", wav(1, 0, 8000, 16, data), nil, ErrUnsupported},
		{"many channels", wav(1, 9, 8000, 16, data), nil, ErrUnsupported},
		{"slow", wav(1, 1, 3999, 16, data), nil, ErrUnsupported},
		{"fast", wav(1, 1, 192001, 16, data), nil, ErrUnsupported},
		{"empty", wav(1, 1, 8000, 16, nil), nil, ErrEmpty},
		{"half a sample", wav(1, 1, 8000, 16, data[:1]), nil, ErrEmpty},
		{"no format", []byte("RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00ab"), nil, ErrFormat},
		{"tiny format", []byte("RIFF\x00\x00\x00\x00WAVEfmt \x02\x00\x00\x00ab"), nil, ErrFormat},
		{"huge format", []byte("RIFF\x00\x00\x00\x00WAVEfmt \xff\xff\xff\xffab"), nil, ErrFormat},
		{"not RIFF", []byte("OggS00000000WAVE"), nil, ErrFormat},
		{"not WAVE", []byte("RIFF0000AVI 0000"), nil, ErrFormat},
	} {
		got, err := Read(bytes.NewReader(c.in))
		if !errors.Is(err, c.err) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if err == nil && !slices.Equal(got.Samples, c.want) {
			t.Errorf("%s: %v", c.name, got.Samples)
		}
	}
}

func TestTruncatedHeaders(t *testing.T) {
	whole := wav(1, 1, 8000, 16, []byte{1, 0})
	for n := range len(whole) - 2 {
		if _, err := Read(bytes.NewReader(whole[:n])); !errors.Is(err, ErrFormat) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

// endless is a file that never ends.
type endless struct{ head []byte }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.head)
	e.head = e.head[n:]
	return max(n, len(p)), nil
}

func TestLongFilesAreRefused(t *testing.T) {
	h := header(8000, 2*MaxSamples+2)
	if _, err := Read(bytes.NewReader(h[:])); !errors.Is(err, ErrTooLong) {
		t.Errorf("a file that says it is long: %v", err)
	}
	h = header(8000, streamed)
	if _, err := Read(&endless{h[:]}); !errors.Is(err, ErrTooLong) {
		t.Errorf("a file without an end: %v", err)
	}
}

func TestErrorsOfTheFileAreToldAsTheyAre(t *testing.T) {
	broken := errors.New("broken")
	h := header(8000, 100)
	r := io.MultiReader(bytes.NewReader(h[:]), errReader{broken})
	if _, err := Read(r); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

func TestResampleKeepsTheTone(t *testing.T) {
	for _, c := range []struct{ from, to int }{{48000, 8000}, {44100, 16000}, {8000, 16000}, {16000, 8000}, {11025, 48000}} {
		in := &Sound{Rate: c.from, Samples: tone.Sine(1000, c.from, c.from/2, -12)}
		out := in.Resample(c.to)
		if out.Rate != c.to || len(out.Samples) < c.to/2-3 {
			t.Errorf("%v: %d samples at %d", c, len(out.Samples), out.Rate)
		}
		d := tone.NewDetector(c.to)
		d.Write(out.Samples)
		got := d.Tones()
		if len(got) != 1 || math.Abs(got[0].Hz-1000) > 1 || math.Abs(got[0].DBFS+12) > 0.3 {
			t.Errorf("%v: %+v", c, got)
		}
	}
}

func TestResampleRemovesWhatTheLowerRateCannotCarry(t *testing.T) {
	in := &Sound{Rate: 48000, Samples: tone.Sine(6000, 48000, 24000, -12)}
	d := tone.NewDetector(8000)
	d.Write(in.Resample(8000).Samples[100:3900])
	if level := d.DBFS(); level > -50 {
		t.Errorf("an alias of %.1f dBFS is left", level)
	}
}

func TestResampleOfVeryLittle(t *testing.T) {
	s := &Sound{Rate: 48000, Samples: []int16{5}}
	if got := s.Resample(8000); len(got.Samples) != 1 {
		t.Errorf("%d samples", len(got.Samples))
	}
	if got := s.Resample(48000); !slices.Equal(got.Samples, s.Samples) {
		t.Error("the same rate changes the sound")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(wav(1, 2, 8000, 16, []byte{1, 2, 3, 4}))
	f.Add(wav(0xfffe, 1, 44100, 16, []byte{1, 2}, make([]byte, 24)...))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if len(s.Samples) == 0 || len(s.Samples) > len(b)/2 {
			t.Fatalf("%d samples from %d bytes", len(s.Samples), len(b))
		}
		again, err := Read(bytes.NewReader(written(t, s)))
		if err != nil || !slices.Equal(again.Samples, s.Samples) {
			t.Fatalf("written and read again: %v", err)
		}
	})
}

package wire

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

func message(kind Kind, n int) Message {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i)
	}
	return Message{Kind: kind, Flags: FlagMarker, Seq: 0x1234, ID: 0x56789abc, Timestamp: 0xdef01234, Payload: p}
}

func same(a, b Message) bool {
	equal := bytes.Equal(a.Payload, b.Payload)
	a.Payload, b.Payload = nil, nil
	return equal && a.Kind == b.Kind && a.Flags == b.Flags && a.Seq == b.Seq && a.ID == b.ID && a.Timestamp == b.Timestamp
}

func encoded(t testing.TB, list ...Message) (b []byte) {
	t.Helper()
	for _, m := range list {
		var err error
		if b, err = Append(b, m); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestFormat(t *testing.T) {
	got := encoded(t, Message{Kind: Frame, Flags: FlagMarker, Seq: 0x0102, ID: 0x03040506, Timestamp: 0x0708090a, Payload: []byte{0xff}})
	want := []byte{0, 0, 0, 1, 3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xff}
	if !bytes.Equal(got, want) {
		t.Errorf("% x, want % x", got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	for k := Hello; k < kindEnd; k++ {
		for _, n := range []int{0, 1, min(100, k.MaxPayload()), k.MaxPayload()} {
			want := message(k, min(n, k.MaxPayload()))
			b := encoded(t, want)
			got, size, err := Parse(b)
			if err != nil || size != len(b) || !got.Marker() {
				t.Fatalf("%v of %d bytes: %d, %v", k, n, size, err)
			}
			if !same(want, got) {
				t.Fatalf("%v of %d bytes comes back as %v of %d", k, n, got.Kind, len(got.Payload))
			}
		}
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}

func TestBounds(t *testing.T) {
	for k := Hello; k < kindEnd; k++ {
		before := []byte("x")
		if b, err := Append(before, message(k, k.MaxPayload()+1)); !errors.Is(err, ErrSize) || len(b) != 1 {
			t.Errorf("%v beyond its bound: %v", k, err)
		}
		b := encoded(t, Message{Kind: k})
		b[0] = 0xff
		if _, _, err := Parse(b); !errors.Is(err, ErrSize) {
			t.Errorf("%v with an absurd length: %v", k, err)
		}
	}
	for _, k := range []Kind{0, kindEnd, 255} {
		if _, err := Append(nil, Message{Kind: k}); !errors.Is(err, ErrKind) {
			t.Errorf("%v was written", k)
		}
		b := encoded(t, Message{Kind: Ping})
		b[4] = byte(k)
		if _, _, err := Parse(b); !errors.Is(err, ErrKind) || k.MaxPayload() != 0 {
			t.Errorf("%v was read", k)
		}
	}
}

// Each truncated prefix is incomplete, and at the end of the stream an error.
func TestPrefixes(t *testing.T) {
	b := encoded(t, message(Frame, 20))
	for i := range b {
		if _, n, err := Parse(b[:i]); n != 0 || err != nil {
			t.Errorf("%d bytes: %d, %v", i, n, err)
		}
		want := io.ErrUnexpectedEOF
		if i == 0 {
			want = io.EOF
		}
		if _, err := NewReader(bytes.NewReader(b[:i])).Next(); err != want {
			t.Errorf("%d bytes: %v", i, err)
		}
	}
}

// However the stream is cut into reads, the same messages come out.
func TestReader(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var want []Message
	for range 300 {
		k := Kind(r.IntN(int(kindEnd)-1) + 1)
		want = append(want, message(k, r.IntN(min(k.MaxPayload(), 3000)+1)))
	}
	want = append(want, message(Picture, 3<<20), message(Ping, 0), message(Frame, 8000), message(Picture, 100))
	stream := encoded(t, want...)
	for name, src := range map[string]io.Reader{
		"whole": bytes.NewReader(stream), "halves": iotest.HalfReader(bytes.NewReader(stream)), "data with error": iotest.DataErrReader(bytes.NewReader(stream)),
		"random": &chunks{bytes.NewReader(stream), r}, "bytes": iotest.OneByteReader(bytes.NewReader(stream[:200000])),
	} {
		rd := NewReader(src)
		for i, m := range want {
			got, err := rd.Next()
			if err != nil && name == "bytes" {
				break
			}
			if err != nil {
				t.Fatalf("%s: message %d: %v", name, i, err)
			}
			if !same(m, got) {
				t.Fatalf("%s: message %d differs", name, i)
			}
		}
		if len(rd.buf) > bufferSize && name != "bytes" {
			t.Errorf("%s: a buffer of %d bytes is kept", name, len(rd.buf))
		}
	}
}

type chunks struct {
	src io.Reader
	r   *rand.Rand
}

func (c *chunks) Read(b []byte) (int, error) { return c.src.Read(b[:min(len(b), c.r.IntN(50000)+1)]) }

func TestReaderErrors(t *testing.T) {
	b := encoded(t, message(Frame, 5), message(Frame, 5))
	b[HeaderSize+5+4] = 99
	r := NewReader(bytes.NewReader(b))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if !r.Buffered() {
		t.Error("the damaged message is not seen")
	}
	if _, err := r.Next(); !errors.Is(err, ErrKind) {
		t.Errorf("%v", err)
	}
	if _, err := NewReader(iotest.ErrReader(io.ErrClosedPipe)).Next(); err != io.ErrClosedPipe {
		t.Errorf("%v", err)
	}
	if _, err := NewReader(stuck{}).Next(); err != io.ErrNoProgress {
		t.Errorf("%v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestReaderDoesNotAllocate(t *testing.T) {
	b := encoded(t, message(Frame, 100))
	src := bytes.NewReader(b)
	r := NewReader(src)
	if n := testing.AllocsPerRun(100, func() {
		src.Reset(b)
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for a message", n)
	}
}

// FuzzReader feeds any stream: no panic, no message beyond its bound, and what
// was read is written the same again.
func FuzzReader(f *testing.F) {
	f.Add([]byte{})
	f.Add(encoded(f, message(Frame, 30), message(Ping, 0), message(Levels, 5)))
	f.Add([]byte{0, 0, 0, 1, 3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := NewReader(bytes.NewReader(stream))
		var again []byte
		for {
			m, err := r.Next()
			if err != nil {
				break
			}
			if again, err = Append(again, m); err != nil {
				t.Fatalf("a message that was read cannot be written: %v", err)
			}
		}
		if !bytes.HasPrefix(stream, again) {
			t.Fatal("reading and writing again differ")
		}
	})
}

package load

import (
	"bytes"
	"testing"
)

func TestStampReturns(t *testing.T) {
	for _, s := range []stamp{{}, {1, 2, 3}, {1<<62 + 12345, 1<<32 - 1, 1<<32 - 1}} {
		b := make([]byte, 100)
		s.put(b)
		got, ok := readStamp(b)
		if !ok || got != s {
			t.Errorf("%+v came back as %+v, %v", s, got, ok)
		}
		if !bytes.Equal(b[:100-stampSize], make([]byte, 100-stampSize)) {
			t.Errorf("%+v was written over more than the end", s)
		}
		if i := bytes.IndexFunc(b[100-stampSize:], func(r rune) bool { return r < '0' || r > 'z' }); i >= 0 {
			t.Errorf("%+v is written with a byte that is no letter", s)
		}
	}
}

func TestStampRefused(t *testing.T) {
	b := make([]byte, 60)
	stamp{1, 2, 3}.put(b)
	for name, spoil := range map[string]func() []byte{
		"empty":       func() []byte { return nil },
		"cut":         func() []byte { return b[:len(b)-1] },
		"short":       func() []byte { return b[len(b)-stampSize+1:] },
		"other magic": func() []byte { c := bytes.Clone(b); c[len(c)-stampSize] = 'X'; return c },
		"other digit": func() []byte { c := bytes.Clone(b); c[len(c)-1] = 'z'; return c },
	} {
		if s, ok := readStamp(spoil()); ok {
			t.Errorf("%s: read %+v", name, s)
		}
	}
}

func FuzzReadStamp(f *testing.F) {
	b := make([]byte, 60)
	stamp{1, 2, 3}.put(b)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := readStamp(b)
		if !ok {
			return
		}
		c := make([]byte, stampSize)
		s.put(c)
		if !bytes.Equal(c, b[len(b)-stampSize:]) {
			t.Errorf("%x reads as %+v, which writes %x", b, s, c)
		}
	})
}

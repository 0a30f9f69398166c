package h264

import (
	"bytes"
	"testing"
)

func TestSplitAnnexB(t *testing.T) {
	for name, c := range map[string]struct {
		stream []byte
		want   [][]byte
	}{
		"nothing":              {nil, nil},
		"no start code":        {[]byte{1, 2, 3, 4}, nil},
		"short start codes":    {[]byte{0, 0, 1, 5, 6, 0, 0, 1, 7}, [][]byte{{5, 6}, {7}}},
		"long start codes":     {[]byte{0, 0, 0, 1, 5, 6, 0, 0, 0, 1, 7}, [][]byte{{5, 6}, {7}}},
		"leading bytes":        {[]byte{9, 9, 0, 0, 1, 5}, [][]byte{{5}}},
		"trailing zeros":       {[]byte{0, 0, 1, 5, 0, 0, 0, 0, 1, 7, 0, 0, 0}, [][]byte{{5}, {7}}},
		"empty units":          {[]byte{0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 5, 0, 0, 1}, [][]byte{{5}}},
		"emulation prevention": {[]byte{0, 0, 1, 5, 0, 0, 3, 1, 0, 0, 3}, [][]byte{{5, 0, 0, 3, 1, 0, 0, 3}}},
		"one and zero inside":  {[]byte{0, 0, 1, 5, 0, 1, 0, 2, 1}, [][]byte{{5, 0, 1, 0, 2, 1}}},
		"start code cut":       {[]byte{0, 0, 1, 5, 0, 0}, [][]byte{{5}}},
	} {
		got := SplitAnnexB(c.stream)
		if len(got) != len(c.want) {
			t.Errorf("%s: %x, want %x", name, got, c.want)
			continue
		}
		for i := range got {
			if !bytes.Equal(got[i], c.want[i]) {
				t.Errorf("%s: %x, want %x", name, got, c.want)
			}
		}
	}
}

func TestType(t *testing.T) {
	if Type(nil) != 0 || Type([]byte{0x67}) != TypeSPS || Type([]byte{0x65}) != TypeIDR {
		t.Error("types are wrong")
	}
}

// FuzzSplitAnnexB compares with a simple reader, and with what AppendAnnexB makes.
func FuzzSplitAnnexB(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3})
	f.Add([]byte{0, 0, 1, 0, 0, 1, 5, 0, 0, 0, 0, 1, 7, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		var want [][]byte
		for i, part := range bytes.Split(stream, []byte{0, 0, 1}) {
			if part = bytes.TrimRight(part, "\x00"); i > 0 && len(part) > 0 {
				want = append(want, part)
			}
		}
		got := SplitAnnexB(stream)
		if !bytes.Equal(bytes.Join(got, []byte("|")), bytes.Join(want, []byte("|"))) || len(got) != len(want) {
			t.Fatalf("%x: %x, want %x", stream, got, want)
		}
		again := SplitAnnexB(AppendAnnexB(nil, got...))
		if !bytes.Equal(bytes.Join(got, []byte("|")), bytes.Join(again, []byte("|"))) {
			t.Fatalf("%x became %x", got, again)
		}
	})
}

package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func unhex(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readAll gives the packets of a stream in hex, keep-alives as "-".
func readAll(r *Reader) (list []string, err error) {
	for {
		b, err := r.Next()
		switch {
		case err != nil:
			return list, err
		case len(b) == 0:
			list = append(list, "-")
		default:
			list = append(list, hex.EncodeToString(b))
		}
	}
}

func TestReader(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		want   []string
		err    error
	}{
		"two packets":                {"03000006 0102 03000005 03", []string{"0102", "03"}, io.EOF},
		"reserved octet set":         {"03ff0005 01 03010004 03000005 02", []string{"01", "-", "02"}, io.EOF},
		"empty":                      {"03000004 03000005 01", []string{"-", "01"}, io.EOF},
		"length zero":                {"03000000 03000005 01", []string{"-", "01"}, io.EOF},
		"Tandberg, octets exchanged": {"00030004 03000005 01 00030000 03000005 02", []string{"-", "01", "-", "02"}, io.EOF},
		"Tandberg, shifted":          {"00 03000004 03000005 01", []string{"-", "01"}, io.EOF},
		"zeros":                      {"00000000 03000005 01", []string{"-", "01"}, io.EOF},
		"padding between":            {"03000005 01 2020 03000005 02", []string{"01", "02"}, io.EOF},
		"cut header":                 {"03000005 01 0300", []string{"01"}, io.ErrUnexpectedEOF},
		"cut content":                {"03000008 0102", nil, io.ErrUnexpectedEOF},
		"no content":                 {"03000008", nil, io.ErrUnexpectedEOF},
		"another protocol":           {"474554202f20485454502f312e310d0a486f73743a", nil, ErrFraming},
		"longer than the limit":      {"03001000", nil, ErrTooLong},
		"nothing":                    {"", nil, io.EOF},
	} {
		stream := unhex(t, c.stream)
		for how, in := range map[string]io.Reader{
			"at once":   bytes.NewReader(stream),
			"in octets": iotest.OneByteReader(bytes.NewReader(stream)),
		} {
			r := NewReader(in)
			r.Limit = 2048
			got, err := readAll(r)
			if diff := cmp.Diff(c.want, got); diff != "" || !errors.Is(err, c.err) {
				t.Errorf("%s, %s: %v, not %v\n%s", name, how, err, c.err, diff)
			}
		}
	}
}

// With no stray octets allowed the first one ends the stream.
func TestStrictReader(t *testing.T) {
	r := NewReader(bytes.NewReader(unhex(t, "03000005 01 20 03000005 02")))
	r.Stray = 0
	if got, err := readAll(r); len(got) != 1 || !errors.Is(err, ErrFraming) {
		t.Errorf("%v: %v", got, err)
	}
}

func TestAppendPacket(t *testing.T) {
	b, err := AppendPacket([]byte{9}, []byte{1, 2})
	if err != nil || hex.EncodeToString(b) != "09030000060102" {
		t.Errorf("%x: %v", b, err)
	}
	long := make([]byte, MaxPacket)
	if b, err = AppendPacket(nil, long); err != nil {
		t.Fatal(err)
	}
	if got, err := NewReader(bytes.NewReader(b)).Next(); err != nil || !bytes.Equal(got, long) {
		t.Errorf("longest packet: %d octets, %v", len(got), err)
	}
	if _, err := AppendPacket(nil, append(long, 0)); !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
}

// The packets of any stream, written again, are the same packets.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"03000006010203000004", "00030000040300000501", "20200300000501", "00000000"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := readAll(NewReader(iotest.HalfReader(bytes.NewReader(b))))
		if err == nil || 4*len(list) > len(b) {
			t.Fatalf("%d packets of %d octets: %v", len(list), len(b), err)
		}
		var out []byte
		for _, s := range list {
			if s == "-" {
				out = append(out, KeepAlive...)
			} else if out, err = AppendPacket(out, unhex(t, s)); err != nil {
				t.Fatal(err)
			}
		}
		if again, _ := readAll(NewReader(bytes.NewReader(out))); !cmp.Equal(list, again) {
			t.Fatalf("%v becomes %v", list, again)
		}
	})
}

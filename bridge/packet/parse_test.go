package packet

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"
)

// full is a packet with everything: two CSRCs, an extension and padding.
func full(t testing.TB) []byte {
	t.Helper()
	p := rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 0xfffe,
			Timestamp: 0x89abcdef, SSRC: 0x12345678, CSRC: []uint32{1, 2}, Padding: true,
		},
		Payload:     []byte("payload"),
		PaddingSize: 5,
	}
	if err := p.SetExtension(3, []byte{0x80 | 42}); err != nil {
		t.Fatal(err)
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParse(t *testing.T) {
	raw := full(t)
	p := Packet{Arrived: 7, Keyframe: true, Audio: 9}
	if err := Parse(raw, &p); err != nil {
		t.Fatal(err)
	}
	want := Header{PT: 96, Marker: true, Seq: 0xfffe, Timestamp: 0x89abcdef, SSRC: 0x12345678}
	if p.Header != want {
		t.Errorf("header %+v, want %+v", p.Header, want)
	}
	if string(p.Payload) != "payload" {
		t.Errorf("payload %q", p.Payload)
	}
	if p.Arrived != 7 || p.Keyframe || p.Audio != NoLevel {
		t.Errorf("arrived %d, keyframe %v, level %d", p.Arrived, p.Keyframe, p.Audio)
	}
}

// TestParsePrefixes: every prefix that cuts into the header or the extension
// is an error, and leaves the packet alone. Behind it, the last byte is read as
// a padding length.
func TestParsePrefixes(t *testing.T) {
	raw := full(t)
	const header = 12 + 8 + 8
	for n := range header + 1 {
		p := Packet{Audio: 9}
		if err := Parse(raw[:n], &p); err == nil {
			t.Errorf("%d bytes: no error", n)
		}
		if p.Header != (Header{}) || p.Payload != nil || p.Audio != 9 {
			t.Errorf("%d bytes: packet changed: %+v", n, p)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	base := make([]byte, 16)
	base[0] = 0x80
	with := func(change func(b []byte)) []byte {
		b := bytes.Clone(base)
		change(b)
		return b
	}
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":               {nil, ErrShort},
		"version 1":             {with(func(b []byte) { b[0] = 0x40 }), ErrVersion},
		"version 3":             {with(func(b []byte) { b[0] = 0xc0 }), ErrVersion},
		"CSRCs beyond the end":  {with(func(b []byte) { b[0] = 0x82 }), ErrShort},
		"extension cut":         {base2(0x90, 12), ErrExtension},
		"extension too long":    {with(func(b []byte) { b[0] = 0x90; b[15] = 1 }), ErrExtension},
		"extension huge":        {with(func(b []byte) { b[0] = 0x90; b[14], b[15] = 0xff, 0xff }), ErrExtension},
		"padding of nothing":    {with(func(b []byte) { b[0] = 0xa0 }), ErrPadding},
		"padding too long":      {with(func(b []byte) { b[0] = 0xa0; b[15] = 5 }), ErrPadding},
		"padding in no payload": {base2(0xa0, 12), ErrPadding},
	} {
		if err := Parse(c.raw, new(Packet)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	p := Packet{}
	if err := Parse(with(func(b []byte) { b[0] = 0xa0; b[15] = 4 }), &p); err != nil || len(p.Payload) != 0 {
		t.Errorf("all padding: %v, payload %x", err, p.Payload)
	}
}

func base2(first byte, n int) []byte {
	b := make([]byte, n)
	b[0] = first
	return b
}

func TestParseLevel(t *testing.T) {
	ext := func(profile uint16, body ...byte) []byte {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		b := base2(0x90, 12)
		b = append(b, byte(profile>>8), byte(profile), 0, byte(len(body)/4))
		return append(append(b, body...), "payload"...)
	}
	for name, c := range map[string]struct {
		raw  []byte
		id   uint8
		want int8
	}{
		"one byte form":                 {ext(0xbede, 0x10, 0x80|30), 1, 30},
		"voice flag left out":           {ext(0xbede, 0x10, 127), 1, 127},
		"behind others":                 {ext(0xbede, 0x21, 1, 2, 0, 0x30, 5, 0x10, 30), 1, 30},
		"other id":                      {ext(0xbede, 0x20, 30), 1, NoLevel},
		"id 15 ends the list":           {ext(0xbede, 0xf0, 30, 0x10, 30), 1, NoLevel},
		"element cut":                   {ext(0xbede, 0x20, 1, 0x1f, 1), 1, NoLevel},
		"two byte form":                 {ext(0x1000, 1, 1, 30), 1, 30},
		"two byte form, app bits":       {ext(0x100f, 200, 1, 30), 200, 30},
		"two byte form behind others":   {ext(0x1000, 0, 7, 2, 1, 2, 1, 1, 30), 1, 30},
		"two byte form empty":           {ext(0x1000, 1, 0), 1, NoLevel},
		"two byte form cut":             {ext(0x1000, 2, 9, 1), 1, NoLevel},
		"two byte form, length missing": {ext(0x1000, 2, 1, 1, 2), 1, NoLevel},
		"other profile":                 {ext(0x2000, 0x10, 30), 1, NoLevel},
		"id 0":                          {ext(0xbede, 0x00, 30), 0, NoLevel},
		"no extension":                  {append(base2(0x80, 12), "payload"...), 1, NoLevel},
	} {
		p := Packet{}
		if err := ParseLevel(c.raw, &p, c.id); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Audio != c.want || string(p.Payload) != "payload" {
			t.Errorf("%s: level %d, want %d; payload %q", name, p.Audio, c.want, p.Payload)
		}
	}
	if err := ParseLevel(nil, new(Packet), 1); !errors.Is(err, ErrShort) {
		t.Errorf("nothing: %v", err)
	}
}

func TestWrite(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		h := Header{
			PT: uint8(r.IntN(128)), Marker: r.IntN(2) == 1, Seq: uint16(r.Uint32()),
			Timestamp: r.Uint32(), SSRC: r.Uint32(),
		}
		b := bytes.Repeat([]byte{0xff}, 14)
		if n := Write(b, h); n != HeaderSize || b[12] != 0xff {
			t.Fatalf("wrote %d bytes: %x", n, b)
		}
		want, err := (&rtp.Header{
			Version: 2, Marker: h.Marker, PayloadType: h.PT, SequenceNumber: h.Seq,
			Timestamp: h.Timestamp, SSRC: h.SSRC,
		}).Marshal()
		if err != nil || !bytes.Equal(b[:12], want) {
			t.Fatalf("%+v: %x, want %x", h, b[:12], want)
		}
		var p Packet
		if err := Parse(b[:12], &p); err != nil || p.Header != h {
			t.Fatalf("read back %+v, want %+v (%v)", p.Header, h, err)
		}
	}
	b := make([]byte, 12)
	if Write(b, Header{PT: 0xff}); b[1] != 0x7f {
		t.Errorf("a payload type beyond 127 set the marker: %x", b)
	}
}

// FuzzParse compares with pion/rtp: what we take it takes as well, and reads
// the same.
func FuzzParse(f *testing.F) {
	f.Add(full(f), uint8(3))
	f.Add([]byte{}, uint8(1))
	f.Add(base2(0x80, 12), uint8(1))
	f.Add(append(base2(0x90, 12), 0xbe, 0xde, 0, 1, 0x10, 30, 0, 0, 1, 2), uint8(1))
	f.Add(append(base2(0x90, 12), 0x10, 0, 0, 1, 1, 1, 30, 0, 1, 2), uint8(1))
	f.Add(append(base2(0xb1, 16), 0x10, 0, 0, 1, 1, 1, 30, 0, 1, 2), uint8(1))
	f.Fuzz(func(t *testing.T, raw []byte, id uint8) {
		var p Packet
		err := Parse(raw, &p)
		if err == nil {
			compare(t, raw, &p)
		}
		var q Packet
		if errLevel := ParseLevel(raw, &q, id); (err == nil) != (errLevel == nil) {
			t.Fatalf("Parse: %v, ParseLevel: %v", err, errLevel)
		}
		if q.Header != p.Header || !bytes.Equal(q.Payload, p.Payload) {
			t.Fatalf("Parse: %+v, ParseLevel: %+v", p, q)
		}
		if err == nil && q.Audio < NoLevel {
			t.Fatalf("level %d", q.Audio)
		}
	})
}

func compare(t *testing.T, raw []byte, p *Packet) {
	t.Helper()
	var want rtp.Packet
	if err := want.Unmarshal(raw); err != nil {
		// It also refuses malformed elements inside of an extension, which
		// are no concern of a packet that only passes.
		if raw[0]&0x10 == 0 {
			t.Fatalf("taken, but refused by pion: %v", err)
		}
		return
	}
	got := Header{
		PT: want.PayloadType, Marker: want.Marker, Seq: want.SequenceNumber,
		Timestamp: want.Timestamp, SSRC: want.SSRC,
	}
	if p.Header != got || !bytes.Equal(p.Payload, want.Payload) {
		t.Fatalf("%+v, pion reads %+v", *p, want)
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	raw, p := full(t), Packet{}
	if n := testing.AllocsPerRun(100, func() {
		if ParseLevel(raw, &p, 3) != nil || p.Audio != 42 {
			t.Fatal("not parsed")
		}
		Write(raw, p.Header)
		copy(raw, full2)
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// full2 is the fixed header of full.
var full2 = []byte{0xb2, 0x80 | 96, 0xff, 0xfe, 0x89, 0xab, 0xcd, 0xef, 0x12, 0x34, 0x56, 0x78}

func BenchmarkParse(b *testing.B) {
	raw := append(full(b), make([]byte, 1100)...)
	raw[len(raw)-1] = 1
	b.ReportAllocs()
	var p Packet
	for b.Loop() {
		if err := Parse(raw, &p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseLevel(b *testing.B) {
	raw := full(b)
	b.ReportAllocs()
	var p Packet
	for b.Loop() {
		if err := ParseLevel(raw, &p, 3); err != nil {
			b.Fatal(err)
		}
	}
}

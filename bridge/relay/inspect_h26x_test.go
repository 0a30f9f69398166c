package relay

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// pack puts zeros and ones, blanks apart, into bytes.
func pack(text string) []byte {
	text = strings.ReplaceAll(text, " ", "")
	out := make([]byte, (len(text)+7)/8)
	for i, c := range text {
		out[i/8] |= byte(c-'0') << (7 - i%8)
	}
	return out
}

func TestInspectH263(t *testing.T) {
	const psc, tr = "0000000000000000 100000", "00000001"
	intra, inter := pack(psc+tr+"10000 011 0 0000 01000 0 0 1111"), pack(psc+tr+"10000 010 1 0000 01000 0 0 1111")
	plus := pack(psc + tr + "10000 111 001 110 000 00000000 1000 000 000001 0 0001 001001111 1 000111100 1111")
	rfc2190 := func(b []byte) []byte { return append([]byte{0, 0x60, 0, 0}, b...) }
	rfc4629 := func(b []byte) []byte { return append([]byte{4, 0}, b[2:]...) }
	for name, c := range map[string]struct {
		payload []byte
		key     bool
		w, h    int
	}{
		"RFC 2190 intra":         {rfc2190(intra), true, 352, 288},
		"RFC 2190 inter":         {rfc2190(inter), false, 176, 144},
		"RFC 4629 intra":         {rfc4629(intra), true, 352, 288},
		"RFC 4629 inter":         {rfc4629(inter), false, 176, 144},
		"RFC 4629 custom size":   {rfc4629(plus), true, 320, 240},
		"RFC 4629 with VRC":      {append([]byte{6, 0, 0x10}, intra[2:]...), true, 352, 288},
		"mode B":                 {append([]byte{0x80, 0x68, 0, 0, 0, 0, 0, 0}, intra...), false, 0, 0},
		"GOB":                    {rfc2190(pack("0000000000000000 1 00001 00 01000 111")), false, 0, 0},
		"goes on":                {append([]byte{0, 0}, intra[3:]...), false, 0, 0},
		"header cut":             {rfc2190(intra[:4]), false, 0, 0},
		"header alone":           {[]byte{0, 0x60, 0, 0}, false, 0, 0},
		"nothing":                {nil, false, 0, 0},
		"a source format of 352": {rfc2190(pack(psc + tr + "10000 110 0 0000 01000 0 0 1111")), false, 0, 0},
	} {
		for _, codec := range []media.Codec{media.H263, media.H263P} {
			key, w, h := newInspector(codec).inspect(&packet.Packet{Payload: c.payload})
			if key != c.key || w != c.w || h != c.h {
				t.Errorf("%s: key %t, %dx%d", name, key, w, h)
			}
		}
	}
}

func TestInspectH261(t *testing.T) {
	const (
		cif, qcif = "00000000000000010000 00001 000111 0 ", "00000000000000010000 00001 000011 0 "
		gob       = "0000000000000001 0001 01000 0 "
		block     = "10000000 10 "
		intra     = "1 0001 " + block + block + block + block + block + block
		inter     = "1 1 1011 0100 0 10 "
		skipped   = "011 0001 " + block + block + block + block + block + block
	)
	all := cif + gob + strings.Repeat(intra, 12)
	for name, c := range map[string]struct {
		header  []byte
		picture string
		key     bool
		w, h    int
	}{
		"intra":                    {[]byte{1, 0, 0, 0}, all, true, 352, 288},
		"intra, cut":               {[]byte{1, 0, 0, 0}, all[:len(all)-33], true, 352, 288},
		"QCIF":                     {[]byte{1, 0, 0, 0}, qcif + gob + strings.Repeat(intra, 9), true, 176, 144},
		"in the middle of a byte":  {[]byte{3<<5 | 1, 0, 0, 0}, "101" + all, true, 352, 288},
		"inter":                    {[]byte{1, 0, 0, 0}, cif + gob + strings.Repeat(inter, 30), false, 352, 288},
		"a little of it intra":     {[]byte{1, 0, 0, 0}, cif + gob + intra + intra + strings.Repeat(inter, 30), false, 352, 288},
		"first macroblock not new": {[]byte{1, 0, 0, 0}, cif + gob + skipped + strings.Repeat(intra, 9), false, 352, 288},
		"no macroblock":            {[]byte{1, 0, 0, 0}, cif + gob, false, 352, 288},
		"GOB":                      {[]byte{1, 0, 0, 0}, gob + strings.Repeat(intra, 9), false, 0, 0},
		"macroblock":               {[]byte{1, 0x10, 0, 0}, strings.Repeat(intra, 9), false, 0, 0},
		"header alone":             {[]byte{1, 0, 0, 0}, "", false, 0, 0},
		"nothing":                  {nil, "", false, 0, 0},
	} {
		payload := append(c.header[:len(c.header):len(c.header)], pack(c.picture)...)
		key, w, h := newInspector(media.H261).inspect(&packet.Packet{Payload: payload})
		if key != c.key || w != c.w || h != c.h {
			t.Errorf("%s: key %t, %dx%d", name, key, w, h)
		}
	}
}

// FuzzInspect holds that no payload makes an inspector fail, and that sizes are sane.
func FuzzInspect(f *testing.F) {
	f.Add([]byte{0, 0x60, 0, 0, 0, 0, 0x80, 2, 0x0c, 0, 0x10, 0xff})
	f.Add([]byte{4, 0, 0x80, 2, 0x1c, 0x4e, 0, 0x08, 1, 0x13, 0xcf, 0xff})
	f.Add([]byte{1, 0, 0, 0, 0, 1, 0, 0x0e, 0, 1, 0x14, 0x31, 0x80, 0xff})
	codecs := []media.Codec{media.H263, media.H261, media.H264, media.H265, media.VP8, media.VP9, media.AV1}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range codecs {
			if _, w, h := newInspector(c).inspect(&packet.Packet{Payload: b}); w < 0 || h < 0 || w > 1<<16 || h > 1<<16 {
				t.Fatalf("%s: %dx%d", c, w, h)
			}
		}
	})
}

func BenchmarkInspect(b *testing.B) {
	for name, c := range map[string]struct {
		codec   media.Codec
		payload []byte
	}{
		"H.263": {media.H263, []byte{0, 0x60, 0, 0, 0, 0, 0x80, 2, 0x0e, 0, 0x10, 0xff}},
		"H.261": {media.H261, append([]byte{1, 0, 0, 0, 0, 1, 0, 0x0e, 0, 1, 0x14, 0x31, 0x80}, make([]byte, 1000)...)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			in, p := newInspector(c.codec), &packet.Packet{Payload: c.payload}
			for b.Loop() {
				in.inspect(p)
			}
		})
	}
}

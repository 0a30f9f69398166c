package damage

import (
	"bytes"
	"errors"
	"testing"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
)

func TestParameterSets(t *testing.T) {
	for id, s := range sizes {
		if s[0]*s[1] > 4096*4096 {
			continue // beyond what the gateway reads
		}
		got, err := h264.ParseSPS(sps264(id, s[0], s[1]))
		if err != nil || got.Width != s[0] || got.Height != s[1] || int(got.ID) != id {
			t.Errorf("%v: %+v, %v", s, got, err)
		}
	}
}

// Decoders believe the sizes: they refuse a picture that is too large, as such.
func TestBombsAreBelieved(t *testing.T) {
	vp8 := [][]byte{append([]byte{0x10, 0x10, 2, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0}, make([]byte, 40)...)}
	vp9 := [][]byte{append([]byte{0x0c, 0x82, 0x49, 0x83, 0x42, 0, 0xf0, 0, 0x50, 0}, make([]byte, 40)...)}
	for _, c := range []struct {
		codec media.Codec
		list  [][]byte // packets whose payload header has one byte
		frame func(list [][]byte) []byte
	}{
		{media.H264, [][]byte{{0x65, 0x88, 0x80, 0x10, 0x20}}, func(l [][]byte) []byte { return h264.AppendAnnexB(nil, l...) }},
		{media.VP8, vp8, func(l [][]byte) []byte { return l[0][1:] }},
		{media.VP9, vp9, func(l [][]byte) []byte { return l[0][1:] }},
	} {
		refused, v := false, New(c.codec, 3)
		for range 100 {
			d, err := pictures.NewVideoDecoder(c.codec, "")
			if errors.Is(err, codec.ErrUnavailable) {
				t.Skip("this build decodes nothing")
			}
			frame := c.frame(v.bomb(clone(c.list)))
			p, _, err := d.Decode(frame)
			refused = refused || errors.Is(err, codec.ErrTooLarge)
			if p != nil {
				p.Release()
			}
			d.Close()
		}
		if !refused {
			t.Errorf("%s: no picture was too large", c.codec)
		}
	}
}

// The sizes of H.263 and H.261 stand where decoders read them.
func TestStandardSizesChange(t *testing.T) {
	// QCIF: ITU-T H.263 5.1, and ITU-T H.261 4.2.1.
	h263 := append([]byte{0, 0, 0, 0, 0, 0, 0x80, 2, 0x08, 0}, make([]byte, 30)...)
	h263p := append([]byte{4, 0, 0x80, 2, 0x08, 0}, make([]byte, 30)...)
	for _, c := range []struct {
		codec media.Codec
		p     []byte
		at    int // first bit of the format
		bits  int
	}{
		{media.H263, h263, 4*8 + 35, 3}, {media.H263P, h263p, 2*8 + 35 - 16, 3}, {media.H261, make([]byte, 40), 4*8 + 28, 1},
	} {
		seen, v := map[uint]bool{}, New(c.codec, 5)
		for range 200 {
			p := bytes.Clone(c.p)
			v.resize([][]byte{p})
			n := uint(0)
			for i := range c.bits {
				n = n<<1 | uint(p[(c.at+i)/8]>>(7-(c.at+i)%8)&1)
			}
			seen[n] = true
		}
		if len(seen) != 1<<c.bits {
			t.Errorf("%s: formats %v", c.codec, seen)
		}
	}
}

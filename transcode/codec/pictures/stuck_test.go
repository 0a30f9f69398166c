//go:build cgo && !nocodecs

package pictures

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// decodes tells whether a decoder shows a keyframe as a good picture.
func decodes(t *testing.T, d codec.VideoDecoder, key []byte) bool {
	t.Helper()
	p, damaged, err := d.Decode(key)
	if p != nil {
		p.Release()
	}
	return p != nil && !damaged && err == nil
}

// superframe puts frames of VP9 into one (VP9 bitstream specification, annex B).
func superframe(frames ...[]byte) (b []byte) {
	marker := byte(0b110_01_000 | len(frames) - 1) // sizes of two bytes
	index := []byte{marker}
	for _, f := range frames {
		b = append(b, f...)
		index = append(index, byte(len(f)), byte(len(f)>>8))
	}
	return append(append(b, index...), marker)
}

// A part of a superframe that cannot be decoded leaves nothing behind that keeps
// the decoder from taking more.
func TestDamagedSuperframe(t *testing.T) {
	if !has(media.VP9) {
		t.Skip("no VP9 in this build")
	}
	frames, d := short(t, media.VP9), decoder(t, media.VP9)
	hidden := []byte{0x84, 0, 1, 2, 3, 4, 5, 6}
	for _, parts := range [][][]byte{{hidden, frames[0]}, {hidden, hidden, hidden}, {frames[0], hidden}, {hidden, frames[1], frames[0], hidden, frames[1]}} {
		p, damaged, err := d.Decode(superframe(parts...))
		if err == nil && !damaged {
			t.Errorf("%d parts: not damaged", len(parts))
		}
		if p != nil {
			p.Release()
		}
		if !decodes(t, d, frames[0]) {
			t.Fatalf("%d parts: no keyframe is decoded after them", len(parts))
		}
	}
}

// has tells whether this build decodes a codec.
func has(c media.Codec) bool {
	d, err := NewVideoDecoder(c, "")
	if err != nil {
		return false
	}
	d.Close()
	return true
}

// A size that is refused in the middle of a stream is forgotten with the next keyframe.
func TestTooLargeBetween(t *testing.T) {
	resize := map[media.Codec]func(key []byte){
		media.VP9: func(b []byte) { // width and height from bit 36 on, less one
			for i := 36; i < 68; i++ {
				b[i/8] |= 0x80 >> (i % 8)
			}
		},
		media.VP8: func(b []byte) { copy(b[6:], []byte{0xff, 0x3f, 0xff, 0x3f}) },
	}
	for c, change := range resize {
		if !has(c) {
			continue
		}
		frames, d := short(t, c), decoder(t, c)
		bomb := bytes.Clone(frames[0])
		change(bomb)
		for range 3 {
			if !decodes(t, d, frames[0]) {
				t.Fatalf("%s: no keyframe is decoded", c)
			}
			if _, _, err := d.Decode(bomb); !errors.Is(err, codec.ErrTooLarge) {
				t.Errorf("%s: the bomb: %v", c, err)
			}
		}
		if !decodes(t, d, frames[0]) {
			t.Errorf("%s: no keyframe is decoded afterwards", c)
		}
	}
}

// However long a decoder was given nothing but rubbish, the second keyframe is shown at the latest.
func TestNoDecoderStaysStuck(t *testing.T) {
	for _, c := range Decodes() {
		frames, d := short(t, c), decoder(t, c)
		dice := rand.New(rand.NewPCG(11, 12))
		for range 40 {
			for i := range 35 {
				b := bytes.Clone(frames[i%len(frames)])
				for range 1 + dice.IntN(6) { // most of them in the headers
					b[dice.IntN(min(len(b), 24))] ^= 1 << dice.IntN(8)
				}
				if p, _, _ := d.Decode(b); p != nil {
					p.Release()
				}
			}
			if first := decodes(t, d, frames[0]); !first && !decodes(t, d, frames[0]) {
				t.Fatalf("%s: a keyframe is not decoded any more", c)
			}
		}
	}
}

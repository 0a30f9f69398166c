package damage

import (
	"bytes"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

var codecs = []media.Codec{media.H264, media.H265, media.VP8, media.VP9, media.AV1, media.H263, media.H263P, media.H261}

// stream is frames of a few packets each.
func stream(n int) (frames [][][]byte) {
	for i := range n {
		var f [][]byte
		for k := range 1 + i%5 {
			f = append(f, bytes.Repeat([]byte{byte(i), byte(k), 0x10, 0x20}, 30+i%200))
		}
		frames = append(frames, f)
	}
	return frames
}

func clone(f [][]byte) (out [][]byte) {
	for _, p := range f {
		out = append(out, bytes.Clone(p))
	}
	return out
}

func TestFramesAreSpoiled(t *testing.T) {
	for _, codec := range codecs {
		v, again := New(codec, 7), New(codec, 7)
		whole, spoiled, lost, long, keys := 0, 0, 0, 0, 0
		for i, f := range stream(2000) {
			before, key := clone(f), i%25 == 0
			out := v.Frame(f, key)
			if !slices.EqualFunc(f, before, bytes.Equal) {
				t.Fatalf("%s: frame %d that was given is changed", codec, i)
			}
			if !slices.EqualFunc(out, again.Frame(before, key), bytes.Equal) {
				t.Fatalf("%s: frame %d is spoiled otherwise with the same seed", codec, i)
			}
			if len(out) > MaxPackets {
				t.Fatalf("%s: %d packets", codec, len(out))
			}
			for _, p := range out {
				if len(p) > MaxPayload {
					t.Fatalf("%s: a packet of %d bytes", codec, len(p))
				}
				if p == nil {
					lost++
				}
			}
			switch same := slices.EqualFunc(out, before, bytes.Equal); {
			case same && key:
				keys++
				whole++
			case same:
				whole++
			default:
				spoiled++
			}
			if len(out) > 100 {
				long++
			}
		}
		if whole < 500 || spoiled < 1000 || lost < 50 || long < 10 || keys < 25 {
			t.Errorf("%s: %d frames whole, of them %d keyframes, %d spoiled, %d packets lost, %d floods", codec, whole, keys, spoiled, lost, long)
		}
	}
}

func TestNothingToSpoil(t *testing.T) {
	for _, codec := range codecs {
		v := New(codec, 1)
		for range 500 {
			if out := v.Frame(nil, true); len(out) != 0 {
				t.Fatalf("%s: %d packets of none", codec, len(out))
			}
			if out := v.Frame([][]byte{{}}, false); len(out) > MaxPackets {
				t.Fatalf("%s: %d packets of an empty one", codec, len(out))
			}
			v.Frame([][]byte{{0}, {0x80}}, true)
		}
	}
}

func TestHeads(t *testing.T) {
	for _, c := range []struct {
		codec media.Codec
		bytes []byte
		want  int
	}{
		{media.H264, []byte{0x65, 1, 2}, 1},
		{media.H264, []byte{0x7c, 0x85, 2}, 2},
		{media.H265, []byte{0x42, 1, 2, 3}, 2},
		{media.H265, []byte{49 << 1, 1, 2, 3}, 3},
		{media.H261, make([]byte, 9), 4},
		{media.H263, make([]byte, 20), 4},
		{media.H263, append([]byte{0x80}, make([]byte, 20)...), 8},
		{media.H263, append([]byte{0xc0}, make([]byte, 20)...), 12},
		{media.H263P, []byte{4, 0, 0x80, 2}, 2},
		{media.H263P, []byte{6, 8, 0x80, 2, 5, 6}, 4},
		{media.VP8, []byte{0x10, 0, 0, 0}, 1},
		{media.VP8, []byte{0x90, 0x80, 0x81, 0, 1}, 4},
		{media.VP8, []byte{0x90, 0xf0, 0x01, 0, 0, 1}, 5},
		{media.VP9, []byte{0x8c, 0x81, 0, 0x82}, 3},
		{media.AV1, []byte{0x18, 0x0a}, 1},
		{media.H261, []byte{1}, 1},
		{media.VP8, nil, 0},
	} {
		if got := head(c.codec, c.bytes); got != c.want {
			t.Errorf("%s %x: %d, want %d", c.codec, c.bytes, got, c.want)
		}
	}
}

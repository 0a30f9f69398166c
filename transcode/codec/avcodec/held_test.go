//go:build cgo && !nocodecs

package avcodec

import (
	"bytes"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/internal/codectest"
)

// like changes a parameter set of libx264's to one as terminals send them: without VUI, and
// with gaps_in_frame_num_value_allowed_flag, since they leave out pictures that they number.
func like(sps []byte) []byte {
	r := &bitReader{b: bytes.ReplaceAll(sps, []byte{0, 0, 3}, []byte{0, 0})}
	r.u(8 + 24)
	for range 4 { // up to max_num_ref_frames; pic_order_cnt_type is 2
		r.ue()
	}
	w := new(bitWriter)
	w.copy(r, 0, r.at)
	w.put(1, 1)
	from := r.at + 1
	r.at = 0
	readSPS(r)
	w.copy(r, from, r.at)
	w.put(0b01, 2)
	return escape(w.b)
}

// Nothing is held back though the parameter sets do not say that pictures are in
// order, and though their numbers jump.
func TestNothingHeldBack(t *testing.T) {
	e, err := NewEncoder(media.H264, codec.VideoSettings{Width: 320, Height: 180, FPS: 30, Bitrate: 300_000, Profile: 77, Level: 13})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d, err := NewDecoder(media.H264)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i, p := range codectest.Moving(t, 320, 180, 60) {
		out, err := e.Encode(p, int64(i)*3000, false)
		if err != nil {
			t.Fatal(err)
		}
		var frame []byte
		for _, u := range out.Units {
			if u[0]&0x1f == typeSPS {
				u = like(u)
			}
			frame = append(append(frame, 0, 0, 0, 1), u...)
		}
		if i%2 == 1 {
			continue
		}
		got, _, err := d.Decode(frame)
		if err != nil || got == nil {
			t.Errorf("picture %d: there %v, %v", i, got != nil, err)
			continue
		}
		got.Release()
	}
}

package opus

import (
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
)

// FuzzDecode gives any packets to whichever decoder this build has.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0xfc, 0xff, 0xfe}, []byte{0x08})
	f.Add([]byte{0x78, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []byte{0xff, 0x41, 0})
	f.Add([]byte{}, []byte{0x03, 0x3f})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		d, err := NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		pcm := make([]float32, codec.MaxFrame)
		for _, p := range [][]byte{a, b, a} {
			if n, err := d.Decode(pcm, p); err == nil && (n <= 0 || n > len(pcm)) {
				t.Fatalf("%d samples", n)
			}
		}
	})
}

//go:build !cgo || nocodecs

package opus

import (
	"errors"
	"testing"
)

func TestNoEncoder(t *testing.T) {
	if _, err := NewEncoder(EncoderConfig{}); !errors.Is(err, ErrUnavailable) || CanEncode {
		t.Errorf("%v", err)
	}
}

// A packet of silence, made by libopus.
func TestDecodeSilence(t *testing.T) {
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	pcm := make([]float32, 5760)
	n, err := d.Decode(pcm, []byte{0xf8, 0xff, 0xfe})
	if err != nil || n != 960 {
		t.Fatalf("%d samples, %v", n, err)
	}
	for _, s := range pcm[:n] {
		if s > 1e-3 || s < -1e-3 {
			t.Fatalf("sample %v", s)
		}
	}
}

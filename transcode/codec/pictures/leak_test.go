//go:build cgo && !nocodecs

package pictures

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/internal/codectest"
)

// resident gives the memory of the process, kB.
func resident(t testing.TB) (kb int) {
	t.Helper()
	runtime.GC()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, b, _ = bytes.Cut(b, []byte("VmRSS:"))
	if _, err := fmt.Sscan(string(b), &kb); err != nil {
		t.Fatal(err)
	}
	return kb
}

// Opening and closing 2000 times leaves nothing behind, nor does damage.
func TestLeaks(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	runtime.LockOSThread() // the C library has memory for each thread
	defer runtime.UnlockOSThread()
	list := codectest.Moving(t, 176, 144, 2)
	for _, c := range Decodes() {
		frames := short(t, c)
		s := plain(176, 144, 100_000)
		s.Profile, s.Level = 66, 11
		encodes := slices.Contains(Encodes(), c)
		round := func(i int) {
			d, err := NewVideoDecoder(c, "")
			if err != nil {
				t.Fatal(err)
			}
			for j, b := range frames[:2] {
				p, _, err := d.Decode(b[:len(b)-j*i%len(b)])
				if err != nil || p == nil {
					continue
				}
				if i%2 == 0 {
					defer p.Release() // after the decoder is closed
				} else {
					p.Release()
				}
			}
			d.Close()
			if encodes {
				useEncoder(t, c, s, list)
			}
		}
		before := 0
		for i := range 150 { // of a decoder each, for eight codecs, and an encoder, for six
			if i == 25 {
				before = resident(t)
			}
			round(i)
		}
		if grown := resident(t) - before; grown > 6<<10 {
			t.Errorf("%s: %d kB more after 125 rounds", c, grown)
		}
	}
}

func useEncoder(t testing.TB, c media.Codec, s codec.VideoSettings, list []*codec.Picture) {
	t.Helper()
	e, err := NewVideoEncoder(c, s)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for i, p := range list {
		if _, err := e.Encode(p, int64(i)*3000, false); err != nil {
			t.Fatal(err)
		}
	}
}

//go:build linux && cgo && !nocodecs

package confine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/codec/scale"
	"github.com/roombridge/roombridge/transcode/worker/confine"
)

const inside = "ROOMBRIDGE_TEST_INSIDE"

func TestMain(m *testing.M) {
	if os.Getenv(inside) != "" {
		if err := shutIn(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// shutIn seals this process and then uses every picture codec and the scaler.
func shutIn() error {
	if err := pictures.Warm(); err != nil {
		return err
	}
	frames := make(map[media.Codec][]byte)
	for c, name := range map[media.Codec]string{media.H265: "FuzzH265", media.AV1: "FuzzAV1"} { // which have no encoder here
		if slices.Contains(pictures.Decodes(), c) {
			b, err := os.ReadFile(filepath.Join("../../codec/pictures/testdata/fuzz", name, "keyframe"))
			if err != nil {
				return err
			}
			frames[c] = b
		}
	}
	r, w, err := os.Pipe() // Go's poller is there before, as in a worker
	if err != nil {
		return err
	}
	r.Close()
	w.Close()
	if err := confine.Seal(); err != nil {
		return err
	}
	for _, size := range [][2]int{{352, 288}, {1280, 720}} {
		for _, c := range pictures.Encodes() {
			if fixed := c == media.H261 || c == media.H263; fixed && size[0] != 352 {
				continue
			}
			if err := roundTrip(c, size[0], size[1]); err != nil {
				return fmt.Errorf("%s: %w", c, err)
			}
		}
	}
	for c, frame := range frames {
		if err := decode(c, frame); err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	return nil
}

// decode decodes the keyframe in a file of a fuzz target's corpus.
func decode(c media.Codec, corpus []byte) error {
	_, quoted, _ := strings.Cut(string(corpus), "[]byte(")
	frame, err := strconv.Unquote(strings.TrimSuffix(strings.TrimSpace(quoted), ")"))
	if err != nil {
		return err
	}
	d, err := pictures.NewVideoDecoder(c, "")
	if err != nil {
		return err
	}
	defer d.Close()
	p, damaged, err := d.Decode([]byte(frame[2:])) // behind its length
	if err != nil || damaged || p == nil {
		return fmt.Errorf("there %v, damaged %v, %v", p != nil, damaged, err)
	}
	p.Release()
	return nil
}

func roundTrip(c media.Codec, w, h int) error {
	e, err := pictures.NewVideoEncoder(c, codec.VideoSettings{Width: w, Height: h, FPS: 30, Bitrate: 500_000, Profile: 66, Level: 31, MaxUnit: 1200})
	if err != nil {
		return err
	}
	defer e.Close()
	d, err := pictures.NewVideoDecoder(c, "")
	if err != nil {
		return err
	}
	defer d.Close()
	s, err := scale.New()
	if err != nil {
		return err
	}
	defer s.Close()
	p := codec.Allocate(w, h)
	for i := range 10 {
		for j := range p.Y {
			p.Y[j] = byte(i*9 + j%w)
		}
		out, err := e.Encode(p, int64(i)*3000, false)
		if err != nil {
			return err
		}
		var frame []byte
		for _, u := range out.Units {
			if c == media.H264 {
				frame = append(frame, 0, 0, 0, 1)
			}
			frame = append(frame, u...)
		}
		if len(frame) == 0 {
			continue
		}
		got, damaged, err := d.Decode(frame)
		if err != nil || damaged || got == nil {
			return fmt.Errorf("picture %d: there %v, damaged %v, %v", i, got != nil, damaged, err)
		}
		err = s.Scale(codec.Allocate(320, 180), scale.Rect{X: 10, Y: 10, W: 150, H: 90}, got, scale.Whole(got))
		got.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// Picture codecs need no system call that the filter refuses.
func TestCodecsInside(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = []string{inside + "=1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

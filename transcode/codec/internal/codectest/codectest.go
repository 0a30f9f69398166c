// Package codectest has moving pictures, the ffmpeg command and measures for
// the tests of picture codecs.
package codectest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
)

// FFmpeg runs ffmpeg and gives what it writes. Input is "-", and so is the output, which is named last.
func FFmpeg(t testing.TB, in []byte, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out")
	args = append(append([]string{"-hide_banner", "-loglevel", "error", "-nostdin"}, args[:len(args)-1]...), "-y", file)
	cmd := exec.Command("ffmpeg", args...)
	var words bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &words
	if err := cmd.Run(); err != nil {
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, words.String())
	}
	out, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(file)
	return out
}

type size struct{ width, height, n int }

var moving sync.Map // of size to []*codec.Picture

// Moving gives n pictures of a test pattern that moves, at 30 a second. They are
// shared by tests, which do not write to them.
func Moving(t testing.TB, width, height, n int) []*codec.Picture {
	t.Helper()
	key := size{width, height, n}
	if l, ok := moving.Load(key); ok {
		return slices.Clone(l.([]*codec.Picture))
	}
	raw := FFmpeg(t, nil, "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%dx%d:rate=30", width, height), "-frames:v", fmt.Sprint(n),
		"-pix_fmt", "yuv420p", "-f", "rawvideo", "-")
	l := Pictures(t, raw, width, height)
	moving.Store(key, l)
	return slices.Clone(l)
}

// Pictures cuts raw I420 into pictures.
func Pictures(t testing.TB, raw []byte, width, height int) (list []*codec.Picture) {
	t.Helper()
	cw, ch := (width+1)/2, (height+1)/2
	size := width*height + 2*cw*ch
	if len(raw)%size != 0 {
		t.Fatalf("%d bytes are no pictures of %dx%d", len(raw), width, height)
	}
	for ; len(raw) > 0; raw = raw[size:] {
		p := codec.NewPicture(nil)
		p.Width, p.Height, p.StrideY, p.StrideC = width, height, width, cw
		p.Y, p.U, p.V = raw[:width*height], raw[width*height:width*height+cw*ch], raw[width*height+cw*ch:size]
		list = append(list, p)
	}
	return list
}

// Raw gives pictures as raw I420.
func Raw(list ...*codec.Picture) (raw []byte) {
	for _, p := range list {
		cw, ch := (p.Width+1)/2, (p.Height+1)/2
		raw = rows(raw, p.Y, p.StrideY, p.Width, p.Height)
		raw = rows(raw, p.U, p.StrideC, cw, ch)
		raw = rows(raw, p.V, p.StrideC, cw, ch)
	}
	return raw
}

func rows(dst, plane []byte, stride, w, h int) []byte {
	for y := range h {
		dst = append(dst, plane[y*stride:y*stride+w]...)
	}
	return dst
}

// IVF packs frames of VP8 ("VP80"), VP9 ("VP90") or AV1 ("AV01") as ffmpeg reads them.
func IVF(fourcc string, width, height int, frames [][]byte) []byte {
	b := append([]byte("DKIF\x00\x00\x20\x00"), fourcc...)
	b = binary.LittleEndian.AppendUint16(b, uint16(width))
	b = binary.LittleEndian.AppendUint16(b, uint16(height))
	b = binary.LittleEndian.AppendUint32(b, 30)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(frames)))
	b = append(b, 0, 0, 0, 0)
	for i, f := range frames {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
		b = binary.LittleEndian.AppendUint64(b, uint64(i))
		b = append(b, f...)
	}
	return b
}

// ParseIVF is the reverse of IVF.
func ParseIVF(b []byte) (frames [][]byte) {
	for b = b[32:]; len(b) >= 12; {
		n := int(binary.LittleEndian.Uint32(b))
		frames, b = append(frames, b[12:12+n]), b[12+n:]
	}
	return frames
}

// PSNR compares the luma of two pictures in every third row, dB; 99 is the same.
func PSNR(a, b *codec.Picture) float64 {
	if a.Width != b.Width || a.Height != b.Height {
		return 0
	}
	sum, n := 0, 0
	for y := 0; y < a.Height; y += 3 {
		n += a.Width
		l, r := a.Y[y*a.StrideY:y*a.StrideY+a.Width], b.Y[y*b.StrideY:y*b.StrideY+a.Width]
		for x := range l {
			d := int(l[x]) - int(r[x])
			sum += d * d
		}
	}
	if sum == 0 {
		return 99
	}
	return 10 * math.Log10(255*255*float64(n)/float64(sum))
}

// MeanPSNR compares lists of pictures.
func MeanPSNR(t testing.TB, a, b []*codec.Picture) float64 {
	t.Helper()
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%d and %d pictures", len(a), len(b))
	}
	sum := 0.0
	for i := range a {
		sum += PSNR(a[i], b[i])
	}
	return sum / float64(len(a))
}

//go:build ignore

// draw makes the still pictures that terminals see while no media worker has
// written one with text. Each is one H.264 access unit (SPS, PPS, IDR slices,
// Annex B) of Constrained Baseline in slices that fit a packet, so that
// terminals with packetization mode 0 take it too. It needs ffmpeg with x264:
//
//	go run draw.go
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"log"
	"math"
	"os"
	"os/exec"
)

func main() {
	for _, s := range []struct {
		w, h  int
		level string
	}{{1280, 720, "3.1"}, {640, 360, "3.0"}, {352, 288, "1.1"}, {176, 144, "1.0"}} {
		out, err := encode(picture(s.w, s.h), s.level)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(fmt.Sprintf("%dx%d.h264", s.w, s.h), out, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// encode keeps the parameter sets and slices of one IDR picture.
func encode(m *image.RGBA, level string) ([]byte, error) {
	b := m.Bounds()
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgba",
		"-s", fmt.Sprintf("%dx%d", b.Dx(), b.Dy()), "-r", "5", "-i", "-", "-frames:v", "1",
		"-c:v", "libx264", "-profile:v", "baseline", "-level", level, "-pix_fmt", "yuv420p",
		"-x264-params", "crf=24:slice-max-size=1100:aud=0:ref=1:vui=0:annexb=1", "-bsf:v", "filter_units=remove_types=6",
		"-f", "h264", "-")
	cmd.Stdin = bytes.NewReader(m.Pix)
	cmd.Stderr = os.Stderr
	return cmd.Output()
}

// picture is a bridge over calm water at night: two towers, a deck, and the
// cables between them.
func picture(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, at(float64(x)/float64(w), float64(y)/float64(h), 1/float64(h), float64(w)/float64(h)))
		}
	}
	return m
}

func at(x, y, px, aspect float64) color.RGBA {
	deck := 0.60
	sky := mix(color.RGBA{0x0b, 0x16, 0x2b, 255}, color.RGBA{0x1f, 0x4a, 0x6e, 255}, y/deck)
	if y > deck+0.035 {
		sky = mix(color.RGBA{0x16, 0x38, 0x55, 255}, color.RGBA{0x08, 0x10, 0x20, 255}, (y-deck)/(1-deck))
	}
	line := color.RGBA{0xdc, 0xe8, 0xf2, 255}
	u := (x - 0.5) * aspect / 1.2 // -0.74 to 0.74
	t := math.Abs(u) - 0.36       // distance from a tower
	cover := math.Max(bar(t, 0.016, px), bar(y-deck-0.012, 0.014, px))
	if y < 0.26 || y > deck+0.12 {
		cover = bar(y-deck-0.012, 0.014, px)
	}
	cable := 0.27 + 0.27*(1-(u/0.36)*(u/0.36))
	if math.Abs(u) > 0.36 {
		cable = 0.27 + (math.Abs(u)-0.36)*0.95
	}
	if cable < deck {
		cover = math.Max(cover, bar(y-cable, 0.006, px))
		if _, f := math.Modf((math.Abs(u) + 5) / 0.06); y > cable && y < deck {
			cover = math.Max(cover, 0.55*bar((f-0.5)*0.06, 0.0025, px))
		}
	}
	return mix(sky, line, cover)
}

// bar is how much of a pixel at distance d a stroke of half width r covers.
func bar(d, r, px float64) float64 { return clamp((r-math.Abs(d))/px + 0.5) }

func clamp(f float64) float64 { return math.Min(1, math.Max(0, f)) }

func mix(a, b color.RGBA, f float64) color.RGBA {
	f = clamp(f)
	c := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*f) }
	return color.RGBA{c(a.R, b.R), c(a.G, b.G), c(a.B, b.B), 255}
}

//go:build ignore

// Draws the moving test picture and has ffmpeg with libx264 encode it:
//
//	go run ./internal/draw -out testpicture.h264
//
// Three seconds of 640x360 at 25 frames a second, Constrained Baseline, a
// keyframe every second, every slice short enough for one packet.
package main

import (
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"log"
	"math"
	"os"
	"os/exec"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

const (
	width, height = 640, 360
	fps, seconds  = 25, 3
	frames        = fps * seconds
)

var bars = []color.RGBA{
	{235, 235, 235, 255}, {224, 196, 48, 255}, {56, 190, 200, 255}, {72, 176, 88, 255},
	{190, 80, 170, 255}, {206, 72, 64, 255}, {56, 88, 190, 255},
}

func main() {
	out := flag.String("out", "testpicture.h264", "file to write")
	flag.Parse()
	enc := exec.Command("ffmpeg", "-v", "error", "-y",
		"-f", "rawvideo", "-pix_fmt", "rgba", "-s", fmt.Sprintf("%dx%d", width, height), "-r", fmt.Sprint(fps), "-i", "-",
		"-pix_fmt", "yuv420p", "-c:v", "libx264", "-profile:v", "baseline", "-level", "3.0", "-preset", "veryslow",
		"-b:v", "480k", "-maxrate", "500k", "-bufsize", "400k",
		"-x264-params", "keyint=25:min-keyint=25:scenecut=0:bframes=0:ref=1:slice-max-size=1150:repeat-headers=1:force-cfr=1:threads=1:sliced-threads=0",
		"-bsf:v", "filter_units=remove_types=6", "-f", "h264", *out)
	enc.Stderr = os.Stderr
	pipe, err := enc.StdinPipe()
	check(err)
	check(enc.Start())
	p := newPainter()
	for i := range frames {
		_, err := pipe.Write(p.paint(i).Pix)
		check(err)
	}
	check(pipe.Close())
	check(enc.Wait())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

type painter struct {
	img          *image.RGBA
	large, small font.Face
}

func newPainter() *painter {
	return &painter{
		img:   image.NewRGBA(image.Rect(0, 0, width, height)),
		large: face(gobold.TTF, 84), small: face(gomedium.TTF, 22),
	}
}

func face(ttf []byte, size float64) font.Face {
	f, err := opentype.Parse(ttf)
	check(err)
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	check(err)
	return face
}

// paint draws one frame: colour bars, a dial that turns once a second, a ball
// that runs to and fro, and the frame's number.
func (p *painter) paint(n int) *image.RGBA {
	p.fill(image.Rect(0, 0, width, height), color.RGBA{24, 28, 38, 255})
	for i, c := range bars {
		p.fill(image.Rect(i*width/len(bars), 0, (i+1)*width/len(bars), 96), c)
	}
	turn := 2 * math.Pi * float64(n%fps) / fps
	p.disc(140, 220, 84, color.RGBA{48, 56, 74, 255})
	for s := range 84 {
		x, y := 140+float64(s)*math.Sin(turn), 220-float64(s)*math.Cos(turn)
		p.disc(x, y, 5, color.RGBA{240, 196, 64, 255})
	}
	swing := 0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/frames)
	p.disc(40+swing*(width-80), 334, 16, color.RGBA{88, 196, 124, 255})
	p.text(p.large, 300, 240, fmt.Sprintf("%02d:%02d", n/fps, n%fps))
	p.text(p.small, 304, 284, "Roombridge test picture")
	return p.img
}

func (p *painter) fill(r image.Rectangle, c color.Color) {
	draw.Draw(p.img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func (p *painter) disc(cx, cy, radius float64, c color.RGBA) {
	for y := int(cy - radius); y <= int(cy+radius); y++ {
		for x := int(cx - radius); x <= int(cx+radius); x++ {
			if math.Hypot(float64(x)-cx, float64(y)-cy) <= radius {
				p.img.Set(x, y, c)
			}
		}
	}
}

func (p *painter) text(f font.Face, x, y int, s string) {
	d := font.Drawer{Dst: p.img, Src: image.NewUniform(color.RGBA{236, 240, 246, 255}), Face: f, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

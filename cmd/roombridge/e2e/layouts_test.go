package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// layoutCase is a layout and where in the picture whose camera has to be seen.
type layoutCase struct {
	layout string
	path   string
	tiles  int     // cameras that have to be in the picture, at least
	slides float64 // part of the picture that slides fill, at least
}

// Four browsers and two terminals: each layout is composed for the terminal
// that asked for it, with everybody's picture in it and not one's own.
func TestLayouts(t *testing.T) {
	g := startGateway(t, gwOptions{})
	people := []struct{ name, colour string }{
		{"Nguyễn Thị Ngọc Ánh", "red"}, {"Trần Đức Thắng", "green"}, {"Lê Hoàng Yến", "blue"}, {"Sở Y tế Quảng Ngãi", "orange"},
	}
	var pages []*tab
	for i, p := range people { // slow cameras, or the browsers leave a small machine no time for composing
		c := startChrome(t, 700+400*float64(i), chromedp.Flag("use-file-for-fake-video-capture", cameraAt(t, p.colour, 8)))
		pages = append(pages, c.join(t, g, "1001", p.name, "&raw=1", drawnScreen))
	}
	first, second := startBaresip(t, baresipOptions{tone: 440}), startBaresip(t, baresipOptions{tone: 2200})
	for _, b := range []*baresip{first, second} {
		b.dial("sip:1001@" + g.sipUDP)
	}
	waitFor(t, "five pictures on every page", func() bool { return pages[0].decoding() == 5 && pages[3].decoding() == 5 })
	waitFor(t, "two calls", func() bool { return len(g.calls()) == 2 })
	id := g.calls()[0].ID

	for _, c := range []layoutCase{
		{"speaker", "relay", 1, 0}, {"grid", "compose", 4, 0}, {"one-plus-n", "compose", 4, 0}, {"auto", "compose", 4, 0}, {"content", "compose", 3, 0.25},
	} {
		t.Run(c.layout, func(t *testing.T) {
			if c.layout == "content" {
				pages[0].click("share")
				waitFor(t, "the slides on a page", pages[3].slides)
			}
			if status := g.send("PATCH", "/calls/"+id, `{"layout": "`+c.layout+`"}`); status/100 != 2 {
				t.Fatalf("the API answers %d", status)
			}
			// A worker that did not keep up for a moment, beside four browsers on a
			// small machine, composes again after half a minute or one.
			waitLong(t, "the path", 2*time.Minute, func() bool {
				for _, call := range g.calls() {
					if call.ID == id {
						return call.Video.Out.Path == c.path && call.Video.Out.Reason != ""
					}
				}
				return false
			})
			var shot image.Image
			waitFor(t, "the picture", func() bool {
				for _, b := range []*baresip{first, second} {
					img := b.picture()
					if img == nil {
						continue
					}
					if n, slides := colours(img); n >= c.tiles && slides >= c.slides {
						shot = img
						return true
					}
				}
				return false
			})
			if dir := os.Getenv("E2E_SHOTS"); dir != "" { // for people who want to look, also at what has come to rest
				keepImage(t, shot, filepath.Join(dir, "layout-"+c.layout+".png"))
				<-time.After(time.Second)
				for i, b := range []*baresip{first, second} {
					keep(t, b, filepath.Join(dir, fmt.Sprintf("layout-%s-%d.png", c.layout, i)))
				}
			}
			n, slides := colours(shot)
			t.Logf("%s: %v, %d cameras, slides in %.2f of it", c.layout, shot.Bounds().Size(), n, slides)
		})
	}
}

// slides tells whether slides are shown on the page. They may be on the line of
// somebody who has no place beside them.
func (p *tab) slides() bool {
	var live bool
	err := p.eval(`spy.last.slots?.slots.some(s => s.kind === 'content' && s.state === 'live') ?? false`, &live)
	return err == nil && live
}

// drawnScreen is a screen to share: slides of a colour that no camera has.
const drawnScreen = `navigator.mediaDevices.getDisplayMedia = async () => {
  const c = document.createElement('canvas'); c.width = 1280; c.height = 720;
  const g = c.getContext('2d'); let n = 0;
  setInterval(() => {
    g.fillStyle = '#f0f'; g.fillRect(0, 0, 1280, 720);
    g.fillStyle = '#000'; g.font = '90px sans-serif'; g.fillText('Báo cáo ' + n++, 100, 200); }, 200);
  return c.captureStream(5);
};`

// picture is what the terminal decodes now, nil if it does not say in time.
func (b *baresip) picture() image.Image {
	shot := b.snapshot()
	for range 100 {
		if img := decodePNG(shot); img != nil {
			return img
		}
		<-time.After(10 * time.Millisecond)
	}
	return nil
}

func keepImage(t *testing.T, img image.Image, path string) {
	t.Helper()
	var b bytes.Buffer
	if err := errors.Join(png.Encode(&b, img), os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
		t.Error(err)
	}
}

// keep copies what the terminal decodes now.
func keep(t *testing.T, b *baresip, path string) {
	t.Helper()
	shot := b.snapshot()
	waitFor(t, "a picture", func() bool { return decodePNG(shot) != nil })
	data, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// colours counts the cameras, each of a colour of its own, that fill a part of
// the picture, and tells what part slides fill.
func colours(img image.Image) (cameras int, slides float64) {
	count := map[string]int{}
	r := img.Bounds()
	total := 0
	for y := r.Min.Y; y < r.Max.Y; y += 4 {
		for x := r.Min.X; x < r.Max.X; x += 4 {
			total++
			cr, cg, cb, _ := img.At(x, y).RGBA()
			switch r, g, b := cr>>8, cg>>8, cb>>8; {
			case r > 150 && g > 100 && b < 80:
				count["orange"]++
			case r > 150 && g < 80 && b < 80:
				count["red"]++
			case g > 80 && r < 60 && b < 60:
				count["green"]++
			case b > 150 && r < 80 && g < 80:
				count["blue"]++
			case b > 150 && r > 150 && g < 80:
				count["slides"]++
			}
		}
	}
	for colour, c := range count {
		if colour != "slides" && c > total/100 {
			cameras++
		}
	}
	return cameras, float64(count["slides"]) / float64(total)
}

// send gives the API a body.
func (g *gw) send(method, path, body string) int {
	g.t.Helper()
	req, err := http.NewRequest(method, g.web+"/api/v1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer e2e")
	req.Header.Set("Content-Type", "application/json")
	r, err := client.Do(req)
	if err != nil {
		g.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = r.Body.Close() }()
	answer, _ := io.ReadAll(r.Body)
	if r.StatusCode/100 != 2 {
		g.t.Logf("%s %s: %d %s", method, path, r.StatusCode, answer)
	}
	return r.StatusCode
}

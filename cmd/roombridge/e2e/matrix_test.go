package e2e

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/chromedp/chromedp"
)

// matrixTerminal is a kind of terminal: what it knows, and how a clip is made
// for it.
type matrixTerminal struct {
	name   string
	flags  []string // of roombridge dial
	encode []string // of ffmpeg
	suffix string
	w, h   int
	fps    int
	sample float64 // width of a sample over its height
}

var matrixTerminals = []matrixTerminal{
	{"H.264 mode 0", []string{"--mode0"}, x264("baseline", "-slice-max-size", "1100"), ".h264", 1280, 720, 25, 1},
	{"H.264 mode 1", nil, x264("baseline"), ".h264", 1280, 720, 25, 1},
	{"H.264 high", []string{"--codec", "h264-high"}, x264("high"), ".h264", 1280, 720, 25, 1},
	{"H.263", []string{"--codec", "h263"}, mpeg("h263", "384k"), ".h263", 352, 288, 30, 12.0 / 11},
	{"H.263+", []string{"--codec", "h263p"}, mpeg("h263p", "384k"), ".h263", 352, 288, 30, 12.0 / 11},
	{"H.261", []string{"--codec", "h261"}, mpeg("h261", "384k"), ".h261", 352, 288, 30, 12.0 / 11},
	{"VP8", []string{"--codec", "vp8"}, []string{"-c:v", "libvpx", "-b:v", "1500k", "-deadline", "realtime", "-cpu-used", "6", "-g", "50", "-f", "ivf"}, ".ivf", 1280, 720, 25, 1},
}

func x264(profile string, more ...string) []string {
	return append([]string{"-c:v", "libx264", "-profile:v", profile, "-preset", "veryfast", "-tune", "zerolatency", "-bf", "0", "-b:v", "1500k", "-maxrate", "1500k",
		"-bufsize", "1500k", "-g", "50", "-f", "h264"}, more...)
}

func mpeg(codec, rate string) []string {
	format := map[string]string{"h261": "h261"}[codec]
	if format == "" {
		format = "h263"
	}
	return []string{"-c:v", codec, "-b:v", rate, "-g", "60", "-f", format}
}

// matrixClip is the test picture as the terminal sends it.
func matrixClip(t *testing.T, m matrixTerminal) string {
	t.Helper()
	path := filepath.Join(bin, "pattern-"+strings.ReplaceAll(m.name, " ", "-")+m.suffix)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	raw := matrixRaw(t, 1280, 720, m.fps)
	args := append([]string{"-v", "error", "-y", "-i", raw, "-vf", fmt.Sprintf("scale=%d:%d:flags=bilinear", m.w, m.h)}, m.encode...)
	if out, err := exec.Command("ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v %s", err, out)
	}
	return path
}

// matrixRaw is the test picture for a camera, ten seconds.
func matrixRaw(t *testing.T, w, h, fps int) string {
	t.Helper()
	path := filepath.Join(bin, fmt.Sprintf("pattern-%dx%d-%d.y4m", w, h, fps))
	if _, err := os.Stat(path); err != nil {
		writePattern(t, path, w, h, fps, 10*fps)
	}
	return path
}

// seen is what arrived at one end.
type seen struct {
	w, h     int
	pictures int     // compared
	fps      float64 // decoded
	psnr     float64 // the mean, dB
	worst    float64
}

func (s *seen) compare(g grey, aspect, sample float64) {
	s.w, s.h = g.w, g.h
	f := g.fitted(aspect, sample)
	n, ok := f.number()
	if !ok {
		return
	}
	db := f.psnr(n)
	if s.pictures == 0 || db < s.worst {
		s.worst = db
	}
	s.psnr = (s.psnr*float64(s.pictures) + db) / float64(s.pictures+1)
	s.pictures++
}

func (s *seen) String() string {
	return fmt.Sprintf("%dx%d\t%.1f\t%.1f dB (%d, worst %.1f)", s.w, s.h, s.fps, s.psnr, s.pictures, s.worst)
}

// onlyVP8 is a browser without H.264.
const onlyVP8 = `for (const c of [RTCRtpSender, RTCRtpReceiver]) { const real = c.getCapabilities.bind(c);
  c.getCapabilities = kind => { const r = real(kind); if (r && kind === 'video') r.codecs = r.codecs.filter(x => x.mimeType !== 'video/H264'); return r; }; }`

// lumaOf is a script that gives the luma of the largest picture that a page receives.
const lumaOf = `(() => {
  const own = new Set(); for (const p of spy.pcs) for (const s of p.getSenders()) if (s.track) own.add(s.track.id);
  let best = null;
  for (const v of document.querySelectorAll('video')) {
    const t = v.srcObject && v.srcObject.getVideoTracks()[0];
    if (!t || own.has(t.id) || !v.videoWidth || v.hidden) continue;
    if (!best || v.videoWidth > best.videoWidth) best = v;
  }
  if (!best) return null;
  const c = spy.canvas ||= document.createElement('canvas'); c.width = best.videoWidth; c.height = best.videoHeight;
  const g = c.getContext('2d', {willReadFrequently: true}); g.drawImage(best, 0, 0);
  const d = g.getImageData(0, 0, c.width, c.height).data; const y = new Uint8Array(c.width * c.height);
  for (let i = 0; i < y.length; i++) y[i] = d[4 * i + 1] * 219 / 255 + 16.5;
  let s = ''; for (let i = 0; i < y.length; i += 32768) s += String.fromCharCode(...y.subarray(i, i + 32768));
  return {w: c.width, h: c.height, y: btoa(s)};
})()`

// luma is the largest picture that the page shows now, or an empty one.
func (p *tab) luma() grey {
	var got *struct {
		W, H int
		Y    string
	}
	if err := p.eval(lumaOf, &got); err != nil || got == nil {
		return grey{}
	}
	pix, err := base64.StdEncoding.DecodeString(got.Y)
	if err != nil || len(pix) != got.W*got.H {
		return grey{}
	}
	return grey{got.W, got.H, got.W, pix}
}

// recorded decodes what a terminal recorded of a camera of so many pictures a second, and compares each.
func recorded(t *testing.T, dir string, aspect, sample float64, fps int) *seen {
	t.Helper()
	var file string
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		switch filepath.Ext(path) {
		case ".h264", ".h263", ".h261", ".ivf":
			file = path
		}
		return nil
	})
	if file == "" {
		t.Errorf("no picture was recorded in %s", dir)
		return &seen{}
	}
	// The size of the stream is that of its first picture. The last one counts: a camera's
	// smallest layer comes first, and a stream begins smaller while its rate is found out.
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=width,height", "-of", "csv=p=0", file).Output()
	sizes := strings.Fields(string(out))
	total := len(sizes)
	var w, h int
	if total == 0 {
		t.Errorf("ffprobe of %s: %v, no pictures", file, err)
		return &seen{}
	}
	if _, e := fmt.Sscanf(sizes[total-1], "%d,%d", &w, &h); err != nil || e != nil {
		t.Errorf("ffprobe of %s: %v %q", file, err, sizes[total-1])
		return &seen{}
	}
	cmd := exec.Command("ffmpeg", "-v", "quiet", "-i", file, "-vf", fmt.Sprintf("scale=%d:%d", w, h), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer func() { _ = pipe.Close() }()
	s := new(seen)
	pix := make([]byte, w*h+2*((w+1)/2)*((h+1)/2))
	first, shown := -1, 0 // how many of the camera's pictures came
	for i := 0; ; i++ {
		if _, err := io.ReadFull(pipe, pix); err != nil {
			return s
		}
		if i < total/2 {
			continue
		}
		g := grey{w, h, w, pix[:w*h]}
		if n, ok := g.fitted(aspect, sample).number(); ok {
			if first < 0 {
				first = n
			}
			if shown++; shown > fps {
				s.fps = float64(fps*(shown-1)) / float64((n-first+10*fps)%(10*fps))
			}
		}
		if i%max(1, total/40) == 0 {
			s.compare(g, aspect, sample)
		}
	}
}

// Every kind of terminal sees and is seen by browsers that publish H.264, and
// by browsers that have VP8 alone: at the rate sent, and as good as sent.
func TestPictureMatrix(t *testing.T) {
	g := startGateway(t, gwOptions{})
	table := new(strings.Builder)
	w := tabwriter.NewWriter(table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "terminal\tbrowser\tpath\tto the browser\tfps\tPSNR\tpath\tto the terminal\tfps\tPSNR")
	for _, b := range []struct {
		publishes string
		fps       int // of its camera: two processors do all the work of both ends, and libvpx's is more
	}{{"H264", 25}, {"VP8", 20}} {
		publishes := b.publishes
		browser := startChrome(t, 1000, chromedp.Flag("use-file-for-fake-video-capture", matrixRaw(t, 1280, 720, b.fps)),
			chromedp.WindowSize(1366, 1000)) // pages are sent pictures as large as they show them
		for i, m := range matrixTerminals {
			t.Run(m.name+" and "+publishes, func(t *testing.T) {
				// Chromium and the codecs share a small machine with whatever else
				// runs on it: what was disturbed is measured again.
				var row string
				var faults []string
				for attempt := range 3 {
					room := fmt.Sprintf("matrix%s%d%d", publishes, i, attempt)
					if row, faults = m.meet(t, g, browser, room, publishes, b.fps); len(faults) == 0 {
						break
					}
					t.Logf("attempt %d: %s", attempt+1, strings.Join(faults, "; "))
				}
				fmt.Fprint(w, row)
				for _, f := range faults {
					t.Error(f)
				}
			})
		}
		_ = chromedp.Cancel(browser.ctx)
	}
	_ = w.Flush()
	t.Logf("\n%s", table)
}

// meet has a terminal and a browser meet, gives a row of the table, and what
// is wrong with it.
func (m matrixTerminal) meet(t *testing.T, g *gw, browser *chrome, room, publishes string, fps int) (row string, faults []string) {
	t.Helper()
	p := browser.join(t, g, room, "An", "&raw=1", lacking(publishes)...)
	defer p.cancel()
	dir := t.TempDir()
	d := startDial(t, append([]string{"--duration", "0s", "--decode", "0", "--video", matrixClip(t, m), "--record", dir}, append(m.flags, "sip:"+room+"@"+g.sipUDP)...)...)
	to, c := m.watched(t, g, p)
	d.hangup()
	<-d.done
	from := recorded(t, dir, 16.0/9, m.sample, fps)
	faults = append(m.judge("browser", to, m.fps), m.judge("terminal", from, min(m.fps, fps))...)
	if from.w != m.w || from.h != m.h { // at last
		faults = append(faults, fmt.Sprintf("at the terminal the picture is %dx%d, not %dx%d", from.w, from.h, m.w, m.h))
	}
	if w, h := m.shown(c.Video.In.Path == "relay"); to.w != w || to.h != h {
		faults = append(faults, fmt.Sprintf("at the browser the picture is %dx%d, not %dx%d", to.w, to.h, w, h))
	}
	waitFor(t, "the call to be gone", func() bool { return len(g.calls()) == 0 })
	return fmt.Sprintf("%s\t%s\t%s\t%v\t%s\t%v\n", m.name, publishes, c.Video.In.Path, to, c.Video.Out.Path, from), faults
}

// shown is the size of the terminal's picture in the browser, whose window is
// large enough to show all of it. What is made for browsers is as wide as screens are.
func (m matrixTerminal) shown(relayed bool) (w, h int) {
	if m.sample != 1 && !relayed {
		return 512, 288
	}
	return m.w, m.h
}

// lacking is a script that leaves a browser one codec for pictures.
func lacking(codec string) []string {
	if codec == "VP8" {
		return []string{onlyVP8}
	}
	return nil
}

// watched looks at what the browser shows of the terminal.
func (m matrixTerminal) watched(t *testing.T, g *gw, p *tab) (*seen, call) {
	t.Helper()
	s := new(seen)
	waitFor(t, "the terminal's picture in the browser", func() bool {
		shown := p.luma()
		if shown.w == 0 {
			return false
		}
		_, ok := shown.fitted(m.aspect(shown), 1).number()
		return ok
	})
	s.fps = p.frameRate(5 * time.Second)
	for range 12 {
		shown := p.luma()
		if shown.w > 0 {
			s.compare(shown, m.aspect(shown), 1)
		}
	}
	calls := g.calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	return s, calls[0]
}

// aspect is how the whole picture that the terminal sent looks in the browser:
// it fills what the terminal calls its picture.
func (m matrixTerminal) aspect(shown grey) float64 { return float64(m.w) * m.sample / float64(m.h) }

// judge tells what is wrong with what was seen.
func (m matrixTerminal) judge(where string, s *seen, fps int) (faults []string) {
	if s.pictures < 8 {
		faults = append(faults, fmt.Sprintf("at the %s only %d pictures could be compared", where, s.pictures))
	}
	if s.fps < 0.9*float64(fps) {
		faults = append(faults, fmt.Sprintf("at the %s %.1f pictures a second, %d were sent", where, s.fps, fps))
	}
	if s.psnr < 30 {
		faults = append(faults, fmt.Sprintf("at the %s the pictures are %.1f dB", where, s.psnr))
	}
	return faults
}

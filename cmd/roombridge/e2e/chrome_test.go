package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// camera makes a file that Chromium takes for its camera: a colour with a
// moving box, small, so that several browsers fit on a small machine.
func camera(t *testing.T, colour string) string { return cameraAt(t, colour, 25) }

// cameraAt is camera with so many pictures a second.
func cameraAt(t *testing.T, colour string, fps int) string {
	t.Helper()
	path := filepath.Join(bin, fmt.Sprintf("camera-%s-%d.y4m", colour, fps))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	rate := fmt.Sprintf("rate=%d", fps)
	out, err := exec.Command("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "color="+colour+":size=640x360:"+rate+",format=yuv420p",
		"-f", "lavfi", "-i", "color=white:size=60x60:"+rate, "-filter_complex", "[0][1]overlay=x='mod(t*200,580)':y=280", "-pix_fmt", "yuv420p", "-t", "4", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v %s", err, out)
	}
	return path
}

// chrome is one headless Chromium with a fake camera and a tone as microphone.
type chrome struct {
	t   *testing.T
	ctx context.Context
}

func startChrome(t *testing.T, toneHz float64, more ...chromedp.ExecAllocatorOption) *chrome {
	t.Helper()
	wav := filepath.Join(t.TempDir(), "tone.wav")
	writeTone(t, wav, toneHz, 10)
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("/usr/bin/chromium"),
		chromedp.NoSandbox,
		chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-audio-capture", wav),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(1366, 768),
		chromedp.WSURLReadTimeout(2*patience),
	)
	opts = append(opts, more...)
	for try := 1; ; try++ {
		alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
		ctx, cancel := chromedp.NewContext(alloc)
		t.Cleanup(func() { cancel(); cancelAlloc() })
		err := begin(ctx)
		if err == nil {
			return &chrome{t: t, ctx: ctx}
		}
		if try == 3 {
			t.Fatalf("chromium: %v", err)
		}
		t.Logf("chromium is started again: %v", err)
		cancel()
		cancelAlloc()
	}
}

// begin starts a browser, or makes a tab. A limit of the context would be one of its life.
func begin(ctx context.Context, actions ...chromedp.Action) error {
	done := make(chan error, 1)
	go func() { done <- chromedp.Run(ctx, actions...) }()
	select {
	case err := <-done:
		return err
	case <-time.After(3 * patience):
		return errors.New("no answer")
	}
}

// spy runs before the page's own code: it keeps every peer connection and can
// say what arrives, from the browser's own statistics and from the sound.
const spy = `
(() => {
  const pcs = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real { constructor(...a) { super(...a); pcs.push(this); } };
  const last = {};
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket { constructor(...a) { super(...a);
    this.addEventListener('message', e => { try { const m = JSON.parse(e.data); last[m.type] = m; } catch { /* not ours */ } }); } };
  const live = () => pcs.filter(p => p.connectionState !== 'closed');
  window.spy = {
    pcs, last,
    async stats() {
      const video = [], out = []; let suite = '', pair = null;
      for (const pc of live()) {
        const r = await pc.getStats();
        const codec = id => { const c = r.get(id); return c ? c.mimeType + ' ' + (c.sdpFmtpLine || '') : ''; };
        r.forEach(s => {
          if (s.type === 'inbound-rtp' && s.kind === 'video') video.push({mid: s.mid, frames: s.framesDecoded || 0, fps: s.framesPerSecond || 0,
            width: s.frameWidth || 0, height: s.frameHeight || 0, keys: s.keyFramesDecoded || 0, lost: s.packetsLost || 0, packets: s.packetsReceived || 0,
            freezes: s.freezeCount || 0, frozen: s.totalFreezesDuration || 0, codec: codec(s.codecId), nacks: s.nackCount || 0, plis: s.pliCount || 0, dropped: s.framesDropped || 0});
          if (s.type === 'outbound-rtp' && s.kind === 'video') out.push({rid: s.rid || '', frames: s.framesEncoded || 0, width: s.frameWidth || 0, height: s.frameHeight || 0, codec: codec(s.codecId), active: s.active, keys: s.keyFramesEncoded || 0});
          if (s.type === 'transport') suite = s.srtpCipher || '';
        });
      }
      return {video, out, suite};
    },
    // The part of a tone in what is heard during a moment: its bin's power over all power.
    async hears(hz, ms) {
      const pc = live().at(-1); if (!pc) return 0;
      const rx = pc.getReceivers().find(r => r.track && r.track.kind === 'audio'); if (!rx) return 0;
      if (!window.spy.ac) window.spy.ac = new AudioContext({sampleRate: 48000});
      const ac = window.spy.ac; await ac.resume();
      if (window.spy.track !== rx.track) {
        window.spy.track = rx.track;
        const stream = new MediaStream([rx.track]);
        const el = new Audio(); el.muted = true; el.srcObject = stream; el.play().catch(() => {});
        const an = ac.createAnalyser(); an.fftSize = 16384; an.smoothingTimeConstant = 0;
        ac.createMediaStreamSource(stream).connect(an); window.spy.an = an; window.spy.el = el;
      }
      await new Promise(r => setTimeout(r, ms));
      const n = window.spy.an.fftSize, x = new Float32Array(n); window.spy.an.getFloatTimeDomainData(x);
      const k = 2 * Math.cos(2 * Math.PI * hz / 48000), w = 2048; let sum = 0;
      for (let at = 0; at < n; at += w) {
        let s1 = 0, s2 = 0, total = 0;
        for (const v of x.subarray(at, at + w)) { const s0 = v + k * s1 - s2; s2 = s1; s1 = s0; total += v * v; }
        if (total > 1e-6) sum += 2 * (s1 * s1 + s2 * s2 - k * s1 * s2) / (w * total);
      }
      return sum * w / n;
    },
  };
})();`

// tab is one participant's page.
type tab struct {
	t      *testing.T
	ctx    context.Context
	cancel context.CancelFunc
}

// join opens a room's page as a new participant. Scripts run before the page's own.
func (c *chrome) join(t *testing.T, g *gw, room, name, query string, scripts ...string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx)
	p := &tab{t: t, ctx: ctx, cancel: cancel}
	t.Cleanup(func() {
		if t.Failed() && ctx.Err() == nil {
			t.Logf("%s's page at the end: %s", name, p.dump())
			p.shot(filepath.Join(os.TempDir(), "e2e-"+url.PathEscape(name)+".png"))
		}
		cancel()
	})
	u := fmt.Sprintf("%s/room/%s?join=1&lang=en&name=%s%s", g.web, url.PathEscape(room), url.QueryEscape(name), query)
	err := open(ctx, u, scripts...)
	for try := 1; err == nil && !p.spoken(); try++ {
		if try == 3 {
			t.Fatalf("%s: the page asks the gateway for nothing", u)
		}
		t.Logf("%s's page is loaded again: not all of it was there", name)
		err = navigate(ctx, u)
	}
	if err != nil {
		t.Fatalf("opening %s: %v", u, err)
	}
	return p
}

// spoken waits for the gateway's first message to the page. A page can be there without its scripts: Chromium
// gives requests up for them, too, while a network changes.
func (p *tab) spoken() (yes bool) {
	for end := time.Now().Add(patience / 2); !yes && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		_ = p.eval(`Object.keys(window.spy?.last ?? {}).length > 0`, &yes)
	}
	return yes
}

// open loads a page with the spy in it. A namespace that was just made still
// gets addresses, for which Chromium gives up a request.
func open(ctx context.Context, u string, scripts ...string) error {
	err := begin(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		for _, s := range append(scripts, spy) {
			if _, err := page.AddScriptToEvaluateOnNewDocument(s).Do(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
	for range 10 {
		if err != nil {
			return err
		}
		err = navigate(ctx, u)
		if err == nil || !strings.Contains(err.Error(), "ERR_NETWORK_CHANGED") && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		err = nil
	}
	return errors.New("the network goes on changing")
}

// navigate loads a page. A change of the network while it begins can leave
// Chromium waiting for ever, hence the time.
func navigate(ctx context.Context, u string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Navigate(u))
}

// eval runs a promise in the page and decodes its value.
func (p *tab) eval(expr string, out any) error {
	ctx, cancel := context.WithTimeout(p.ctx, 15*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate(expr, out, chromedp.EvalAsValue, await))
}

// videoIn is one picture that a page receives.
type videoIn struct {
	Mid     string  `json:"mid"`
	Frames  int     `json:"frames"`
	FPS     float64 `json:"fps"`
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	Keys    int     `json:"keys"`
	Lost    int     `json:"lost"`
	Packets int     `json:"packets"`
	Freezes int     `json:"freezes"`
	Frozen  float64 `json:"frozen"`
	Codec   string  `json:"codec"`
	NACKs   int     `json:"nacks"`
	PLIs    int     `json:"plis"`
	Dropped int     `json:"dropped"`
}

type pageStats struct {
	Video []videoIn `json:"video"`
	Out   []struct {
		Rid    string `json:"rid"`
		Frames int    `json:"frames"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
		Codec  string `json:"codec"`
		Keys   int    `json:"keys"`
	} `json:"out"`
	Suite string `json:"suite"`
}

func (p *tab) stats() pageStats {
	var s pageStats
	if err := p.eval(`window.spy.stats()`, &s); err != nil {
		return pageStats{}
	}
	return s
}

// decoding counts the pictures that the page decodes at all.
func (p *tab) decoding() int {
	n := 0
	for _, v := range p.stats().Video {
		if v.Frames > 0 {
			n++
		}
	}
	return n
}

// click presses one of the page's buttons: mic, camera, leave…
func (p *tab) click(control string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.Click(fmt.Sprintf("[data-control=%s]", control), chromedp.ByQuery)); err != nil {
		p.t.Fatalf("pressing %s: %v", control, err)
	}
}

// hears tells how much of what the page plays is this tone.
func (p *tab) hears(hz float64) float64 {
	var v float64
	if err := p.eval(fmt.Sprintf(`window.spy.hears(%g, 400)`, hz), &v); err != nil {
		return 0
	}
	return v
}

// flows measures the frame rate until it is as wished: a picture that has just begun, or a
// machine that was busy meanwhile, is given some tries.
func (p *tab) flows(fps float64, span time.Duration) {
	p.t.Helper()
	for range 5 {
		rate := p.frameRate(span)
		p.t.Logf("the browser decodes %.1f pictures a second", rate)
		if rate >= fps {
			return
		}
	}
	p.t.Errorf("the browser decodes less than %.0f pictures a second: %s", fps, p.dump())
}

// frameRate measures decoded frames a second over a span, on the fullest stream.
func (p *tab) frameRate(span time.Duration) float64 {
	count := func() map[string]int {
		m := map[string]int{}
		for _, v := range p.stats().Video {
			m[v.Mid] = v.Frames
		}
		return m
	}
	a, start := count(), time.Now()
	<-time.After(span)
	b, took := count(), time.Since(start)
	best := 0
	for mid, n := range b {
		best = max(best, n-a[mid])
	}
	return float64(best) / took.Seconds()
}

// shot saves what the page looks like.
func (p *tab) shot(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	var png []byte
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		p.t.Errorf("screenshot: %v", err)
		return
	}
	if err := os.WriteFile(path, png, 0o600); err != nil {
		p.t.Error(err)
	}
}

// dump tells what a page's statistics were, for failures.
func (p *tab) dump() string {
	var said struct {
		Slots, Quality, Limits, Participants any
	}
	_ = p.eval(`({Slots: spy.last.slots, Quality: spy.last.quality, Limits: spy.last.limits, Participants: spy.last.participants})`, &said)
	b, _ := json.Marshal(p.stats())
	r, _ := json.Marshal(said)
	return string(b) + "\nthe room said: " + string(r)
}

func await(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// Package pagetest looks at the pages in a browser: Chromium opens them from
// a real server, with a room of its own inside the page (fakeroom.js).
package pagetest

import (
	"context"
	"crypto/tls"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/web"
)

//go:embed testdata/fakeroom.js
var fakeRoom string

// nobody is a gateway without calls and rooms; pages under test bring their own.
type nobody struct {
	calls []bridge.CallStatus
	rooms []bridge.RoomStatus
}

func (n nobody) Calls() []bridge.CallStatus                 { return n.calls }
func (n nobody) Rooms() []bridge.RoomStatus                 { return n.rooms }
func (nobody) Hangup(string, bridge.Cause, string) bool     { return true }
func (nobody) SetLayout(string, bridge.Layout) (bool, bool) { return true, true }
func (nobody) Subscribe() (<-chan bridge.Event, func())     { return nil, func() {} }
func (nobody) Place(context.Context, bridge.Target, string) (*bridge.Call, error) {
	return &bridge.Call{}, nil
}

func (nobody) Join(context.Context, bridge.Join, func([]byte)) (bridge.Visitor, error) {
	return nil, &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the room is full"}
}

var (
	browser context.Context
	origin  string
	guarded string // the same with an administration token
)

const token = "a-secret-token"

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run starts one server and one browser for all tests.
func run(m *testing.M) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for token, at := range map[string]*string{"": &origin, token: &guarded} {
		addr, stop, err := serve(ctx, token)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer stop()
		*at = addr
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"),
		chromedp.WSURLReadTimeout(patience),
	)
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, options...)
	defer stopAlloc()
	var closeBrowser context.CancelFunc
	browser, closeBrowser = chromedp.NewContext(alloc)
	defer closeBrowser()
	if err := chromedp.Run(browser); err != nil {
		fmt.Fprintln(os.Stderr, "Chromium does not start:", err)
		return 1
	}
	return m.Run()
}

func serve(ctx context.Context, token string) (string, func(), error) {
	ctx, cancel := context.WithCancel(ctx)
	cert, err := web.Certificate("", web.HostNames(), time.Now(), slog.New(slog.DiscardHandler))
	if err != nil {
		cancel()
		return "", nil, err
	}
	n := nobody{calls: someCalls(), rooms: someRooms()}
	s, err := web.New(web.Config{
		Listen: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{cert}}, SelfSigned: true, Open: true, Version: "0.1.0", Token: token,
		Calls: n, Rooms: n,
		Dial: func(room string) []string { return []string{"sip:" + room + "@hop.example.vn", room + "@203.0.113.20"} },
	})
	if err != nil {
		cancel()
		return "", nil, err
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(ctx) }()
	return "https://" + s.Addr().String(), func() { cancel(); <-done }, nil
}

type screen struct {
	name          string
	width, height int64
	scale         float64
	touch         bool
}

var (
	phone  = screen{"phone", 390, 844, 2, true}
	laptop = screen{"laptop", 1366, 768, 1, false}
	wall   = screen{"wall", 1920, 1080, 1, false}
	wall4k = screen{"wall4k", 3840, 2160, 1, false}
)

type someone map[string]any

// patience bounds the waits for what does happen, and tabLife how long a test keeps a page,
// however slow the machine is.
const (
	patience = time.Minute
	tabLife  = 5 * time.Minute
)

// tab opens a page of the site in a tab of its own. room is what the fake room is told; nil uses the real WebSocket.
func tab(t *testing.T, s screen, dark bool, path string, room map[string]any) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, tabLife)
	t.Cleanup(stop)
	theme := "light"
	if dark {
		theme = "dark"
	}
	actions := []chromedp.Action{
		emulation.SetDeviceMetricsOverride(s.width, s.height, s.scale, s.touch),
		emulation.SetTouchEmulationEnabled(s.touch),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}),
	}
	if room != nil {
		conf, err := json.Marshal(room)
		if err != nil {
			t.Fatal(err)
		}
		script := "window.fakeRoom = " + string(conf) + ";\n" + fakeRoom
		actions = append(actions, chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
			return err
		}))
	}
	if strings.HasPrefix(path, "/") {
		path = origin + path
	}
	actions = append(actions, storage.ClearDataForOrigin(origin, "local_storage"), page.BringToFront(), navigate(path))
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// navigate loads a page. Now and then Chromium waits for one that it never asked for; then
// it is told again.
func navigate(path string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		err := context.DeadlineExceeded
		for try := 0; try < 5 && errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil; try++ {
			once, cancel := context.WithTimeout(ctx, 20*time.Second)
			err = chromedp.Navigate(path).Do(once)
			cancel()
		}
		return err
	})
}

// eval runs JavaScript, awaiting promises, and reads its result.
func eval[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	var v T
	err := chromedp.Run(ctx, chromedp.Evaluate(js, &v, chromedp.EvalAsValue, awaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return v
}

// until waits for a condition in the page.
func until(t *testing.T, ctx context.Context, js string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		var ok bool
		// An error is a page that goes somewhere else just now.
		if err := chromedp.Run(ctx, chromedp.Evaluate("Boolean("+js+")", &ok)); err == nil && ok {
			return
		}
		// The page says nothing by itself: look again a little later.
		select {
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	shoot(t, ctx, "failed-"+strings.ReplaceAll(t.Name(), "/", "-"))
	state := eval[string](t, ctx, `JSON.stringify({status: window.roombridge?.status, tiles: [...document.querySelectorAll('.tile')].map((el) => ({...el.dataset}))})`)
	t.Fatalf("in vain: %s\n%s", js, state)
}

// shoot keeps a picture of the page where ROOMBRIDGE_SCREENSHOTS says.
func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("ROOMBRIDGE_SCREENSHOTS")
	if dir == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

package pagetest

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin/admintest"
	"github.com/roombridge/roombridge/web"
)

func TestAdminPagesLook(t *testing.T) {
	g := crowd(500)
	at := serveGateway(t, g, nil)
	id := g.calls[0].ID
	for _, c := range []struct {
		name, path, ready string
	}{
		{"overview", "/", `document.querySelectorAll('[data-table="newest"] tbody tr').length === 8 && document.querySelector('[data-gauge] b').textContent && document.querySelector('.goes')`},
		{"calls", "/calls", `document.querySelectorAll('[data-table="calls"] tbody tr').length === 50 && document.querySelector('.goes')`},
		{"call", "/calls/" + id, `document.querySelectorAll('[data-stream]').length === 4`},
		{"rooms", "/rooms", `document.querySelectorAll('[data-table="rooms"] tbody tr').length === 50`},
		{"room", "/rooms/Giao%20ban%20s%C3%A1ng", `document.querySelectorAll('[data-table="people"] tbody tr').length > 5`},
		{"devices", "/devices", `document.querySelectorAll('[data-table="devices"] tbody tr').length === 50`},
	} {
		for i, s := range []screen{laptop, wall} {
			dark, lang := i == 1, []string{"vi", "en"}[i]
			t.Run(c.name+"-"+s.name, func(t *testing.T) {
				ctx := wonderingTab(t, s, dark, fmt.Sprintf("%s/admin?lang=%s#%s", at, lang, c.path))
				until(t, ctx, c.ready)
				shoot(t, ctx, "admin-"+c.name+"-"+s.name)
				named(t, ctx)
				accessible(t, ctx)
			})
		}
	}
}

//go:embed testdata/fakequality.js
var fakeQuality string

// wonderingTab opens a page in which calls have gone on for ten minutes.
func wonderingTab(t *testing.T, s screen, dark bool, path string) context.Context {
	t.Helper()
	ctx := tab(t, s, dark, "about:blank", nil)
	if err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(fakeQuality).Do(ctx)
		return err
	}), navigate(path)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// push clicks what a selector finds, once it is there and may be clicked.
func push(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	until(t, ctx, fmt.Sprintf(`(() => { const e = document.querySelector(%q); return e && !e.disabled && e.checkVisibility(); })()`, selector))
	eval[any](t, ctx, fmt.Sprintf(`document.querySelector(%q).click(), null`, selector))
}

// typeIn types into a field of a form.
func typeIn(t *testing.T, ctx context.Context, selector, value string) {
	t.Helper()
	until(t, ctx, fmt.Sprintf(`document.querySelector(%q)`, selector))
	eval[any](t, ctx, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return null; })()`, selector, value))
}

// did waits until the gateway was told something.
func did(t *testing.T, g *lively, what string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if slices.Contains(g.done(), what) {
			return
		}
	}
	t.Fatalf("nobody did %q, but %q", what, g.done())
}

// A first start asks for a password; who has it signs out and in again.
func TestAdminSignIn(t *testing.T) {
	service := admintest.New(t)
	at := serveGateway(t, crowd(20), func(c *web.Config) { c.Admin = service })
	ctx := tab(t, laptop, false, at+"/admin?lang=vi", nil)
	until(t, ctx, `document.querySelector('[data-door="setup"] [data-form="setup"]')`)
	shoot(t, ctx, "admin-setup")
	accessible(t, ctx)
	typeIn(t, ctx, `[data-field="password"] input`, "một câu dễ nhớ")
	typeIn(t, ctx, `[data-field="again"] input`, "một câu khác")
	push(t, ctx, `[data-act="submit"]`)
	until(t, ctx, `document.querySelector('[data-field="again"] .wrong')?.innerText === 'Hai lần nhập không giống nhau.'`)
	typeIn(t, ctx, `[data-field="again"] input`, "một câu dễ nhớ")
	push(t, ctx, `[data-act="submit"]`)
	until(t, ctx, `document.querySelector('[data-page="/"]') && document.querySelector('[data-figure="calls"]').innerText === '20'`)

	push(t, ctx, `[data-act="account"]`)
	push(t, ctx, `[data-act="signout"]`)
	until(t, ctx, `document.querySelector('[data-door="password"] [data-form="signin"]')`)
	shoot(t, ctx, "admin-signin")
	accessible(t, ctx)
	typeIn(t, ctx, `[data-field="name"] input`, "admin")
	typeIn(t, ctx, `[data-field="password"] input`, "không phải câu này")
	push(t, ctx, `[data-act="submit"]`)
	until(t, ctx, `document.querySelector('.formerror')?.innerText === 'Tên hoặc mật khẩu không đúng.'`)
	typeIn(t, ctx, `[data-field="password"] input`, "một câu dễ nhớ")
	push(t, ctx, `[data-act="submit"]`)
	until(t, ctx, `document.querySelector('[data-page="/"]')`)
	push(t, ctx, `[data-lang="en"]`)
	until(t, ctx, `document.querySelector('h1').innerText === 'Overview' && document.documentElement.lang === 'en'`)
}

func TestAdminToken(t *testing.T) {
	at := serveGateway(t, crowd(2), func(c *web.Config) { c.Token = token })
	ctx := tab(t, laptop, true, at+"/admin?lang=vi", nil)
	enter := func(token string) {
		typeIn(t, ctx, `[data-form="token"] input`, token)
		push(t, ctx, `[data-form="token"] [data-act="submit"]`)
	}
	for _, wrong := range []string{"một mã sai", "wrong"} {
		enter(wrong)
		until(t, ctx, `document.querySelector('[data-field="token"] .wrong')?.innerText === 'Mã không đúng.'`)
	}
	enter(token)
	until(t, ctx, `document.querySelector('[data-figure="calls"]')?.innerText === '2'`)
	if stored := eval[bool](t, ctx, `JSON.stringify(localStorage).includes('secret')`); stored {
		t.Error("the token is kept for good")
	}
	push(t, ctx, `[data-act="account"]`)
	push(t, ctx, `[data-act="signout"]`)
	until(t, ctx, `document.querySelector('[data-form="token"]')`)
}

// Five hundred calls: a row appears, changes and goes while the others stay the elements that they were.
func TestAdminCallsAreLive(t *testing.T) {
	g := crowd(500)
	at := serveGateway(t, g, nil)
	ctx := tab(t, laptop, false, at+"/admin?lang=vi#/calls", nil)
	rows := `document.querySelectorAll('[data-table="calls"] tbody tr')`
	until(t, ctx, rows+`.length === 50 && document.querySelector('.tablefoot').innerText.includes('500')`)
	eval[any](t, ctx, `window.marked = [...`+rows+`].slice(10, 20).map((e) => (e.mark = e.dataset.key, e)), window.tasks = [],
	  new PerformanceObserver((l) => tasks.push(...l.getEntries().map((e) => e.duration))).observe({type: 'longtask'}), null`)
	g.change(func() {
		for i := range g.calls {
			g.calls[i].Layout = bridge.LayoutSpeaker
		}
		c := g.calls[3]
		c.ID, c.Name, c.Since = "new", "Phòng họp mới", time.Now().Add(time.Second)
		g.calls = append(g.calls, c)
	})
	until(t, ctx, `document.querySelector('tr[data-key="new"]')?.innerText.includes('Phòng họp mới')`)
	if !eval[bool](t, ctx, `marked.every((e) => e.isConnected && e.dataset.key === e.mark)`) {
		t.Error("rows are made anew")
	}
	t.Logf("the page was busy for more than 50 ms: %v", eval[[]float64](t, ctx, `tasks`))

	typeIn(t, ctx, `[data-act="search"]`, "so y te yealink")
	until(t, ctx, rows+`.length > 0 && [...`+rows+`].every((e) => e.innerText.includes('Sở Y tế') && e.innerText.includes('Yealink'))`)
	typeIn(t, ctx, `[data-act="search"]`, "phong hop moi")
	until(t, ctx, rows+`.length === 1 && location.hash.includes('search=')`)
	push(t, ctx, `tr[data-key="new"] [data-act="hangup"]`)
	push(t, ctx, `[data-dialog="sure"] [data-act="no"]`)
	until(t, ctx, `!document.querySelector('dialog')`)
	push(t, ctx, `tr[data-key="new"] [data-act="hangup"]`)
	push(t, ctx, `[data-dialog="sure"] [data-act="yes"]`)
	did(t, g, "hangup new")
	until(t, ctx, rows+`.length === 0 && document.querySelector('[data-toast="good"]').innerText === 'Đã ngắt Phòng họp mới'`)
	push(t, ctx, `[data-filter="coming"]`)
	typeIn(t, ctx, `[data-act="search"]`, "")
	until(t, ctx, rows+`.length === 6`)
}

func TestAdminLeadsACall(t *testing.T) {
	g := crowd(20)
	at := serveGateway(t, g, nil)
	id := g.calls[1].ID
	ctx := wonderingTab(t, laptop, false, at+"/admin?lang=vi#/calls/"+id)
	until(t, ctx, `document.querySelector('[data-stream="video-out"] .reason')?.innerText.startsWith('Hình của Phòng họp A là 1280×720, lớn hơn mức')`)
	until(t, ctx, `document.querySelector('[data-stream="video-in"] [data-path="relay"]').innerText === 'chuyển thẳng'`)
	typeIn(t, ctx, `[data-act="layout"]`, "grid")
	did(t, g, "layout "+id+" grid")
	push(t, ctx, `[data-act="mute"]`)
	did(t, g, fmt.Sprintf("mute %q true", "t"+id))
	until(t, ctx, `document.querySelector('[data-muted]') && document.querySelector('[data-act="mute"]').getAttribute('aria-pressed') === 'true'`)
	push(t, ctx, `[data-act="mute"]`)
	did(t, g, fmt.Sprintf("mute %q false", "t"+id))

	until(t, ctx, `document.querySelector('[data-graph="video-loss"] path.line').getAttribute('d').length > 500`)
	eval[any](t, ctx, `document.querySelector('[data-graph="video-bitrate"]').focus(), null`)
	if err := chromedp.Run(ctx, chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowLeft)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `/^Tốc độ bit, \d\d:\d\d:\d\d: từ thiết bị [\d,]+ Mbit\/s/.test(document.querySelector('[data-graph="video-bitrate"]').ariaLabel)`)
	shoot(t, ctx, "admin-graphs")

	push(t, ctx, `[data-act="move"]`)
	typeIn(t, ctx, `[data-form="move"] [data-field="room"] input`, "board")
	push(t, ctx, `[data-form="move"] [data-act="submit"]`)
	did(t, g, "move "+id+" board")
	until(t, ctx, `document.querySelector('[data-section="about"] a').innerText === 'board'`)
	push(t, ctx, `[data-act="hangup"]`)
	shoot(t, ctx, "admin-sure")
	push(t, ctx, `[data-act="yes"]`)
	did(t, g, "hangup "+id)
	until(t, ctx, `location.hash === '#/calls'`)
	eval[any](t, ctx, `location.hash = '/calls/none', null`)
	until(t, ctx, `document.querySelector('.empty')?.innerText.includes('Cuộc gọi đã kết thúc')`)
}

func TestAdminLeadsARoom(t *testing.T) {
	g := crowd(20)
	at := serveGateway(t, g, nil)
	ctx := tab(t, laptop, false, at+"/admin?lang=en#/rooms", nil)
	until(t, ctx, `document.querySelectorAll('[data-table="rooms"] tbody tr').length === 3`)
	push(t, ctx, `[data-table="rooms"] a[href="#/rooms/Giao%20ban%20s%C3%A1ng"]`)
	push(t, ctx, `[data-section="waiting"] tr[data-key="w1"] [data-act="admit"]`)
	did(t, g, `decide "w1" true`)
	push(t, ctx, `[data-act="admit-all"]`)
	did(t, g, `decide "" true`)
	until(t, ctx, `!document.querySelector('[data-section="waiting"]').checkVisibility()`)
	push(t, ctx, `button[data-entry="locked"]`)
	did(t, g, "entry locked")
	until(t, ctx, `document.querySelector('button[data-entry="locked"]').getAttribute('aria-pressed') === 'true'`)
	typeIn(t, ctx, `[data-act="layout"]`, "grid")
	did(t, g, "room layout grid")
	push(t, ctx, `tr[data-key="b0"] [data-act="mute"]`)
	did(t, g, `mute "b0" true`)
	until(t, ctx, `document.querySelector('tr[data-key="b0"] [data-is="silenced"]')`)
	push(t, ctx, `tr[data-key="b0"] [data-act="role"]`)
	did(t, g, `role "b0" guest`)
	until(t, ctx, `document.querySelector('tr[data-key="b0"] [data-act="role"]').getAttribute('aria-pressed') === 'false'`)
	push(t, ctx, `tr[data-key="b0"] [data-act="role"]`)
	did(t, g, `role "b0" host`)
	push(t, ctx, `[data-act="mute-all"]`)
	did(t, g, `mute "" true`)
	push(t, ctx, `tr[data-key="b0"] [data-act="remove"]`)
	push(t, ctx, `[data-act="yes"]`)
	did(t, g, "remove b0")
	push(t, ctx, `[data-act="place"]`)
	typeIn(t, ctx, `[data-form="place"] [data-field="target"] input`, "sip:hop@192.0.2.8")
	push(t, ctx, `[data-form="place"] [data-act="submit"]`)
	did(t, g, "place sip:hop@192.0.2.8 Giao ban sáng")
	push(t, ctx, `[data-act="end"]`)
	push(t, ctx, `[data-act="yes"]`)
	did(t, g, "end Giao ban sáng")
	until(t, ctx, `document.querySelector('.empty')?.innerText.includes('The room has closed')`)
}

func TestAdminCallsADevice(t *testing.T) {
	g := crowd(20)
	at := serveGateway(t, g, nil)
	ctx := tab(t, laptop, true, at+"/admin?lang=en#/devices", nil)
	until(t, ctx, `document.querySelectorAll('[data-table="devices"] tbody tr').length === 23`)
	if !eval[bool](t, ctx, `document.querySelector('tr[data-key=":sip:phonghop4"] [data-act="call"]').disabled`) {
		t.Error("a device that is offline can be called")
	}
	push(t, ctx, `tr[data-key=":sip:phonghop1"] [data-act="call"]`)
	until(t, ctx, `document.activeElement === document.querySelector('[data-form="place"] [data-field="room"] input')`)
	shoot(t, ctx, "admin-place")
	accessible(t, ctx)
	push(t, ctx, `[data-form="place"] [data-act="submit"]`)
	until(t, ctx, `document.querySelector('[data-field="room"] .wrong')?.innerText === 'This is needed.'`)
	typeIn(t, ctx, `[data-form="place"] [data-field="room"] input`, "full")
	push(t, ctx, `[data-form="place"] [data-act="submit"]`)
	until(t, ctx, `document.querySelector('.formerror').innerText === 'the room is full'`)
	typeIn(t, ctx, `[data-form="place"] [data-field="room"] input`, "board")
	push(t, ctx, `[data-form="place"] [data-act="submit"]`)
	did(t, g, "place sip:phonghop1 board")
	until(t, ctx, `!document.querySelector('dialog') && document.querySelector('[data-toast="good"]')`)
}

// Trunks stand below the devices, with what is wrong with those that are down; where there are none there is nothing.
func TestAdminTrunks(t *testing.T) {
	lines := []web.Trunk{
		{Name: "vnx-1", Address: "sip.carrier.example:5060", Transport: "udp", Prefixes: []string{"84", "1900"}, Up: true, Registers: true, Registered: true, Since: time.Now().Add(-time.Hour)},
		{Name: "dự phòng", Tenant: "songhan", Address: "192.0.2.9:5061", Transport: "tls", Prefixes: []string{}, Registers: true, Since: time.Now(), LastError: "403 Forbidden"},
	}
	at := serveGateway(t, crowd(2), func(c *web.Config) { c.Trunks = func(string) []web.Trunk { return lines } })
	ctx := tab(t, laptop, false, at+"/admin?lang=vi#/devices", nil)
	until(t, ctx, `document.querySelector('tr[data-key=" vnx-1"] [data-up="true"]') && document.querySelector('tr[data-key="songhan dự phòng"]')?.innerText.includes('403 Forbidden')`)
	shoot(t, ctx, "admin-trunks")
	named(t, ctx)
	accessible(t, ctx)
	ctx = tab(t, laptop, false, serveGateway(t, crowd(2), nil)+"/admin?lang=en#/devices", nil)
	until(t, ctx, `document.querySelectorAll('[data-table="devices"] tbody tr').length === 5 && document.querySelector('[data-section="trunks"]')?.hidden`)
}

// Everything is reached by the keyboard alone, and the focus is seen where it is.
func TestAdminByKeyboard(t *testing.T) {
	at := serveGateway(t, crowd(20), nil)
	ctx := tab(t, laptop, false, at+"/admin?lang=en#/calls", nil)
	until(t, ctx, `document.querySelectorAll('[data-table="calls"] tbody tr').length === 20`)
	seen := map[string]bool{}
	for range 30 {
		if err := chromedp.Run(ctx, chromedp.KeyEvent(kb.Tab)); err != nil {
			t.Fatal(err)
		}
		e := eval[map[string]string](t, ctx, `(() => { const e = document.activeElement, s = getComputedStyle(e); return {name: e.ariaLabel || e.innerText || '', outline: s.outlineStyle + ' ' + s.outlineWidth}; })()`)
		if e["outline"] == "none 0px" {
			t.Errorf("the focus on %q is not seen", e["name"])
		}
		seen[e["name"]] = true
	}
	for _, name := range []string{"Skip to the content", "Rooms", "Call a terminal into a room", "Search name, number, room, address…"} {
		if !seen[name] {
			t.Errorf("%q is not reached: %v", name, seen)
		}
	}
	eval[any](t, ctx, `document.querySelector('[data-sort="terminal"]').focus(), null`)
	if err := chromedp.Run(ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector('th[aria-sort="ascending"]').innerText.includes('Terminal')`)
	eval[any](t, ctx, `document.querySelector('[data-nav="/rooms"]').focus(), null`)
	if err := chromedp.Run(ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector('[data-page="/rooms"]') && document.activeElement.tagName === 'H1'`)
}

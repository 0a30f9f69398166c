package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// story is an administrator at the pages.
type story struct {
	*tab
	g     *gw
	shots string
	n     int
}

// until waits for something on the page.
func (s *story) until(what, js string) {
	s.t.Helper()
	waitLong(s.t, what, 2*patience, func() bool {
		var is bool
		return s.eval("Boolean("+js+")", &is) == nil && is
	})
}

func (s *story) do(js string) {
	s.t.Helper()
	if err := s.eval("void ("+js+")", nil); err != nil {
		s.t.Fatal(err)
	}
}

// press clicks what can be seen.
func (s *story) press(selector string) {
	s.t.Helper()
	s.until(selector, fmt.Sprintf(`document.querySelector(%q)?.checkVisibility() && !document.querySelector(%[1]q).disabled`, selector))
	s.do(fmt.Sprintf(`document.querySelector(%q).click()`, selector))
}

// fill types into a field, or chooses in a list.
func (s *story) fill(selector, text string) {
	s.t.Helper()
	s.until(selector, fmt.Sprintf(`document.querySelector(%q)`, selector))
	s.do(fmt.Sprintf(`(e => { e.focus(); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); })(document.querySelector(%q))`,
		text, selector))
}

func (s *story) visit(path, sign string) {
	s.t.Helper()
	s.do(fmt.Sprintf(`location.hash = %q`, "#"+path))
	s.until(path, fmt.Sprintf(`document.querySelector(%q)?.checkVisibility()`, sign))
}

// look keeps a picture of the page where E2E_SHOTS says.
func (s *story) look(name string) {
	if s.shots == "" {
		return
	}
	s.n++
	s.shot(filepath.Join(s.shots, fmt.Sprintf("story-%02d-%s.png", s.n, name)))
}

// newStory opens the administration of a gateway that has just been started for the first time.
func newStory(t *testing.T, g *gw) *story {
	t.Helper()
	ctx, cancel := chromedp.NewContext(startChrome(t, 330).ctx)
	s := &story{tab: &tab{t: t, ctx: ctx, cancel: cancel}, g: g, shots: os.Getenv("E2E_SHOTS")}
	t.Cleanup(func() {
		if t.Failed() && ctx.Err() == nil {
			s.shot(filepath.Join(os.TempDir(), "e2e-story.png"))
		}
		cancel()
	})
	failures := `window.failures = []; addEventListener('error', e => failures.push(e.message)); addEventListener('unhandledrejection', e => failures.push(String(e.reason?.stack ?? e.reason)));`
	if err := open(ctx, g.web+"/admin?lang=en", failures); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Run(ctx, page.BringToFront()); err != nil { // dialogs of hidden pages do not say that they were closed
		t.Fatal(err)
	}
	return s
}

// As a new administrator would: first start, password, a tenant, ten numbers by CSV with the difference shown, a dry
// run, a terminal that registers, called by its name, seated, its layout changed, muted, hung up.
func TestAdministratorsStory(t *testing.T) {
	t.Setenv("ROOMBRIDGE_SIP_REGISTER_ENABLED", "true")
	g := startGateway(t, gwOptions{})
	s := newStory(t, g)
	s.firstStart()
	s.tenant()
	s.numbers()
	s.dryRun()
	s.device()
	b := startBaresip(t, baresipOptions{tone: 440, transport: "udp",
		account: fmt.Sprintf("<sip:phonghop1@%s;transport=udp>;auth_pass=geheim-1234;regint=60;answermode=auto", g.sipUDP)})
	s.until("the terminal to be online", `[...document.querySelectorAll('#content tr')].some(r => r.textContent.includes('phonghop1') && r.querySelector('[data-online=true]'))`)
	s.look("registered")
	s.call()
	s.lead()
	b.quit()
	var failures []string
	if err := s.eval(`failures`, &failures); err != nil || len(failures) > 0 {
		t.Errorf("the page's scripts failed: %v %v", err, failures)
	}
}

// code is that of the first start, as the log shows it.
var code = regexp.MustCompile(`code=([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})`)

func (s *story) firstStart() {
	found := code.FindStringSubmatch(s.g.log.String())
	if found == nil {
		s.t.Fatal("the log shows no code")
	}
	s.until("the first start", `document.querySelector('[data-door=setup]')`)
	s.look("first-start")
	s.fill(`[data-field=password] input`, "mật khẩu thật dài")
	s.fill(`[data-field=again] input`, "mật khẩu thật dài")
	s.fill(`[data-field=code] input`, found[1])
	s.press(`[data-form=setup] [data-act=submit]`)
	s.until("the administration", `document.querySelector('#content h1')`)
	s.look("overview")
}

func (s *story) tenant() {
	s.visit("/tenants/new", `[data-form=tenant]`)
	s.fill(`[data-form=tenant] [data-field=name] input`, "Công ty An Bình")
	s.fill(`[data-form=tenant] [data-field=id] input`, "anbinh")
	s.fill(`[data-form=tenant] [data-field=domains] input, [data-form=tenant] [data-field=domains] textarea`, "anbinh.example")
	s.look("tenant")
	s.press(`[data-form=tenant] [data-act=submit]`)
	s.until("the tenant in the list of the shell", `document.querySelector('select[data-act=tenant] option[value=anbinh]')`)
	s.fill(`select[data-act=tenant]`, "anbinh")
}

func (s *story) numbers() {
	var csv strings.Builder
	csv.WriteString("number,room,label\n")
	for i := range 10 {
		fmt.Fprintf(&csv, "10%02d,board-%d,Phòng họp %d\n", i+1, i+1, i+1)
	}
	s.visit("/numbers/import", `[data-act=paste]`)
	s.fill(`[data-act=paste]`, csv.String())
	s.until("the difference", `document.querySelector('[data-section=difference] [data-kind=added]')?.dataset.count === '10'`)
	s.look("difference")
	s.press(`[data-section=difference] [data-act=apply]`)
	s.until("the numbers to be there", `document.querySelector('[data-import=applied]')`)
	s.look("applied")
	s.visit("/numbers", `[data-act=new]`)
	s.until("ten numbers", `['1001', '1010'].every(n => document.querySelector('#content').textContent.includes(n))`)
	s.look("numbers")
}

func (s *story) dryRun() {
	s.visit("/dryrun?number=1003", `[data-section=dryrun]`)
	s.until("the decision", `document.querySelector('[data-decision=room]')?.textContent.includes('board-3')`)
	s.look("dry-run")
}

func (s *story) device() {
	s.visit("/devices", `[data-act=new]`)
	s.press(`[data-act=new]`)
	s.fill(`[data-form=device] [data-field=name] input`, "phonghop1")
	s.fill(`[data-form=device] [data-field=label] input`, "Phòng họp 1")
	s.fill(`[data-form=device] [data-field=password] input`, "geheim-1234")
	s.look("device")
	s.press(`[data-form=device] [data-act=submit]`)
	s.until("the device", `!document.querySelector('[data-dialog=device][open]') && document.querySelector('#content').textContent.includes('phonghop1')`)
}

// storyRoom is a room of the tenant.
const storyRoom = "board-1@anbinh"

func (s *story) call() {
	s.press(`#content tr [data-act=call]:not([disabled])`)
	s.until("whom to call", `document.querySelector('[data-dialog=place] [data-field=target] input')?.value === 'phonghop1'`)
	s.fill(`[data-dialog=place] [data-field=room] input`, storyRoom)
	s.look("call")
	s.press(`[data-dialog=place] [data-act=submit]`)
	waitFor(s.t, "the call to be answered", func() bool {
		list := s.g.calls()
		return len(list) == 1 && list[0].State == "connected" && list[0].Room == storyRoom
	})
	s.visit("/rooms/"+storyRoom, `[data-section=people]`)
	s.until("the terminal to be seated", `document.querySelector('[data-count=people]')?.textContent === '1'`)
	s.look("seated")
}

func (s *story) lead() {
	s.fill(`select[data-act=layout]`, "grid")
	waitFor(s.t, "another layout", func() bool {
		var r struct {
			Layout string `json:"layout"`
		}
		s.g.api("GET", "/rooms/"+storyRoom, &r)
		return r.Layout == "grid"
	})
	s.press(`[data-section=people] [data-act=mute]`)
	s.until("the terminal to be silenced", `document.querySelector('[data-section=people] [data-act=mute][aria-pressed=true]')`)
	s.look("muted")
	s.press(`[data-section=people] [data-act=remove]`)
	s.look("hang-up")
	s.press(`[data-dialog=sure] [data-act=yes]`)
	waitFor(s.t, "the end of the call", func() bool { return len(s.g.calls()) == 0 })
	s.visit("/records", `#content h1`)
	s.until("the record of the call", `document.querySelector('#content').textContent.includes('phonghop1') || document.querySelector('#content').textContent.includes('Phòng họp 1')`)
	s.look("record")
}

package pagetest

import (
	"context"
	"fmt"
	"testing"
)

const joined = "/room/1001?join=1&name=L%C3%AA%20V%C4%83n%20T%C3%A1m&lang="

// What everybody in the room shows is there when the picture is taken.
const settled = `window.roombridge && roombridge.status === 'live' &&
  [...document.querySelectorAll('.tile')].every((el) => el.dataset.picture === 'true' || el.dataset.expect === 'none' ||
    roombridge.participants.find((p) => p.id === el.dataset.participant)?.video === false) && document.querySelectorAll('.tile').length >= %d`

func TestMeetingAtEverySize(t *testing.T) {
	for _, c := range []struct {
		screen screen
		others int
		dark   bool
		lang   string
		share  bool
	}{
		{laptop, 0, false, "vi", false},
		{laptop, 1, false, "vi", false},
		{laptop, 4, false, "vi", false},
		{laptop, 8, true, "en", false},
		{laptop, 3, true, "vi", true},
		{phone, 0, false, "vi", false},
		{phone, 1, true, "vi", false},
		{phone, 4, false, "vi", false},
		{phone, 8, true, "en", false},
		{phone, 3, false, "vi", true},
		{wall, 1, true, "vi", false},
		{wall, 15, false, "vi", false},
		{wall, 4, true, "en", true},
		{wall4k, 4, true, "vi", false},
	} {
		name := fmt.Sprintf("%s-%d-%s-dark%v-share%v", c.screen.name, c.others+1, c.lang, c.dark, c.share)
		t.Run(name, func(t *testing.T) {
			people := guests(c.others, true)
			if c.share {
				people[1]["sharing"] = true
			}
			ctx := tab(t, c.screen, c.dark, joined+c.lang, room(people))
			until(t, ctx, fmt.Sprintf(settled, min(c.others+1, 3)))
			shoot(t, ctx, name)
			inside(t, ctx)
			named(t, ctx)
		})
	}
}

// inside checks that tiles stay in the stage, do not cover each other (but for
// one's own picture in the corner), and that the page does not scroll.
func inside(t *testing.T, ctx context.Context) {
	t.Helper()
	problems := eval[[]string](t, ctx, `(() => {
	  const bad = [];
	  const box = (el) => el.getBoundingClientRect();
	  const stage = box(document.querySelector('.stage'));
	  const tiles = [...document.querySelectorAll('.tile')];
	  for (const el of tiles) {
	    el.style.transition = 'none';
	    const b = box(el);
	    if (b.left < stage.left - 1 || b.right > stage.right + 1 || b.top < stage.top - 1 || b.bottom > stage.bottom + 1) bad.push('outside: ' + el.ariaLabel);
	  }
	  for (const a of tiles) for (const b of tiles) {
	    if (a === b || a.dataset.role === 'corner' || b.dataset.role === 'corner') continue;
	    const x = box(a), y = box(b);
	    if (Math.min(x.right, y.right) - Math.max(x.left, y.left) > 1 && Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top) > 1) bad.push(a.ariaLabel + ' covers ' + b.ariaLabel);
	  }
	  const root = document.documentElement;
	  if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) bad.push('the page scrolls');
	  for (const el of document.querySelectorAll('.controls button:not([hidden])')) {
	    const b = box(el);
	    if (b.width < 40 || b.height < 40 || b.right > innerWidth || b.bottom > innerHeight) bad.push('control ' + el.dataset.control + ' ' + JSON.stringify(b));
	  }
	  return bad;
	})()`)
	for _, p := range problems {
		t.Error(p)
	}
}

// named checks that everything one can operate has a name for screen readers.
func named(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, p := range eval[[]string](t, ctx, `[...document.querySelectorAll('button, a, input, select, video[aria-label], [role="img"]')]
	  .filter((el) => el.checkVisibility() && !(el.ariaLabel || el.innerText?.trim() || el.labels?.[0]?.innerText?.trim() || el.title))
	  .map((el) => el.outerHTML.slice(0, 120))`) {
		t.Error("has no name:", p)
	}
}

func TestPanels(t *testing.T) {
	for _, s := range []screen{laptop, phone} {
		for i, key := range []string{"p", "d", "settings"} {
			t.Run(s.name+"-"+key, func(t *testing.T) {
				dark, lang := i == 1, []string{"vi", "en", "vi"}[i]
				ctx := tab(t, s, dark, joined+lang, room(guests(4, true)))
				until(t, ctx, fmt.Sprintf(settled, 3))
				if key == "settings" {
					eval[any](t, ctx, `document.querySelector('[data-control="settings"]').click()`)
				} else {
					eval[any](t, ctx, fmt.Sprintf(`window.dispatchEvent(new KeyboardEvent('keydown', {key: %q}))`, key))
				}
				until(t, ctx, `document.querySelector('.side').checkVisibility()`)
				shoot(t, ctx, "panel-"+s.name+"-"+key)
				named(t, ctx)
				eval[any](t, ctx, `window.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))`)
				until(t, ctx, `!document.querySelector('.side').checkVisibility()`)
			})
		}
	}
}

func TestPrejoin(t *testing.T) {
	for _, s := range []screen{laptop, phone, wall} {
		t.Run(s.name, func(t *testing.T) {
			dark, lang := s.name == "phone", map[bool]string{true: "en", false: "vi"}[s.name == "wall"]
			ctx := tab(t, s, dark, "/room/Giao%20ban%20s%C3%A1ng?lang="+lang, room(guests(1, true)))
			until(t, ctx, `document.querySelector('.preview video')?.readyState >= 2 && document.querySelector('[data-device="audio"] option')?.value`)
			shoot(t, ctx, "prejoin-"+s.name)
			named(t, ctx)
			eval[any](t, ctx, `document.querySelector('input[name="name"]').value = 'Lan'; document.querySelector('form').requestSubmit()`)
			until(t, ctx, `window.roombridge?.status === 'live' && window.fakeRoom.room.name === 'Lan'`)
		})
	}
}

func TestPrejoinWithoutDevices(t *testing.T) {
	for problem, words := range map[string]string{
		"NotAllowedError": "Trình duyệt chưa được phép dùng camera và micrô.", "NotFoundError": "Không tìm thấy camera và micrô.",
		"NotReadableError": "Camera và micrô đang được chương trình khác sử dụng.",
	} {
		t.Run(problem, func(t *testing.T) {
			r := room(guests(1, true))
			r["refuse"] = problem
			ctx := tab(t, laptop, false, "/room/1001?lang=vi&name=Lan", r)
			until(t, ctx, fmt.Sprintf(`document.querySelector('.problem')?.innerText.includes(%q)`, words))
			shoot(t, ctx, "prejoin-"+problem)
			eval[any](t, ctx, `document.querySelector('form').requestSubmit()`)
			until(t, ctx, `window.roombridge?.status === 'live' && document.querySelectorAll('.tile').length === 2`)
			until(t, ctx, `document.querySelector('.tile[data-participant="p1"]').dataset.picture === 'true'`)
		})
	}
}

func TestLanding(t *testing.T) {
	for _, s := range []screen{laptop, phone, wall} {
		t.Run(s.name, func(t *testing.T) {
			ctx := tab(t, s, s.name == "wall", "/?lang="+map[bool]string{true: "en", false: "vi"}[s.name == "phone"], nil)
			until(t, ctx, `document.querySelector('#dial code')?.textContent === 'sip:1001@hop.example.vn'`)
			shoot(t, ctx, "landing-"+s.name)
			named(t, ctx)
			eval[any](t, ctx, `(() => { const i = document.querySelector('#room'); i.value = 'Phòng 7'; i.dispatchEvent(new Event('input')); })()`)
			until(t, ctx, `document.querySelector('#dial code').textContent === 'sip:Phòng 7@hop.example.vn'`)
			eval[any](t, ctx, `(() => { const i = document.querySelector('#room'); i.value = 'a/b'; document.querySelector('#open').requestSubmit(); })()`)
			until(t, ctx, `document.querySelector('#wrong').checkVisibility()`)
			eval[any](t, ctx, `(() => { document.querySelector('#room').value = 'Phòng 7'; document.querySelector('#open').requestSubmit(); })()`)
			until(t, ctx, `location.pathname === '/room/Ph%C3%B2ng%207' && document.body.dataset.room === 'Phòng 7'`)
		})
	}
}

func TestMissing(t *testing.T) {
	ctx := tab(t, laptop, false, "/nothing?lang=vi", nil)
	until(t, ctx, `document.querySelector('h1').innerText === 'Không có gì ở đây'`)
	shoot(t, ctx, "missing")
}

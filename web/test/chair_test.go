package pagetest

import (
	"context"
	"fmt"
	"testing"
)

// The room asks for a PIN before it says anything, and then lets somebody wait.
func TestDoor(t *testing.T) {
	for _, s := range []screen{laptop, phone, wall} {
		t.Run(s.name, func(t *testing.T) {
			r := room(guests(2, true))
			r["door"], r["lobby"], r["hostPIN"] = "pin", true, true
			ctx := tab(t, s, s.name != "phone", "/room/Giao%20ban%20s%C3%A1ng?lang=vi&name=Lan", r)
			until(t, ctx, `document.querySelector('.preview video')?.readyState >= 2`)
			eval[any](t, ctx, `document.querySelector('form').requestSubmit()`)
			until(t, ctx, `document.querySelector('.door h1')?.innerText === 'Phòng này cần mã PIN' && document.activeElement?.name === 'pin'`)
			shoot(t, ctx, "door-pin-"+s.name)
			named(t, ctx)
			typePIN(t, ctx, "1111")
			until(t, ctx, `document.querySelector('.door .error').innerText.includes('Còn 2 lần thử')`)
			shoot(t, ctx, "door-wrong-"+s.name)
			typePIN(t, ctx, "1234")
			until(t, ctx, `document.querySelector('.door h1').innerText === 'Chờ được vào phòng' && document.querySelector('.claim').checkVisibility()`)
			shoot(t, ctx, "door-wait-"+s.name)
			named(t, ctx)
			if n := eval[int](t, ctx, `roombridge.participants.length + document.querySelectorAll('.tile[data-participant^="p"]').length`); n != 0 {
				t.Errorf("%d people are shown before the door is open", n)
			}
			eval[any](t, ctx, `[...document.querySelectorAll('.claim button')].find((b) => b.checkVisibility()).click(), null`)
			until(t, ctx, `document.activeElement?.name === 'pin'`)
			shoot(t, ctx, "door-host-"+s.name)
			eval[any](t, ctx, `fakeRoom.room.enter(''), null`)
			until(t, ctx, `roombridge.status === 'live' && !document.querySelector('.door').checkVisibility()`)
			until(t, ctx, fmt.Sprintf(settled, 2))
		})
	}
}

func typePIN(t *testing.T, ctx context.Context, pin string) {
	t.Helper()
	eval[any](t, ctx, fmt.Sprintf(`(() => { const i = document.querySelector('.door input[name="pin"]'); i.value = %q; i.form.requestSubmit(); })()`, pin))
}

// The PIN that opened the door opens it again after the connection was lost, without a question.
func TestDoorOpensAgain(t *testing.T) {
	r := room(guests(1, true))
	r["door"] = "pin"
	ctx := tab(t, laptop, true, joined+"vi", r)
	until(t, ctx, `document.querySelector('.door h1')`)
	typePIN(t, ctx, "1234")
	until(t, ctx, `roombridge.status === 'live'`)
	eval[any](t, ctx, `fakeRoom.forget = true, fakeRoom.room.pc.close(), fakeRoom.room.pc = null, fakeRoom.socket.cut(), null`)
	until(t, ctx, in(`got('pin').length === 2 && got('pin')[1].pin === '1234' && roombridge.status === 'live' && !document.querySelector('.door').checkVisibility()`))
}

func TestDoorStaysShut(t *testing.T) {
	r := room(guests(1, true))
	r["door"] = "pin"
	ctx := tab(t, laptop, true, joined+"vi", r)
	until(t, ctx, `document.querySelector('.door h1')`)
	for i := range 3 {
		until(t, ctx, `!document.querySelector('.door button[type="submit"]').disabled`)
		typePIN(t, ctx, fmt.Sprint(i))
	}
	until(t, ctx, `document.querySelector('.ending h1')?.innerText === 'Mã PIN không đúng'`)
	shoot(t, ctx, "ending-pin")
}

// leading opens a meeting that we lead.
func leading(t *testing.T, s screen, dark bool, others int, more map[string]any) context.Context {
	t.Helper()
	r := room(guests(others, true))
	r["role"], r["lead"] = "host", map[string]any{"dial": "devices"}
	for k, v := range more {
		r[k] = v
	}
	ctx := tab(t, s, dark, joined+"vi", r)
	until(t, ctx, fmt.Sprintf(settled, min(others+1, 3)))
	return ctx
}

func open(t *testing.T, ctx context.Context, control string) {
	t.Helper()
	eval[any](t, ctx, fmt.Sprintf(`document.querySelector('[data-control=%q]').click()`, control))
	until(t, ctx, fmt.Sprintf(`document.querySelector('.side').checkVisibility() && document.querySelector('.side').dataset.panel === %q`, control))
}

func key(name string) string { return fmt.Sprintf(`document.querySelector('[data-key=%q]')`, name) }

func TestLead(t *testing.T) {
	waiting := []someone{{"name": "Đỗ Khánh Linh"}, {"name": "Hội trường B", "kind": "terminal", "number": "1001"}}
	for _, s := range []screen{laptop, phone, wall} {
		t.Run(s.name, func(t *testing.T) {
			ctx := leading(t, s, true, 4, map[string]any{"waiting": waiting})
			until(t, ctx, `document.querySelector('.toast.asking')?.innerText.includes('2 người đang chờ vào phòng')`)
			shoot(t, ctx, "lead-knock-"+s.name)
			inside(t, ctx)
			open(t, ctx, "people")
			until(t, ctx, `document.querySelectorAll('.knocking li').length === 2`)
			named(t, ctx)
			shoot(t, ctx, "lead-people-"+s.name)
			eval[any](t, ctx, key("admit-w1")+`.click()`)
			until(t, ctx, in(`got('admit').at(-1)?.waiting === 'w1' && got('admit').at(-1).admit === true && document.querySelectorAll('.knocking li').length === 1`))
			eval[any](t, ctx, key("refuse-w2")+`.click()`)
			until(t, ctx, in(`got('admit').at(-1).admit === false && !document.querySelector('.knocking')`))
			open(t, ctx, "lead")
			named(t, ctx)
			shoot(t, ctx, "lead-panel-"+s.name)
			eval[any](t, ctx, key("end")+`.click()`)
			until(t, ctx, `document.querySelector('dialog[open] h2')?.innerText === 'Kết thúc cuộc họp cho mọi người?'`)
			shoot(t, ctx, "lead-end-"+s.name)
			eval[any](t, ctx, `document.querySelector('dialog .row button').click()`)
			until(t, ctx, `!document.querySelector('dialog')`)
		})
	}
}

func TestLeadPeople(t *testing.T) {
	ctx := leading(t, laptop, true, 4, nil)
	open(t, ctx, "people")
	eval[any](t, ctx, key("mute-p2")+`.focus(), `+key("mute-p2")+`.click()`)
	until(t, ctx, in(`got('mute').at(-1)?.participant === 'p2' && got('mute').at(-1).muted === true`))
	// The list is drawn anew: the button that was pressed is still focused, and now takes it back.
	until(t, ctx, `document.activeElement?.dataset.key === 'mute-p2' && document.activeElement.ariaLabel === 'Cho Nguyễn Thị Lan nói lại'`)
	eval[any](t, ctx, key("mute-p2")+`.click()`)
	until(t, ctx, in(`got('mute').at(-1).muted === false`))
	eval[any](t, ctx, key("remove-p2")+`.click()`)
	until(t, ctx, `document.querySelector('dialog[open] h2')?.innerText === 'Mời Nguyễn Thị Lan ra khỏi phòng?'`)
	named(t, ctx)
	eval[any](t, ctx, `document.querySelector('dialog .danger').click()`)
	until(t, ctx, in(`got('remove').at(-1)?.participant === 'p2' && !document.querySelector('.people [data-participant="p2"]')`))
	eval[any](t, ctx, `fakeRoom.room.knock({name: 'Mai'})`)
	until(t, ctx, `document.querySelector('.knocking b')?.innerText === 'Mai' && !document.querySelector('.toast.asking')`)
}

// A host makes another one, and gives the lead up.
func TestHandOver(t *testing.T) {
	for _, s := range []screen{laptop, phone} {
		t.Run(s.name, func(t *testing.T) {
			ctx := leading(t, s, true, 3, nil)
			open(t, ctx, "people")
			eval[any](t, ctx, key("appoint-p2")+`.click()`)
			until(t, ctx, `document.querySelector('dialog[open] h2')?.innerText === 'Trao quyền chủ trì cho Nguyễn Thị Lan?'`)
			named(t, ctx)
			shoot(t, ctx, "lead-appoint-"+s.name)
			eval[any](t, ctx, `document.querySelector('dialog .filled').click()`)
			until(t, ctx, in(`got('role').at(-1)?.participant === 'p2' && got('role').at(-1).role === 'host' && !document.querySelector('[data-key="appoint-p2"]') && document.querySelector('.people [data-participant="p2"] .role')`))
			open(t, ctx, "lead")
			eval[any](t, ctx, key("resign")+`.click()`)
			until(t, ctx, `document.querySelector('dialog[open] h2')?.innerText === 'Bạn muốn thôi chủ trì?'`)
			eval[any](t, ctx, `document.querySelector('dialog .filled').click()`)
			until(t, ctx, in(`got('role').at(-1).participant === 'me' && got('role').at(-1).role === 'guest' && !document.querySelector('[data-control="lead"]').checkVisibility()`))
			until(t, ctx, `[...document.querySelectorAll('.toast')].some((e) => e.innerText.includes('không còn là người chủ trì'))`)
			eval[any](t, ctx, `fakeRoom.role = 'host', fakeRoom.room.everyone()`)
			until(t, ctx, `[...document.querySelectorAll('.toast')].some((e) => e.innerText.includes('Bạn là người chủ trì'))`)
		})
	}
}

func TestLeadRoom(t *testing.T) {
	ctx := leading(t, laptop, false, 2, nil)
	press(t, ctx, "h")
	until(t, ctx, `document.querySelector('.side').dataset.panel === 'lead'`)
	eval[any](t, ctx, key("entry-locked")+`.click()`)
	until(t, ctx, in(`got('entry').at(-1)?.entry === 'locked' && document.querySelector('.guarded').checkVisibility() && document.querySelector('.guarded').ariaLabel === 'Đã khóa'`))
	eval[any](t, ctx, `(() => { const s = `+key("layout")+`; s.value = 'grid'; s.dispatchEvent(new Event('change')); })()`)
	until(t, ctx, in(`got('layout').at(-1)?.layout === 'grid'`))
	eval[any](t, ctx, key("mute-all")+`.click()`)
	until(t, ctx, in(`got('mute').at(-1)?.participant === '' && got('mute').at(-1).muted === true`))
	shoot(t, ctx, "lead-locked")
	// Who leads no longer has the panel no longer.
	eval[any](t, ctx, `fakeRoom.role = 'guest', fakeRoom.room.everyone()`)
	until(t, ctx, `!document.querySelector('.side').checkVisibility() && !document.querySelector('[data-control="lead"]').checkVisibility()`)
	eval[any](t, ctx, `fakeRoom.role = 'host', fakeRoom.room.everyone()`)
	until(t, ctx, `document.querySelector('[data-control="lead"]').checkVisibility()`)
	open(t, ctx, "lead")
	eval[any](t, ctx, key("end")+`.click()`)
	until(t, ctx, `document.querySelector('dialog[open]')`)
	eval[any](t, ctx, `document.querySelector('dialog .danger').click()`)
	until(t, ctx, in(`document.querySelector('.ending h1')?.innerText === 'Cuộc họp đã kết thúc' && got('end').length === 1`))
}

func TestCallIn(t *testing.T) {
	devices := []someone{
		{"name": "hoi-truong-b", "protocol": "sip", "model": "PolycomRealPresenceGroup500/6.2.2", "online": true},
		{"name": "so-y-te", "protocol": "h323", "model": "TANDBERG/518 (TC7.3.21)", "online": true}, {"name": "phong-hop-cu", "protocol": "h323", "online": false},
	}
	for _, s := range []screen{laptop, phone} {
		t.Run(s.name, func(t *testing.T) {
			ctx := leading(t, s, true, 2, map[string]any{"devices": devices, "cause": "busy"})
			open(t, ctx, "dial")
			until(t, ctx, `document.querySelectorAll('.callees .dot').length === 3`)
			named(t, ctx)
			shoot(t, ctx, "lead-call-"+s.name)
			eval[any](t, ctx, `(() => { const i = `+key("call")+`; i.value = 'sở y tế'.replaceAll(' ', '-'); i.dispatchEvent(new Event('input')); })()`)
			until(t, ctx, `document.querySelectorAll('.callees .dot').length === 1`)
			eval[any](t, ctx, key("call-so-y-te")+`.click()`)
			until(t, ctx, in(`got('dial').at(-1)?.target === 'so-y-te' && [...document.querySelectorAll('.toast')].some((e) => e.innerText === 'so-y-te đang bận')`))
		})
	}
}

// Who is silenced by a host is told so, and may speak again.
func TestSilenced(t *testing.T) {
	ctx := meeting(t, 2, nil)
	until(t, ctx, in(`got('state').at(-1)?.audio === true`))
	eval[any](t, ctx, `fakeRoom.room.say('silence', {on: true})`)
	until(t, ctx, in(`got('state').at(-1).audio === false && !roombridge.media.audio.enabled && [...document.querySelectorAll('.toast')].some((e) => e.innerText.includes('Người chủ trì đã tắt micrô'))`))
	press(t, ctx, "m")
	until(t, ctx, in(`got('state').at(-1).audio === true && roombridge.media.audio.enabled`))
	if n := eval[int](t, ctx, `document.querySelectorAll('.tool, [data-control="lead"]:not([hidden])').length`); n != 0 {
		t.Error("a guest has what is for hosts")
	}
}

// Who has the PIN of hosts takes the lead in the meeting.
func TestClaim(t *testing.T) {
	ctx := meeting(t, 2, func(r map[string]any) { r["lead"] = map[string]any{"host_pin": true} })
	open(t, ctx, "people")
	eval[any](t, ctx, `document.querySelector('.claiming .link').click(), (() => { const i = document.querySelector('.claiming input'); i.value = '9999'; i.form.requestSubmit(); })()`)
	until(t, ctx, in(`got('pin').at(-1)?.pin === '9999'`))
	eval[any](t, ctx, `fakeRoom.room.say('door', {asks: 'pin', wrong: true, tries: 2})`)
	until(t, ctx, `[...document.querySelectorAll('.toast')].some((e) => e.innerText.includes('Còn 2 lần thử')) && !document.querySelector('.door').checkVisibility()`)
	named(t, ctx)
}

package pagetest

import (
	"context"
	"fmt"
	"testing"
)

// press presses a key as a person would, with nothing focused.
func press(t *testing.T, ctx context.Context, key string) {
	t.Helper()
	eval[any](t, ctx, fmt.Sprintf(`document.activeElement?.blur(), window.dispatchEvent(new KeyboardEvent('keydown', {key: %q, bubbles: true})), window.dispatchEvent(new KeyboardEvent('keyup', {key: %q})), null`, key, key))
}

func meeting(t *testing.T, others int, change func(map[string]any)) context.Context {
	t.Helper()
	r := room(guests(others, true))
	if change != nil {
		change(r)
	}
	ctx := tab(t, laptop, false, joined+"vi", r)
	until(t, ctx, fmt.Sprintf(settled, min(others+1, 3)))
	return ctx
}

const helpers = `
  const tile = (id, kind = 'main') => document.querySelector('.tile[data-participant="' + id + '"][data-kind="' + kind + '"]');
  const got = (type) => fakeRoom.room.got.filter((m) => m.type === type);
`

// in evaluates with the helpers at hand.
func in(expr string) string { return "(() => {" + helpers + "return (" + expr + ")})()" }

func TestOffer(t *testing.T) {
	ctx := meeting(t, 15, nil)
	until(t, ctx, in(`tile('p15') || document.querySelector('.more-tiles:not([hidden])')`))
	sdp := eval[string](t, ctx, in(`got('offer').at(-1).sdp`))
	if len(sdp) > 60_000 {
		t.Errorf("an offer of %d bytes does not fit into a message", len(sdp))
	}
	t.Logf("offer with 16 people: %d bytes", len(sdp))
	type line struct{ Kind, Direction, First, Rids string }
	lines := eval[[]line](t, ctx, in(`got('offer').at(-1).sdp.split(/^m=/m).slice(1).map((m) => ({
	  Kind: m.split(' ')[0], Direction: /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(m)[1],
	  First: (new RegExp('^a=fmtp:' + m.split(' ')[3].trim() + ' (.*)$', 'm').exec(m) ?? [])[1] ?? '',
	  Rids: [...m.matchAll(/^a=rid:(\w+) send/gm)].map((x) => x[1]).join(),
	}))`))
	for i, l := range lines {
		want := line{"video", "recvonly", "", ""}
		switch i {
		case 0:
			want.Kind, want.Direction = "audio", "sendrecv"
		case 1:
			want.Direction, want.Rids = "sendonly", "h,m,l"
		case 2:
			want.Direction = "sendonly"
		}
		if l.Kind != want.Kind || l.Direction != want.Direction || l.Rids != want.Rids {
			t.Errorf("line %d is %+v", i, l)
		}
		format := "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
		if i > 0 && l.First != format && l.First != format+"\r" {
			t.Errorf("line %d prefers %q", i, l.First)
		}
	}
	if revisions := eval[[]int](t, ctx, in(`got('offer').map((m) => m.revision)`)); revisions[0] != 1 {
		t.Error(revisions)
	}
	until(t, ctx, in(`got('want').at(-1).slots.filter((s) => s.participant).length >= 12 && got('want').at(-1).slots.every((s) => s.mid && s.kind)`))
}

// A terminal hangs up: its picture goes, nobody else's line changes.
func TestOthersKeepTheirLines(t *testing.T) {
	ctx := meeting(t, 4, nil)
	before := eval[string](t, ctx, in(`JSON.stringify(roombridge.slots.find((s) => s.participant === 'p2'))`))
	eval[any](t, ctx, `fakeRoom.room.drop('p1'), fakeRoom.room.add({name: 'Mới'}), null`)
	until(t, ctx, in(`!tile('p1') && [...document.querySelectorAll('.toast')].some((e) => e.innerText === 'Mới đã vào phòng')`))
	until(t, ctx, fmt.Sprintf(settled, 4))
	if after := eval[string](t, ctx, in(`JSON.stringify(roombridge.slots.find((s) => s.participant === 'p2'))`)); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

func TestFramesAreDecoded(t *testing.T) {
	ctx := meeting(t, 2, nil)
	until(t, ctx, `(window.looked ??= setInterval(async () => window.stats = await roombridge.stats(), 200)) &&
	  window.stats?.tiles.filter((s) => s.participant && s.framesDecoded > 10 && s.width > 0).length === 2`)
	if codec := eval[string](t, ctx, `window.stats.tiles.find((s) => s.participant === 'p1').codec`); codec != "video/H264" {
		t.Error(codec)
	}
	until(t, ctx, `window.stats.sent.some((s) => s.kind === 'video' && s.framesEncoded > 5)`)
	until(t, ctx, `window.stats.audio?.packets > 10`)
	until(t, ctx, `((h) => h && Math.abs(h.peak - 440) < 8 && h.at[440] > h.at[1000] + 20)(roombridge.tone(440, 1000))`)
}

func TestMuteAndCamera(t *testing.T) {
	ctx := meeting(t, 2, nil)
	press(t, ctx, "m")
	until(t, ctx, in(`got('state').at(-1).audio === false && !roombridge.media.audio.enabled && !tile('me').querySelector('.muted').hidden`))
	press(t, ctx, "m")
	until(t, ctx, in(`got('state').at(-1).audio === true && roombridge.media.audio.enabled`))

	track := eval[string](t, ctx, `window.old = roombridge.media.video, window.old.id`)
	press(t, ctx, "v")
	// The camera's light goes out: the track is stopped and no longer sent.
	until(t, ctx, in(`got('state').at(-1).video === false && window.old.readyState === 'ended' && roombridge.session.peer.camera.sender.track === null &&
	  tile('me').dataset.picture === 'false'`))
	press(t, ctx, "v")
	until(t, ctx, in(`got('state').at(-1).video === true && tile('me').dataset.picture === 'true' && roombridge.session.peer.camera.sender.track?.readyState === 'live'`))
	if again := eval[string](t, ctx, `roombridge.media.video.id`); again == track {
		t.Error("the stopped track is used again")
	}
	if n := eval[int](t, ctx, in(`got('offer').length`)); n > 2 {
		t.Errorf("muting took %d offers", n)
	}
	// Held space talks while muted.
	press(t, ctx, "m")
	until(t, ctx, in(`got('state').at(-1).audio === false`))
	eval[any](t, ctx, `window.dispatchEvent(new KeyboardEvent('keydown', {key: ' '})), null`)
	until(t, ctx, in(`got('state').at(-1).audio === true`))
	eval[any](t, ctx, `window.dispatchEvent(new KeyboardEvent('keyup', {key: ' '})), null`)
	until(t, ctx, in(`got('state').at(-1).audio === false`))
}

// A camera that is closed and opened again elsewhere leaves no black tile.
func TestTheirCameraOffAndOn(t *testing.T) {
	ctx := meeting(t, 3, nil)
	eval[any](t, ctx, `fakeRoom.room.change('p2', {video: false, picture: false}), null`)
	until(t, ctx, in(`tile('p2').dataset.picture === 'false' && !tile('p2').classList.contains('picture') && !roombridge.slots.some((s) => s.participant === 'p2')`))
	eval[any](t, ctx, `fakeRoom.room.change('p2', {video: true, picture: true}), null`)
	until(t, ctx, in(`tile('p2').dataset.picture === 'true'`))
	// The room changes to another size: the last frame stays for a moment, then it is said that nothing comes.
	eval[any](t, ctx, `(() => { const s = fakeRoom.room; window.lines = roombridge.slots.map((x) => ({mid: x.mid, participant: x.participant, kind: x.kind, state: x.participant === 'p2' ? 'waiting' : 'live', reason: ''})); s.say('slots', {slots: window.lines}); })()`)
	until(t, ctx, `roombridge.session.picture('p2', 'main').state === 'waiting'`)
	if !eval[bool](t, ctx, in(`tile('p2').dataset.picture === 'true'`)) {
		t.Error("the picture blinks when its size changes")
	}
	until(t, ctx, in(`tile('p2').dataset.picture === 'false' && tile('p2').querySelector('.note').checkVisibility()`))
	eval[any](t, ctx, `fakeRoom.room.say('slots', {slots: window.lines.map((l) => l.participant === 'p2' ? {...l, state: 'none', reason: 'the connection is too slow for this picture'} : l)})`)
	until(t, ctx, in(`tile('p2').querySelector('.note').innerText === 'Tạm dừng hình vì đường truyền chậm'`))
	eval[any](t, ctx, `fakeRoom.room.say('slots', {slots: window.lines.map((l) => ({...l, state: 'live'}))})`)
	until(t, ctx, in(`tile('p2').dataset.picture === 'true'`))
	// Video is on but nothing comes: said, not black.
	eval[any](t, ctx, `fakeRoom.room.change('p2', {picture: false}), null`)
	until(t, ctx, in(`tile('p2').dataset.picture === 'false' && tile('p2').querySelector('.note').innerText === 'Đang chờ hình'`))
}

func TestSharing(t *testing.T) {
	ctx := meeting(t, 3, nil)
	eval[any](t, ctx, `fakeRoom.room.change('p2', {sharing: true}), null`)
	until(t, ctx, in(`tile('p2', 'content')?.dataset.role === 'main' && tile('p2', 'content').dataset.picture === 'true' && tile('p2').dataset.role === 'strip'`))
	until(t, ctx, `[...document.querySelectorAll('.toast')].some((e) => e.innerText.includes('đang chia sẻ màn hình'))`)
	// Ours: a canvas stands for the screen.
	eval[any](t, ctx, `navigator.mediaDevices.getDisplayMedia = async () => { const c = document.createElement('canvas'); c.getContext('2d').fillRect(0, 0, 9, 9); return c.captureStream(5); }`)
	press(t, ctx, "s")
	until(t, ctx, in(`got('state').at(-1).sharing === true && document.querySelector('.banner').checkVisibility() && roombridge.session.peer.screen.sender.track`))
	shoot(t, ctx, "sharing")
	press(t, ctx, "s")
	until(t, ctx, in(`got('state').at(-1).sharing === false && !document.querySelector('.banner').checkVisibility() && !roombridge.session.peer.screen.sender.track`))
	eval[any](t, ctx, `navigator.mediaDevices.getDisplayMedia = async () => { throw new DOMException('Permission denied', 'NotAllowedError'); }`)
	press(t, ctx, "s")
	until(t, ctx, in(`got('state').at(-1).sharing === false`))
}

func TestPinAndLayouts(t *testing.T) {
	ctx := meeting(t, 4, nil)
	eval[any](t, ctx, in(`tile('p4').querySelector('.pin').click()`))
	until(t, ctx, in(`tile('p4').dataset.role === 'main' && tile('p4').querySelector('.pin').ariaPressed === 'true'`))
	until(t, ctx, in(`(() => { const s = got('want').at(-1).slots; const of = (id) => s.find((x) => x.participant === id); return of('p4').width > 2 * of('p1').width })()`))
	inside(t, ctx)
	shoot(t, ctx, "pinned")
	press(t, ctx, "Escape")
	until(t, ctx, in(`document.querySelector('.stage').dataset.layout === 'grid'`))
	press(t, ctx, "l")
	press(t, ctx, "l")
	until(t, ctx, in(`document.querySelector('.stage').dataset.layout === 'spotlight' && tile('p2').dataset.role === 'main'`))
	eval[any](t, ctx, `fakeRoom.room.say('speaker', {id: 'p4'})`)
	until(t, ctx, in(`tile('p4').dataset.role === 'main' && tile('p4').dataset.speaking === 'true'`))
	// Oneself speaking does not take the others' place.
	eval[any](t, ctx, `fakeRoom.room.say('speaker', {id: 'me'})`)
	until(t, ctx, in(`tile('p4').dataset.role === 'main' && tile('me').dataset.speaking === 'true'`))
}

func TestLimits(t *testing.T) {
	ctx := meeting(t, 1, nil)
	eval[any](t, ctx, `fakeRoom.room.say('limits', {encodings: [{rid: 'h', active: false, max_bitrate: 0}, {rid: 'm', active: true, max_bitrate: 384000, max_width: 352, max_height: 288, max_fps: 15}, {rid: 'l', active: true}]})`)
	// A browser that answers without simulcast leaves one encoding, which obeys the limits of its own name.
	until(t, ctx, `(() => { const e = roombridge.session.peer.camera.sender.getParameters().encodings; const m = e.find((x) => x.rid === 'm');
	  return m ? m.maxBitrate === 384000 && m.maxFramerate === 15 && !e.find((x) => x.rid === 'h').active : e.length === 1 })()`)
}

func TestSignallingLostMediaStays(t *testing.T) {
	ctx := meeting(t, 2, nil)
	eval[any](t, ctx, `window.pc = roombridge.pc, fakeRoom.down = true, fakeRoom.socket.cut(), null`)
	until(t, ctx, `roombridge.status === 'slow'`)
	until(t, ctx, `document.querySelector('.overlay').checkVisibility() && document.querySelector('.overlay').dataset.kind === 'slow'`)
	shoot(t, ctx, "slow")
	eval[any](t, ctx, `fakeRoom.down = false, null`)
	until(t, ctx, `roombridge.status === 'live' && !document.querySelector('.overlay').checkVisibility()`)
	joins := eval[[]string](t, ctx, in(`got('join').map((m) => m.resume)`))
	if len(joins) < 2 || joins[0] != "" || joins[len(joins)-1] != "token" {
		t.Error(joins)
	}
	if !eval[bool](t, ctx, `window.pc === roombridge.pc`) {
		t.Error("the peer connection was given up with the signalling")
	}
	until(t, ctx, in(`got('want').length > 1 && got('state').length > 1`)) // told anew
}

func TestPlaceLost(t *testing.T) {
	ctx := meeting(t, 2, nil)
	eval[any](t, ctx, `window.pc = roombridge.pc, fakeRoom.forget = true, fakeRoom.room.pc.close(), fakeRoom.room.pc = null, fakeRoom.socket.cut(), null`)
	until(t, ctx, `roombridge.status === 'live' && window.pc !== roombridge.pc && window.pc.connectionState === 'closed'`)
	until(t, ctx, fmt.Sprintf(settled, 2))
}

func TestMediaLost(t *testing.T) {
	ctx := meeting(t, 2, nil)
	before := eval[int](t, ctx, in(`got('offer').length`))
	eval[any](t, ctx, `roombridge.session.peer.restart(), null`)
	until(t, ctx, in(fmt.Sprintf(`got('offer').length > %d`, before)))
	ufrags := eval[[]string](t, ctx, in(`got('offer').map((m) => /a=ice-ufrag:(\S+)/.exec(m.sdp)[1])`))
	if ufrags[0] == ufrags[len(ufrags)-1] {
		t.Error("no ICE restart", ufrags)
	}
	until(t, ctx, `roombridge.status === 'live'`)
	eval[any](t, ctx, `fakeRoom.room.say('renegotiate', {restart: false})`)
	until(t, ctx, in(fmt.Sprintf(`got('offer').length > %d`, len(ufrags))))
}

func TestEndings(t *testing.T) {
	for code, words := range map[string]string{
		"removed": "Bạn đã bị mời ra khỏi cuộc họp", "replaced": "Bạn đã vào họp từ một cửa sổ khác", "full": "Phòng đã đầy",
	} {
		t.Run(code, func(t *testing.T) {
			ctx := meeting(t, 1, nil)
			eval[any](t, ctx, fmt.Sprintf(`window.media = roombridge.media, fakeRoom.room.say('bye', {code: %q, reason: ''})`, code))
			until(t, ctx, fmt.Sprintf(`document.querySelector('.ending h1')?.innerText === %q`, words))
			until(t, ctx, `roombridge.pc.connectionState === 'closed' && media.video === null && media.audio === null`)
			named(t, ctx)
			if code == "full" {
				shoot(t, ctx, "ending")
			}
		})
	}
	ctx := meeting(t, 1, nil)
	eval[any](t, ctx, `document.querySelector('[data-control="leave"]').click()`)
	until(t, ctx, in(`document.querySelector('.ending h1')?.innerText === 'Bạn đã rời cuộc họp' && got('leave').length === 1`))
}

// The room behind the real WebSocket refuses: the page says why.
func TestRefused(t *testing.T) {
	ctx := tab(t, laptop, false, joined+"en", nil)
	until(t, ctx, `document.querySelector('.ending h1')?.innerText === 'The room is full'`)
}

func TestLanguageSwitch(t *testing.T) {
	ctx := meeting(t, 2, nil)
	eval[any](t, ctx, `document.querySelector('[data-control="settings"]').click()`)
	until(t, ctx, `document.querySelector('.side h2').innerText === 'Cài đặt'`)
	eval[any](t, ctx, `document.querySelector('.side .switch [lang="en"]').click()`)
	until(t, ctx, in(`document.querySelector('.side h2').innerText === 'Settings' && tile('me').querySelector('.name').innerText === 'You' &&
	  document.querySelector('[data-control="leave"]').innerText === 'Leave' && document.documentElement.lang === 'en'`))
}

func TestJoinWithoutDevices(t *testing.T) {
	ctx := tab(t, laptop, false, joined+"en&audio=0&video=0", room(guests(1, false)))
	until(t, ctx, in(`window.roombridge?.status === 'live' && tile('p1')?.dataset.picture === 'true'`))
	if got := eval[string](t, ctx, in(`JSON.stringify(got('state').at(-1))`)); got != `{"type":"state","audio":false,"video":false,"sharing":false}` {
		t.Error(got)
	}
	// They can be turned on later.
	press(t, ctx, "v")
	press(t, ctx, "m")
	until(t, ctx, in(`got('state').at(-1).video && got('state').at(-1).audio`))
}

func TestCrowd(t *testing.T) {
	ctx := tab(t, phone, false, joined+"vi", room(guests(16, true)))
	until(t, ctx, fmt.Sprintf(settled, 4))
	inside(t, ctx)
	until(t, ctx, `document.querySelector('.more-tiles').checkVisibility()`)
	shoot(t, ctx, "crowd-phone")
	// Who speaks comes into view.
	hidden := eval[string](t, ctx, in(`fakeRoom.room.people.find((p) => !tile(p.id)).id`))
	eval[any](t, ctx, fmt.Sprintf(`fakeRoom.room.say('speaker', {id: %q})`, hidden))
	until(t, ctx, in(fmt.Sprintf(`tile(%q)?.dataset.speaking === 'true'`, hidden)))
}

// A browser that plays no sound before a click is clicked.
func TestSoundWaitsForAClick(t *testing.T) {
	ctx := meeting(t, 1, func(r map[string]any) { r["mute"] = true })
	until(t, ctx, `document.querySelector('.unheard').checkVisibility()`)
	named(t, ctx)
	shoot(t, ctx, "unheard")
	eval[any](t, ctx, `fakeRoom.mute = false, document.querySelector('.unheard').click()`)
	until(t, ctx, `!document.querySelector('.unheard').checkVisibility() && !document.querySelector('audio').paused`)
}

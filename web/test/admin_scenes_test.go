package pagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/web"
)

var venues = []string{"Phòng họp Đà Nẵng", "Hội trường Cần Thơ", "Phòng Hồng Hà", "Phòng họp tầng 5", "Trung tâm điều hành", "Phòng đào tạo Huế"}

// someRecords are two dozen calls of the last days, of every end.
func someRecords(now time.Time) []store.Call {
	ends := []struct{ cause, reason string }{
		{"normal", ""}, {"normal", ""}, {"normal", ""}, {"no-route", "no room has this number"}, {"capacity", "the tenant has 40 calls already"}, {"normal", ""}, {"media-timeout", "no media for 30 s"}, {"removed", "removed by a host"},
	}
	devices := []string{"Polycom RealPresence Group 500 6.2.2", "Cisco Room Kit 11.5", "Yealink MeetingEye 600", "HUAWEI TE40 V600R019"}
	calls := make([]store.Call, 24)
	for i := range calls {
		end := ends[i%len(ends)]
		began := now.Add(-time.Duration(i*97+3) * time.Minute)
		c := store.Call{
			ID: fmt.Sprintf("1f0a5c92be7d%04x", i), Began: began, Ended: began.Add(time.Second), Protocol: []string{"sip", "h323"}[i%2], Direction: "in", Number: fmt.Sprint(1001 + i%6),
			Rule: fmt.Sprint(1001 + i%6), Room: []string{"board", "hall", "training"}[i%3], Name: venues[i%6], Device: devices[i%4], Remote: fmt.Sprintf("203.0.113.%d:5060", 20+i), Cause: end.cause, Reason: end.reason,
		}
		flow := func(path, codec, why string, width, height int, rate int64, lost uint64) web.Flow {
			return web.Flow{Path: path, Codec: codec, Reason: why, Width: width, Height: height, FPS: 29.97, Bitrate: rate, Packets: 48210, Lost: lost, JitterMS: 3.4}
		}
		s := web.Streams{}
		if end.cause != "no-route" && end.cause != "capacity" {
			c.Connected, c.Ended = began.Add(2*time.Second), began.Add(time.Duration(7+i*5)*time.Minute)
			s.Audio.In, s.Audio.Out, s.Audio.Suite = flow("transcode", "G722", "people hear a mix of all others", 0, 0, 64_000, uint64(i*7)), flow("transcode", "G722", "a mix of all others", 0, 0, 64_000, 0), "AES_CM_128_HMAC_SHA1_80"
			s.Video.In, s.Video.Out = flow("relay", "H264", "both ends speak H264", 1280, 720, 1_720_000, uint64(i*90)), flow([]string{"relay", "compose"}[i%3/2], "H264", "one picture is enough", 1280, 720, 1_690_000, 12)
		} else {
			c.Room = ""
		}
		c.Streams, _ = json.Marshal(s)
		calls[i] = c
	}
	calls[0].Streams, _ = json.Marshal(web.Streams{Video: web.Stream{In: web.Flow{Path: "relay", Codec: "H264", Width: 1280, Height: 720, Packets: 5, FPS: 30, Reason: "both ends speak H264"}}})
	return calls
}

func pin(t *testing.T, digits string) number.PIN {
	t.Helper()
	p, err := number.TypedPIN(digits)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// company fills a gateway with what a small telco has after some weeks.
func company(t *testing.T) *kept {
	t.Helper()
	k := newKept(t, "songhan", "benhvien")
	big := admin.Customer{Tenant: number.Tenant{ID: "songhan", Domains: []string{"songhan.example.vn"}, Trunks: []string{"vnx-1"}}, Name: "Cấp nước Sông Hàn", Limits: admin.Limits{Calls: 40, Bandwidth: 120_000_000, Rooms: 20, Devices: 60}}
	if _, err := k.operator().PutTenant(t.Context(), big, -1); err != nil {
		t.Fatal(err)
	}
	window, err := number.ParseWindow("mon-fri 08:00-18:00 Asia/Ho_Chi_Minh !2026-04-30")
	if err != nil {
		t.Fatal(err)
	}
	var rules []number.Rule
	for i := range 60 {
		r := exact(fmt.Sprint(1001+i), "")
		r.Label = venues[i%6]
		if i%3 > 0 {
			r.Room = []string{"", "giao-ban", "board", "", "training", "hall"}[i%6]
		}
		switch i % 7 {
		case 1:
			r.Settings.Lobby, r.HostPIN, r.GuestPIN = true, pin(t, "987654"), pin(t, "4321")
		case 2:
			r.Times, r.Settings.Layout = []number.Window{window}, "grid"
		case 3:
			r.Protocols, r.Registered, r.Settings.Capacity = []string{"sip"}, "yes", 12
		case 5:
			r.Disabled = i > 20
		}
		rules = append(rules, r)
	}
	rules = append(rules,
		number.Rule{Label: "Khách gọi ngoài giờ", Priority: 50, Match: number.Match{Kind: number.Prefix, Number: "1900"}, Outcome: number.Outcome{Action: number.Refuse, Cause: "declined", Reason: "Ngoài giờ làm việc"}, Conditions: number.Conditions{Times: []number.Window{window}}},
		number.Rule{Label: "Chuyển Hà Nội", Priority: 60, Match: number.Match{Kind: number.Prefix, Number: "8424"}, Outcome: number.Outcome{Action: number.ToDial, Target: "sip:$1@hn.example.vn"}},
		number.Rule{Label: "Số và PIN cách bằng x", Priority: 70, Match: number.Match{Kind: number.Regex, Number: `(\d{4})x(?P<pin>\d+)`}, Outcome: number.Outcome{Room: "$1"}},
		number.Rule{ID: "le-tan", Label: "Không quay số", Priority: 900, Match: number.Match{Kind: number.Exact}, Outcome: number.Outcome{Action: number.ToReception}, Settings: number.Settings{Language: "vi"}})
	k.rules(t, rules...)
	k.history(t)
	k.deeds(t)
	return k
}

// deeds are what was done to calls and meetings, and rooms that were set up.
func (k *kept) deeds(t *testing.T) {
	t.Helper()
	name := map[string]string{"name": venues[0], "number": "1001", "room": "giao-ban"}
	for _, d := range []admin.Deed{
		{Kind: admin.DeedCall, Item: "1f0a5c92be7d0003", What: "place", More: map[string]string{"target": "sip:phonghop2", "room": "giao-ban"}},
		{Kind: admin.DeedCall, Item: "1f0a5c92be7d0001", What: "mute", More: name},
		{Kind: admin.DeedCall, Item: "1f0a5c92be7d0001", What: "move", More: map[string]string{"name": venues[0], "room": "board", "to": "giao-ban"}},
		{Kind: admin.DeedMeeting, Item: "giao-ban", What: "entry", More: map[string]string{"entry": "locked"}},
		{Kind: admin.DeedMeeting, Item: "giao-ban", What: "end", More: map[string]string{"people": "7"}},
		{Kind: admin.DeedCall, Item: "1f0a5c92be7d0001", What: "hang-up", More: name},
	} {
		if err := k.operator().Did(t.Context(), "default", d); err != nil {
			t.Fatal(err)
		}
	}
}

// furnished sets rooms up.
func (k *kept) furnished(t *testing.T) *kept {
	t.Helper()
	for i, r := range []store.Room{
		{Name: "giao-ban", Label: "Họp giao ban toàn ngành hằng tuần với các chi nhánh miền Trung", HostPIN: pin(t, "987654"), GuestPIN: pin(t, "4321"), Lobby: true, Capacity: 60, Layout: "one-plus-n", Language: "vi", Greeting: "Chào mừng đến với họp giao ban"},
		{Name: "board", Label: "Phòng họp hội đồng quản trị", HostPIN: pin(t, "987654"), Locked: true, Encryption: true},
		{Name: "hall", Label: "Hội trường lớn", Layout: "speaker", Capacity: 200}, {Name: "training", Label: "Đào tạo", Language: "en"}, {Name: "phong-khach", Label: "Phòng khách"},
	} {
		if _, _, err := k.desk(t, "").PutRoomSetup(t.Context(), r, 0); err != nil {
			t.Fatal(i, err)
		}
	}
	return k
}

// history is what happened and was changed.
func (k *kept) history(t *testing.T) {
	t.Helper()
	desk, now := k.desk(t, ""), time.Now()
	for _, label := range []string{"Phòng họp Đà Nẵng (mới)", "Phòng họp Đà Nẵng"} {
		n, err := desk.Number(t.Context(), "1001")
		if err != nil {
			t.Fatal(err)
		}
		n.Label, n.Settings.Capacity, n.Room = label, n.Settings.Capacity+8, "da-nang"
		if _, _, err := desk.PutNumber(t.Context(), n.Rule, -1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := desk.DeleteNumber(t.Context(), "1060", -1); err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"Tổng đài nội bộ", "Giám sát"} {
		if _, _, err := desk.NewToken(t.Context(), label, []admin.Right{admin.Read, admin.Calls}, now.AddDate(0, 3, 0)); err != nil {
			t.Fatal(err)
		}
	}
	scope, err := k.service.DB.Tenant("default")
	if err != nil {
		t.Fatal(err)
	}
	events := make([]store.Event, 9)
	for i := range events {
		events[i] = store.NewEvent(now.Add(-time.Duration(i*41)*time.Minute), "security.pin", "a wrong PIN was dialled behind 1002")
		events[i].From, events[i].Call = fmt.Sprintf("203.0.113.%d", 40+i%3), "1f0a5c92be7d0001"
		if i%4 == 3 {
			events[i].Kind, events[i].Text = "security.register", "locked out for 5m0s after 10 wrong passwords: address"
		}
	}
	if err := store.Events.Append(t.Context(), scope, events...); err != nil {
		t.Fatal(err)
	}
	if err := store.Calls.Append(t.Context(), scope, someRecords(now)...); err != nil {
		t.Fatal(err)
	}
}

// scenes are the pages as they are looked at: where, in which language and light, and when they are there.
var keptScenes = []struct{ name, path, ready string }{
	{"numbers", "/numbers", `document.querySelectorAll('[data-table="numbers"] tbody tr').length > 20`},
	{"rule", "/numbers/rule/1002", `document.querySelector('[data-decision]') && document.querySelector('[data-form="rule"]')`},
	{"rule-times", "/numbers/rule/1003", `document.querySelector('.window') && document.querySelector('[data-decision]')`},
	{"rule-lower", "/numbers/rule/1002", `document.querySelector('[data-decision]') && (document.querySelector('[data-section="voice"]').scrollIntoView({block: 'end'}), true)`},
	{"setups", "/roomsetup", `document.querySelectorAll('[data-table="setups"] tbody tr').length === 5`},
	{"setup", "/roomsetup/giao-ban", `document.querySelector('[data-way]')`},
	{"setup-new", "/roomsetup/new", `document.querySelector('[data-form="setup"]')`},
	{"new", "/numbers/new", `document.querySelector('[data-decision]')`},
	{"dryrun", "/dryrun?number=1003&address=203.0.113.7", `document.querySelector('[data-decision]')`},
	{"import", "/numbers/import", `document.querySelector('[data-act="paste"]')`},
	{"records", "/records", `document.querySelectorAll('[data-table="records"] tbody tr').length > 10`},
	{"record", "/records/1f0a5c92be7d0001", `document.querySelector('[data-stream="video-in"]')`},
	{"audit", "/audit", `document.querySelectorAll('.change-entry').length > 3`},
	{"security", "/security", `document.querySelectorAll('[data-table="security"] tbody tr').length > 5`},
	{"tokens", "/tokens", `document.querySelectorAll('[data-table="tokens"] tbody tr').length === 2`},
	{"tenants", "/tenants", `document.querySelectorAll('[data-table="tenants"] tbody tr').length === 3`},
	{"tenant", "/tenants/songhan", `document.querySelector('[data-form="tenant"]')`},
	{"accounts", "/administrators", `document.querySelector('[data-table="accounts"]')`},
}

// Every page is there in both languages and both lights, has names for all that is operated, and does not scroll sideways.
func TestKeptScenes(t *testing.T) {
	k := company(t).furnished(t)
	for i, c := range keptScenes {
		for j, v := range []struct {
			screen screen
			dark   bool
			lang   string
		}{{laptop, false, "vi"}, {wall, true, "en"}, {laptop, true, "vi"}, {wall, false, "en"}} {
			if os.Getenv("ROOMBRIDGE_SCREENSHOTS") == "" && (i+j)%4 != 0 {
				continue // each page once; all looks are for looking at
			}
			t.Run(fmt.Sprintf("%s-%s-%s-dark%v", c.name, v.screen.name, v.lang, v.dark), func(t *testing.T) {
				ctx := k.open(t, v.screen, v.dark, v.lang, c.path)
				until(t, ctx, c.ready)
				if c.name == "import" {
					fill(t, ctx, `[data-act="paste"]`, "number,match,room,guest_pin,label,priority\n1001,,board,,Phòng họp Đà Nẵng,20\n1062,,hall,4321,Phòng mới,\n+84 24 20,prefix,room-$1,,Khách hàng Hà Nội,\n")
					until(t, ctx, `document.querySelector('[data-section="difference"]')`)
				}
				shoot(t, ctx, fmt.Sprintf("kept-%s-%s-%s-%v", c.name, v.screen.name, v.lang, v.dark))
				named(t, ctx)
				sound(t, ctx)
				if wide := eval[bool](t, ctx, `document.documentElement.scrollWidth > innerWidth || document.querySelector('#content').scrollWidth > document.querySelector('#content').clientWidth`); wide {
					t.Error("the page scrolls sideways")
				}
				unharmed(t, ctx)
			})
		}
	}
}

// sound asks axe-core, where npm has installed it, for anything serious.
func sound(t *testing.T, ctx context.Context) {
	t.Helper()
	script, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		return
	}
	eval[any](t, ctx, string(script)+";void 0")
	found := eval[[]string](t, ctx, `axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
	  .flatMap((v) => v.nodes.slice(0, 5).map((n) => v.id + ': ' + n.html.slice(0, 160) + ' ' + (n.any[0]?.message ?? n.failureSummary ?? ''))))`)
	for _, f := range found {
		t.Error(f)
	}
}

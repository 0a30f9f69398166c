package pagetest

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

// A number is made with the dry run beside it, found without diacritics, changed, switched off, deleted and brought back.
func TestNumbersPage(t *testing.T) {
	k := newKept(t)
	k.rules(t, number.Rule{Priority: 900, Match: number.Match{Kind: number.Prefix, Number: "1"}, Outcome: number.Outcome{Action: number.Refuse, Reason: "ngoài giờ"}})
	ctx := k.open(t, laptop, false, "vi", "/numbers/new")
	fill(t, ctx, `[data-field="number"] input`, "+1 001")
	fill(t, ctx, `[data-field="label"] input`, "Phòng họp Đà Nẵng")
	until(t, ctx, `document.querySelector('[data-field="number"] .hint').textContent === 'Được so sánh là 1001'`)
	until(t, ctx, `document.querySelector('[data-decision="room"]')?.dataset.where === '1001' && document.querySelector('[data-dryrun="draft"]')`)
	fill(t, ctx, `[data-field="room"] input`, "da-nang")
	until(t, ctx, `document.querySelector('[data-decision="room"]')?.dataset.where === 'da-nang'`)
	click(t, ctx, `[data-field="lobby"] input`)
	until(t, ctx, `document.querySelector('[data-field="lobby"] .hint').classList.contains('wrong')`)
	click(t, ctx, `[data-act="save"]`)
	until(t, ctx, `document.querySelector('.toast.bad')`)
	fill(t, ctx, `[data-pin="host_pin"]`, "987654")
	until(t, ctx, `!document.querySelector('[data-field="lobby"] .hint').classList.contains('wrong')`)
	click(t, ctx, `[data-act="save"]`)
	until(t, ctx, `location.hash.startsWith('#/numbers') && document.querySelector('tr[data-key="1001"]') && document.querySelector('[data-toast="undo"]')`)
	if n, err := k.desk(t, "").Number(t.Context(), "1001"); err != nil || n.Room != "da-nang" || !n.Lobby || !n.HostPIN.Set() || n.Label != "Phòng họp Đà Nẵng" {
		t.Fatalf("%+v, %v", n, err)
	}

	fill(t, ctx, `[data-act="search"]`, "da nang HOP")
	until(t, ctx, `document.querySelectorAll('[data-table="numbers"] tbody tr').length === 1`)
	click(t, ctx, `tr[data-key="1001"] [data-act="toggle"]`)
	until(t, ctx, `document.querySelector('tr[data-key="1001"] [data-act="toggle"]').getAttribute('aria-checked') === 'false'`)
	click(t, ctx, `tr[data-key="1001"] [data-act="delete"]`)
	until(t, ctx, `!document.querySelector('tr[data-key="1001"]') && document.querySelector('.toasts').lastChild.innerText.includes('Đã xóa 1001')`)
	eval[any](t, ctx, `document.querySelector('.toasts').lastChild.querySelector('[data-act="undo"]').click()`)
	until(t, ctx, `document.querySelector('tr[data-key="1001"]')`)
	unharmed(t, ctx)
}

// Who saves a rule that somebody else wrote meanwhile sees what changed, and loses nothing of either.
func TestConflictOfNumbers(t *testing.T) {
	k := newKept(t)
	k.rules(t, exact("1001", "board"))
	ctx := k.open(t, laptop, false, "en", "/numbers/rule/1001")
	fill(t, ctx, `[data-field="label"] input`, "Mine")
	other := exact("1001", "hall")
	other.Settings.Capacity = 7
	k.rules(t, other)
	click(t, ctx, `[data-act="save"]`)
	until(t, ctx, `document.querySelector('[data-dialog="conflict"] [data-field="room"]')?.innerText.includes('hall')`)
	shoot(t, ctx, "kept-conflict")
	click(t, ctx, `[data-dialog="conflict"] [data-act="merge"]`)
	until(t, ctx, `document.querySelector('[data-toast="undo"]')`)
	if n, err := k.desk(t, "").Number(t.Context(), "1001"); err != nil || n.Room != "hall" || n.Label != "Mine" || n.Capacity != 7 {
		t.Fatalf("%+v, %v", n, err)
	}
	unharmed(t, ctx)
}

// Who may only look is offered nothing that changes anything, and sees nothing of other tenants.
func TestLookingOnly(t *testing.T) {
	k := newKept(t, "acme")
	k.rules(t, exact("1001", "board"))
	desk := k.desk(t, "acme")
	if _, _, err := desk.PutNumber(t.Context(), exact("2002", "theirs").Normal(), 0); err != nil {
		t.Fatal(err)
	}
	var err error
	if _, k.token, err = desk.NewToken(t.Context(), "", []admin.Right{admin.Read}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	ctx := k.open(t, laptop, false, "vi", "/numbers")
	until(t, ctx, `document.querySelector('tr[data-key="2002"]') && !document.querySelector('tr[data-key="1001"]')`)
	for _, act := range []string{"new", "import", "toggle", "delete"} {
		if eval[bool](t, ctx, fmt.Sprintf(`Boolean(document.querySelector('#content [data-act=%q]'))`, act)) {
			t.Errorf("%s is offered", act)
		}
	}
	visit(t, ctx, "/numbers/rule/2002")
	until(t, ctx, `document.querySelector('[data-form="rule"] [data-field="room"] input')?.disabled && document.querySelector('[data-decision]') && !document.querySelector('[data-act="save"]')`)
	for _, path := range []string{"/tenants", "/tokens", "/numbers/new", "/administrators"} {
		visit(t, ctx, path)
		until(t, ctx, `location.hash === '#/'`)
	}
	unharmed(t, ctx)
}

// What was typed and not saved is there again for who comes back, and over a change of language.
func TestLeftRule(t *testing.T) {
	k := newKept(t)
	k.rules(t, exact("1001", "board"))
	ctx := k.open(t, laptop, false, "en", "/numbers/rule/1001")
	fill(t, ctx, `[data-field="label"] input`, "Half")
	click(t, ctx, `[data-lang="vi"]`)
	until(t, ctx, `document.querySelector('.unsaved')?.innerText === 'Chưa lưu: 1 ô' && document.querySelector('[data-field="label"] input').value === 'Half'`)
	visit(t, ctx, "/records")
	click(t, ctx, `[data-toast="left"] [data-act="left"]`)
	until(t, ctx, `document.querySelector('[data-field="label"] input')?.value === 'Half'`)
	click(t, ctx, `[data-act="cancel"]`)
	until(t, ctx, `document.querySelector('tr[data-key="1001"]') && !document.querySelector('[data-toast="left"]')`)
	unharmed(t, ctx)
}

// The dry run tells of each rule that came near, and of the others briefly.
func TestDryRunPage(t *testing.T) {
	k := newKept(t)
	rules := []number.Rule{{ID: "vip", Priority: 10, Match: number.Match{Kind: number.Prefix, Number: "10"}, Conditions: number.Conditions{Protocols: []string{"h323"}}}}
	for i := range 40 {
		rules = append(rules, exact(fmt.Sprint(1000+i), ""))
	}
	k.rules(t, rules...)
	ctx := k.open(t, laptop, true, "vi", "/dryrun?number=1039")
	until(t, ctx, `document.querySelector('[data-decision="room"]')?.dataset.rule === '1039'`)
	steps := eval[[]string](t, ctx, `[...document.querySelectorAll('[data-step]')].map((e) => e.dataset.step + ' ' + e.querySelector('.why')?.innerText)`)
	if strings.Join(steps, "|") != "passed cuộc gọi qua sip, không phải h323|many undefined|fits quy tắc khớp" {
		t.Error(steps)
	}
	click(t, ctx, `[data-act="showall"]`)
	until(t, ctx, `document.querySelectorAll('[data-step]').length === 41`)
	fill(t, ctx, `.dryrun [data-field="protocol"] select`, "h323")
	until(t, ctx, `document.querySelector('[data-decision="room"]')?.dataset.rule === 'vip'`)
	fill(t, ctx, `.dryrun [data-field="number"] input`, "5")
	until(t, ctx, `document.querySelector('[data-decision="refuse"]')?.innerText.includes('Không có phòng nào có số này')`)
	unharmed(t, ctx)
}

// An import shows mistakes by line, then its difference, is applied at once and taken back.
func TestImportPage(t *testing.T) {
	k := newKept(t)
	k.rules(t, exact("1001", "board"), exact("1002", "old"))
	ctx := k.open(t, laptop, false, "vi", "/numbers/import")
	fill(t, ctx, `[data-act="paste"]`, "number,room,priority\n1001,hall,5\n1003,new,x\n")
	until(t, ctx, `document.querySelector('[data-section="mistakes"] [data-line="3"]')?.innerText.includes('1003,new,x')`)
	fill(t, ctx, `[data-act="paste"]`, "number,room,priority\n1001,hall,5\n1003,new,\n1004,,\n")
	counts := `['added', 'changed', 'removed', 'same'].map((k) => document.querySelector('[data-section="difference"] [data-kind="' + k + '"]')?.dataset.count).join()`
	until(t, ctx, counts+` === '2,1,0,1'`)
	until(t, ctx, `document.querySelector('[data-change="changed"] [data-field="room"]')?.innerText.includes('board')`)
	click(t, ctx, `[data-act="mode"] [data-value="replace"] input`)
	until(t, ctx, counts+` === '2,1,1,0'`)
	k.rules(t, exact("1005", "moved"))
	click(t, ctx, `[data-act="apply"]`)
	until(t, ctx, `document.querySelector('.note.warn') && `+counts+` === '2,1,2,0'`)
	click(t, ctx, `[data-act="apply"]`)
	until(t, ctx, `document.querySelector('[data-import="applied"]')`)
	rooms := func() string {
		all, err := k.desk(t, "").Export(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, r := range all {
			list = append(list, r.ID+" "+r.Room)
		}
		return strings.Join(list, ", ")
	}
	if got := rooms(); got != "1001 hall, 1003 new, 1004 $0" {
		t.Error(got)
	}
	click(t, ctx, `[data-act="undo-import"]`)
	until(t, ctx, `document.querySelector('[data-import="undone"]')`)
	if got := rooms(); got != "1001 board, 1002 old, 1005 moved" {
		t.Error(got)
	}
	visit(t, ctx, "/audit")
	until(t, ctx, `document.querySelector('[data-undoes]') && document.querySelectorAll('.change-entry').length >= 3`)
	unharmed(t, ctx)
}

// An import is one entry of the audit trail, which is opened; what was searched for stands before the others.
func TestAuditOfAnImport(t *testing.T) {
	k := newKept(t)
	var rules []number.Rule
	for i := range 450 {
		rules = append(rules, exact(fmt.Sprint(20000+i), ""))
	}
	k.rules(t, rules...)
	ctx := k.open(t, laptop, false, "vi", "/audit?kind=rules")
	until(t, ctx, `document.querySelectorAll('.change-entry').length === 1 && document.querySelector('.change-entry').innerText.includes('450')`)
	eval[any](t, ctx, `document.querySelector('[data-all] summary').click()`)
	lines := `document.querySelectorAll('[data-all] [data-change="added"]').length`
	until(t, ctx, lines+` === 200`)
	click(t, ctx, `[data-act="rest"]`)
	until(t, ctx, lines+` === 400`)
	click(t, ctx, `[data-act="rest"]`)
	until(t, ctx, lines+` === 450 && !document.querySelector('[data-act="rest"]').checkVisibility()`)
	fill(t, ctx, `[data-act="search"]`, "20449")
	until(t, ctx, `document.querySelectorAll('[data-found] [data-item]').length === 1 && document.querySelector('[data-found] [data-item="20449"]')`)
	click(t, ctx, `[data-act="undo"]`)
	until(t, ctx, `document.querySelector('[data-dialog="sure"]').innerText.includes('450')`)
	click(t, ctx, `[data-dialog="sure"] [data-act="yes"]`)
	until(t, ctx, `document.querySelector('.toast.good')`)
	if n, err := k.desk(t, "").Export(t.Context()); err != nil || len(n) != 0 {
		t.Errorf("%d rules are left, %v", len(n), err)
	}
	unharmed(t, ctx)
}

// What administrators did to calls and meetings stands in the audit trail in words, is found, and offers nothing to undo.
func TestAuditOfDeeds(t *testing.T) {
	k := newKept(t)
	k.deeds(t)
	ctx := k.open(t, laptop, false, "vi", "/audit")
	until(t, ctx, `document.querySelector('[data-did="calls.hang-up"]')?.innerText.includes('Ngắt cuộc gọi với Phòng họp Đà Nẵng') && document.querySelector('[data-did="meetings.entry"]')?.innerText.includes('Khóa')`)
	if n := eval[int](t, ctx, `[...document.querySelectorAll('.change-entry')].filter((e) => e.querySelector('[data-did]') && e.querySelector('[data-act="undo"]')).length`); n != 0 {
		t.Errorf("%d deeds can be taken back", n)
	}
	fill(t, ctx, `[data-act="search"]`, "da nang")
	until(t, ctx, `document.querySelectorAll('[data-did]').length === 3`)
	fill(t, ctx, `[data-act="search"]`, "")
	fill(t, ctx, `[data-act="kind"]`, "meetings")
	until(t, ctx, `document.querySelectorAll('[data-did]').length > 0 && [...document.querySelectorAll('[data-did]')].every((e) => e.dataset.did.startsWith('meetings.'))`)
	unharmed(t, ctx)
}

// A room is set up with a PIN that is never shown again, found, told what leads to it, changed, deleted and brought back.
func TestRoomSetupPage(t *testing.T) {
	k := newKept(t)
	ctx := k.open(t, laptop, false, "vi", "/roomsetup")
	until(t, ctx, `document.querySelector('.empty')?.innerText.includes('Chưa có phòng cố định nào')`)
	click(t, ctx, `.head [data-act="new"]`)
	fill(t, ctx, `[data-field="name"] input`, "a/b")
	fill(t, ctx, `[data-field="label"] input`, "Phòng họp Đà Nẵng")
	click(t, ctx, `[data-field="lobby"] input`)
	click(t, ctx, `[data-act="save"]`)
	until(t, ctx, `document.activeElement === document.querySelector('[data-field="name"] input') && document.querySelectorAll('.hint.wrong').length === 2`)
	fill(t, ctx, `[data-field="name"] input`, "board")
	fill(t, ctx, `[data-pin="host_pin"]`, "987654")
	fill(t, ctx, `[data-field="layout"] select`, "grid")
	until(t, ctx, `document.querySelectorAll('.hint.wrong').length === 0`)
	click(t, ctx, `[data-act="save"]`)
	until(t, ctx, `location.hash === '#/roomsetup' && document.querySelector('tr[data-key="board"]')`)
	got, err := k.desk(t, "").RoomSetup(t.Context(), "board")
	if err != nil || !got.Lobby || !got.HostPIN.Set() || got.GuestPIN.Set() || got.Layout != "grid" {
		t.Fatalf("%+v, %v", got, err)
	}

	k.rules(t, exact("1001", "board"), number.Rule{Match: number.Match{Kind: number.Prefix, Number: "84"}, Outcome: number.Outcome{Room: "b$1"}})
	click(t, ctx, `tr[data-key="board"] a[href="#/roomsetup/board"]`)
	until(t, ctx, `document.querySelector('[data-section="ways"] [data-way="1001"]') && document.querySelector('[data-section="ways"] [data-way="prefix 84"]')?.innerText.includes('84oard')`)
	if eval[bool](t, ctx, `document.querySelector('#content').innerHTML.includes('987654')`) {
		t.Error("the PIN is shown again")
	}
	fill(t, ctx, `[data-field="capacity"] input`, "12")
	until(t, ctx, `document.querySelector('.unsaved').innerText === 'Chưa lưu: 1 ô'`)
	click(t, ctx, `[data-act="save"]`)
	until(t, ctx, `document.querySelector('tr[data-key="board"]')?.innerText.includes('≤ 12') && document.querySelector('tr[data-key="board"] [data-column="ways"]').innerText.includes('1001')`)
	fill(t, ctx, `[data-act="search"]`, "da NANG")
	until(t, ctx, `document.querySelectorAll('[data-table="setups"] tbody tr').length === 1 && location.hash.includes('search=')`)
	click(t, ctx, `tr[data-key="board"] [data-act="delete"]`)
	until(t, ctx, `!document.querySelector('tr[data-key="board"]') && document.querySelector('.toasts').lastChild.innerText.includes('board')`)
	eval[any](t, ctx, `document.querySelector('.toasts').lastChild.querySelector('[data-act="undo"]').click()`)
	until(t, ctx, `document.querySelector('tr[data-key="board"]')`)

	visit(t, ctx, "/roomsetup/board")
	fill(t, ctx, `[data-field="label"] input`, "Của tôi")
	got.Room.Label, got.Room.HostPIN = "Của người khác", got.HostPIN
	if _, _, err := k.desk(t, "").PutRoomSetup(t.Context(), got.Room, -1); err != nil {
		t.Fatal(err)
	}
	click(t, ctx, `[data-act="save"]`)
	until(t, ctx, `document.querySelector('.toast.bad') && document.querySelector('[data-field="label"] input')?.value === 'Của người khác'`)
	unharmed(t, ctx)
}

// Of rooms that were set up a tenant sees its own, and who may only look changes none.
func TestRoomSetupOfTenants(t *testing.T) {
	k := newKept(t, "acme")
	for tenant, name := range map[string]string{"": "ours", "acme": "theirs"} {
		if _, _, err := k.desk(t, tenant).PutRoomSetup(t.Context(), store.Room{Name: name}, 0); err != nil {
			t.Fatal(err)
		}
	}
	ctx := k.open(t, laptop, true, "en", "/roomsetup")
	until(t, ctx, `document.querySelector('tr[data-key="ours"]') && !document.querySelector('tr[data-key="theirs"]')`)
	fill(t, ctx, `select[data-act="tenant"]`, "acme")
	until(t, ctx, `document.querySelector('tr[data-key="theirs"] a[href="/room/theirs%40acme"]') && !document.querySelector('tr[data-key="ours"]')`)
	_, text, err := k.desk(t, "acme").NewToken(t.Context(), "", []admin.Right{admin.Read}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	k.token = text
	ctx = k.open(t, laptop, false, "en", "/roomsetup/theirs")
	until(t, ctx, `document.querySelector('[data-field="label"] input')?.disabled && !document.querySelector('[data-act="save"], [data-act="delete"]')`)
	visit(t, ctx, "/roomsetup/ours")
	until(t, ctx, `document.querySelector('.empty')?.innerText.includes('not set up any more')`)
	unharmed(t, ctx)
}

// A token's text is shown once and works; deleted, it works no more.
func TestTokensPage(t *testing.T) {
	k := newKept(t)
	ctx := k.open(t, laptop, false, "en", "/tokens")
	click(t, ctx, `[data-act="new"]`)
	fill(t, ctx, `[data-dialog="token"] [data-field="label"] input`, "PBX")
	click(t, ctx, `[data-dialog="token"] [data-act="submit"]`)
	until(t, ctx, `document.querySelector('[data-field="scopes"] .hint').innerText !== ''`)
	click(t, ctx, `[data-scope="numbers"]`)
	click(t, ctx, `[data-dialog="token"] [data-act="submit"]`)
	until(t, ctx, `document.querySelector('[data-token="text"]')`)
	text := eval[string](t, ctx, `document.querySelector('[data-token="text"]').innerText`)
	use := func() int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, k.origin+"/api/v1/numbers", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+text)
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}} //nolint:gosec // the test's own server
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if code := use(); code != http.StatusOK {
		t.Error(code)
	}
	click(t, ctx, `[data-dialog="token"] [data-act="done"]`)
	until(t, ctx, `document.querySelectorAll('[data-table="tokens"] tbody tr').length === 1 && !document.body.innerHTML.includes(`+fmt.Sprintf("%q", text)+`)`)
	click(t, ctx, `[data-table="tokens"] [data-act="delete"]`)
	click(t, ctx, `[data-dialog="sure"] [data-act="yes"]`)
	until(t, ctx, `!document.querySelector('[data-table="tokens"]').checkVisibility()`)
	if code := use(); code != http.StatusUnauthorized {
		t.Error(code)
	}
	unharmed(t, ctx)
}

// Records are found without diacritics, filtered by how they ended, and opened.
func TestRecordsPage(t *testing.T) {
	k := newKept(t)
	scope, err := k.service.DB.Tenant("default")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Calls.Append(t.Context(), scope, someRecords(time.Now())...); err != nil {
		t.Fatal(err)
	}
	ctx := k.open(t, laptop, false, "vi", "/records")
	rows := `document.querySelectorAll('[data-table="records"] tbody tr').length`
	until(t, ctx, rows+` === 24`)
	fill(t, ctx, `[data-act="search"]`, "hoi truong can tho")
	until(t, ctx, rows+` > 0 && `+rows+` < 24`)
	fill(t, ctx, `[data-act="search"]`, "")
	fill(t, ctx, `[data-act="cause"]`, "capacity")
	until(t, ctx, rows+` > 0 && [...document.querySelectorAll('[data-cause]')].every((e) => e.dataset.cause === 'capacity')`)
	fill(t, ctx, `[data-act="cause"]`, "")
	until(t, ctx, rows+` === 24`)
	click(t, ctx, `[data-table="records"] tbody tr a`)
	until(t, ctx, `document.querySelector('[data-stream="video-in"]')?.dataset.path === 'relay'`)
	unharmed(t, ctx)
}

// A tenant is made and changed; another's change is not written over.
func TestTenantsPage(t *testing.T) {
	k := newKept(t)
	ctx := k.open(t, laptop, false, "vi", "/tenants/new")
	fill(t, ctx, `[data-field="name"] input`, "Công ty Điện lực Sông Hàn")
	until(t, ctx, `document.querySelector('[data-field="id"] input').value === 'cong-ty-dien-luc-song-han'`)
	fill(t, ctx, `[data-field="id"] input`, "songhan")
	fill(t, ctx, `[data-field="domains"] textarea`, "songhan.example.vn\nhop.songhan.example.vn")
	fill(t, ctx, `[data-field="limit_calls"] input`, "40")
	fill(t, ctx, `[data-field="limit_bandwidth"] input`, "120.5")
	fill(t, ctx, `[data-field="keep_calls"] input`, "90")
	click(t, ctx, `[data-form="tenant"] [data-act="submit"]`)
	until(t, ctx, `document.querySelector('[data-table="tenants"] tr[data-key="songhan"]')`)
	got, err := k.operator().Tenancy(t.Context(), "songhan")
	if err != nil || len(got.Domains) != 2 || got.Limits.Calls != 40 || got.Limits.Bandwidth != 120_500_000 || got.Keep.Calls != 90 {
		t.Fatalf("%+v, %v", got, err)
	}
	click(t, ctx, `tr[data-key="songhan"] [data-act="switch"]`)
	until(t, ctx, `location.hash === '#/numbers' && document.querySelector('select[data-act="tenant"]')?.value === 'songhan' && document.querySelector('[data-table="numbers"]')`)
	visit(t, ctx, "/tenants/songhan")
	fill(t, ctx, `[data-field="name"] input`, "Sông Hàn")
	got.Tenant.Name = "Khác"
	if _, err := k.operator().PutTenant(t.Context(), got.Tenant, -1); err != nil {
		t.Fatal(err)
	}
	click(t, ctx, `[data-form="tenant"] [data-act="submit"]`)
	until(t, ctx, `document.querySelector('[data-field="name"] input')?.value === 'Khác' && document.querySelector('.toast.bad')`)
	unharmed(t, ctx)
}

// Somebody is added, switched off and removed.
func TestAccountsPage(t *testing.T) {
	k := newKept(t)
	ctx := k.open(t, laptop, false, "en", "/administrators")
	click(t, ctx, `[data-act="new"]`)
	fill(t, ctx, `[data-dialog="account"] [data-field="name"] input`, "lan")
	fill(t, ctx, `[data-dialog="account"] [data-field="role"] select`, "viewer") // the last operator cannot be switched off
	fill(t, ctx, `[data-dialog="account"] [data-field="password"] input`, "mật khẩu dài")
	click(t, ctx, `[data-dialog="account"] [data-act="submit"]`)
	until(t, ctx, `document.querySelector('[data-table="accounts"] tr[data-key="lan"]')`)
	click(t, ctx, `tr[data-key="lan"] [data-act="edit"]`)
	click(t, ctx, `[data-dialog="account"] [data-field="disabled"] input`)
	click(t, ctx, `[data-dialog="account"] [data-act="submit"]`)
	until(t, ctx, `document.querySelector('tr[data-key="lan"] [data-column="state"]').innerText.includes('Disabled')`)
	click(t, ctx, `tr[data-key="lan"] [data-act="delete"]`)
	click(t, ctx, `[data-dialog="sure"] [data-act="yes"]`)
	until(t, ctx, `!document.querySelector('tr[data-key="lan"]')`)
	unharmed(t, ctx)
}

// Ten thousand numbers are searched and paged in moments.
func TestManyNumbers(t *testing.T) {
	if testing.Short() {
		t.Skip("writes ten thousand rules")
	}
	k := newKept(t)
	var rules []number.Rule
	for i := range 10_000 {
		rules = append(rules, exact(fmt.Sprint(20000+i), ""))
	}
	k.rules(t, rules...)
	ctx := k.open(t, laptop, false, "vi", "/numbers")
	until(t, ctx, `document.querySelectorAll('[data-table="numbers"] tbody tr').length === 100`)
	fill(t, ctx, `[data-act="search"]`, "29999")
	until(t, ctx, `document.querySelectorAll('[data-table="numbers"] tbody tr').length === 1`)
	visit(t, ctx, "/dryrun?number="+url.QueryEscape("29999"))
	until(t, ctx, `document.querySelector('[data-decision="room"]')?.dataset.rule === '29999'`)
	took := eval[[]float64](t, ctx, `(async () => {
	  const {post, get} = await import(document.querySelector('script[type=module]').src.replace('app.js', 'api.js'));
	  const p95 = async (f) => {
	    const times = [];
	    for (let i = 0; i < 20; i++) {
	      const t = performance.now();
	      await f(i);
	      times.push(performance.now() - t);
	    }
	    return times.sort((a, b) => a - b)[18];
	  };
	  return [await p95((i) => get('/numbers?limit=100&search=2' + i)), await p95((i) => post('/numbers/test', {number: '29999', brief: true})),
	    await p95((i) => post('/numbers/test', {number: '29999', brief: true, draft: {id: 'x', number: '84', match: 'prefix'}}))];
	})()`)
	t.Logf("at 10,000 rules, ms (p95): search %.0f, dry run %.0f, dry run with a draft %.0f", took[0], took[1], took[2])
	unharmed(t, ctx)
}

// What cannot be read is said where it would stand, in words, with a way to try again.
func TestPagesSayWhatIsWrong(t *testing.T) {
	k := newKept(t)
	k.rules(t, exact("1001", "board"))
	ctx := k.open(t, laptop, false, "vi", "/")
	for _, c := range []struct{ path, status, words string }{
		{"/numbers", "0", "Cổng không trả lời."}, {"/roomsetup", "429", "Thử lại sau 7 giây."}, {"/records", "500", "Cổng gặp lỗi"}, {"/audit", "403", "Bạn không được phép"},
		{"/security", "0", "Cổng không trả lời."}, {"/numbers/rule/1001", "429", "Thử lại sau 7 giây."}, {"/tenants", "403", "Bạn không được phép"}, {"/administrators", "500", "Cổng gặp lỗi"},
	} {
		eval[any](t, ctx, fmt.Sprintf(`void (window.fetched ??= window.fetch, window.fetch = (at, o) => /^\/api\/v1\/(numbers|roomsetup|records|changes|security|tenants|administrators)/.test(at) ?
		  (%s === 0 ? Promise.reject(new TypeError('gone')) : Promise.resolve(new Response('{}', {status: %[1]s, headers: {'Retry-After': '7'}}))) : fetched(at, o))`, c.status))
		visit(t, ctx, c.path)
		until(t, ctx, fmt.Sprintf(`document.querySelector('[data-unread="%s"]')?.innerText.includes(%q)`, c.status, c.words))
		shoot(t, ctx, "kept-wrong-"+c.status)
		accessible(t, ctx)
		eval[any](t, ctx, `void (window.fetch = window.fetched)`)
		click(t, ctx, `[data-act="retry"]`)
		until(t, ctx, `!document.querySelector('[data-unread]') && document.querySelector('#content h1')`)
	}
	unharmed(t, ctx)
}

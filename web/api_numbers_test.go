package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/admin/admintest"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

// planned is a site whose tenant a has rules for the numbers given, in force.
func planned(t *testing.T, numbers ...string) (*site, *admin.Service, string) {
	t.Helper()
	service := admintest.New(t, "a")
	desk, err := service.Operator("").In(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range numbers {
		rule := number.Rule{Match: number.Match{Kind: number.Exact, Number: n}, Outcome: number.Outcome{Room: "room-$0"}}.Normal()
		if _, _, err := desk.PutNumber(t.Context(), rule, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := service.DB.Plans(t.Context(), service.Book); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *Config) { c.Token, c.Admin = "secret", service })
	return s, service, "Authorization: Bearer " + admintest.Token(t, service, "a", admin.Numbers)
}

type dryRun struct {
	Steps    []number.Step
	Decision struct {
		Rule, Action, Room, Role string
		WrongPIN                 bool `json:"wrong_pin"`
	}
}

// A dry run takes a rule that is not written yet for one that is, and tells briefly of many.
func TestDraft(t *testing.T) {
	var numbers []string
	for i := range 30 {
		numbers = append(numbers, fmt.Sprint(1000+i))
	}
	s, _, auth := planned(t, numbers...)
	test := func(body string) (int, dryRun, string) {
		resp, text := s.do("POST", "/api/v1/numbers/test", body, auth)
		var d dryRun
		_ = json.Unmarshal([]byte(text), &d)
		return resp.StatusCode, d, text
	}
	code, d, text := test(`{"number":"1029"}`)
	if code != 200 || len(d.Steps) != 30 || d.Decision.Room != "room-1029" {
		t.Fatal(code, text)
	}
	if code, d, text = test(`{"number":"1029","brief":true}`); code != 200 || len(d.Steps) != 2 || d.Steps[0].Count != 29 || !d.Steps[1].Fits {
		t.Error(code, text)
	}
	code, d, text = test(`{"number":"1029","brief":true,"draft":{"id":"all","match":"any","priority":5,"room":"hall","number":""}}`)
	if code != 200 || d.Decision.Rule != "all" || d.Decision.Room != "hall" || len(d.Steps) != 1 {
		t.Error(code, text)
	}
	code, d, text = test(`{"number":"2000*4321","draft":{"number":"2000","room":"new","guest_pin":"4321"}}`)
	if code != 200 || d.Decision.Rule != "2000" || d.Decision.Role != "guest" || strings.Contains(text, "4321") {
		t.Error(code, text)
	}
	if code, d, text = test(`{"number":"2000"}`); code != 200 || d.Decision.Action != "refuse" {
		t.Error("the draft was written:", code, text)
	}
	for body, want := range map[string]string{
		`{"number":"1","draft":{"number":"1","guest_pin":"****"}}`:               "masked PIN",
		`{"number":"1","draft":{"number":"1","lobby":true,"fps":99}}`:            "fps is 0 to 60",
		`{"number":"1","draft":{"number":"1","colour":"red"}}`:                   "colour",
		`{"number":"1","draft":{"number":"(","match":"regex"}}`:                  "number",
		`{"number":"1","draft":{"id":"x","number":"1","times":["mon 25:00-1"]}}`: "hours",
	} {
		if code, _, text := test(body); code != http.StatusUnprocessableEntity || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", body, code, text)
		}
	}
}

// What is wrong with a rule comes one by one, beginning with the field's name.
func TestRuleProblems(t *testing.T) {
	s, _, auth := planned(t)
	resp, text := s.do("PUT", "/api/v1/numbers/1", `{"number":"1","fps":99,"capacity":-1,"language":"fr"}`, auth)
	var p struct {
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil || resp.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) != 3 {
		t.Fatal(err, resp.Status, text)
	}
	for i, want := range []string{"capacity is", "fps is", "language is"} {
		if !strings.HasPrefix(p.Errors[i].Message, want) {
			t.Errorf("%q does not begin with %q", p.Errors[i].Message, want)
		}
	}
}

// Records are exported over pages, safe for spreadsheets, and to those alone whose they are.
func TestExportRecords(t *testing.T) {
	s, service, auth := planned(t)
	scope, err := service.DB.Tenant("a")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	calls := make([]store.Call, 1500)
	for i := range calls {
		at := began.Add(time.Duration(i) * time.Second)
		calls[i] = store.Call{ID: fmt.Sprintf("c%04d", i), Began: at, Connected: at.Add(time.Second), Ended: at.Add(61 * time.Second), Protocol: "sip", Number: "1001"}
	}
	calls[7].Name, calls[7].Reason = "=HYPERLINK(1)", "Phòng Đà Nẵng, \"bận\""
	calls[7].Streams = json.RawMessage(`{"video":{"in":{"path":"relay","codec":"H264","width":1280,"height":720,"packets":98,"lost":2}}}`)
	if err := store.Calls.Append(t.Context(), scope, calls...); err != nil {
		t.Fatal(err)
	}
	resp, text := s.get("/api/v1/records/export", auth)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/csv; charset=utf-8" || len(lines) != 1501 {
		t.Fatal(resp.Status, resp.Header, len(lines))
	}
	row := lines[1500-7]
	for _, want := range []string{"c0007,2026-05-04T09:00:07Z", ",60,sip,", "'=HYPERLINK(1)", `"Phòng Đà Nẵng, ""bận"""`, `"relay H264 1280x720, 2.0 % of 100 packets lost"`} {
		if !strings.Contains(row, want) {
			t.Errorf("%q is not in %q", want, row)
		}
	}
	if _, text = s.get("/api/v1/records/export?from=2026-05-04T09:24:50Z&search=1001", auth); strings.Count(text, "\n") != 11 {
		t.Error(text)
	}
	if _, text = s.get("/api/v1/records?search=da%20nang%20ban", auth); !strings.Contains(text, "c0007") {
		t.Error("reasons are not searched:", text)
	}
	if _, text = s.get("/api/v1/records/export?tenant=-", "Authorization: Bearer secret"); strings.Count(text, "\n") != 1 {
		t.Error(text)
	}
	if resp, _ = s.get("/api/v1/records/export?tenant=-", auth); resp.StatusCode != http.StatusNotFound {
		t.Error(resp.Status)
	}
	if resp, _ = s.get("/api/v1/records/export?from=nonsense", auth); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Error(resp.Status)
	}
}

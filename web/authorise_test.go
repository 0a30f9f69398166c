package web

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/admin/admintest"
)

// tenants is a service with the tenants a and b, and who has a token of a.
func tenants(t *testing.T) (*admin.Service, *admin.Actor, string) {
	t.Helper()
	s := admintest.New(t, "a", "b")
	text := admintest.Token(t, s, "a", admin.Calls)
	actor, err := s.Present(t.Context(), text, "")
	if err != nil {
		t.Fatal(err)
	}
	return s, actor, text
}

// A listener of a tenant hears of its calls and of rooms that are its alone, and of their end once.
func TestSieve(t *testing.T) {
	_, actor, _ := tenants(t)
	room := func(calls ...string) Room {
		r := Room{Name: "board", Participants: []Participant{{Name: "a browser"}}}
		for _, c := range calls {
			r.Participants = append(r.Participants, Participant{Call: c})
		}
		return r
	}
	v := newSieve(actor)
	for i, c := range []struct {
		e    event
		want string
	}{
		{event{"room", room()}, ""},
		{event{"call", Call{ID: "1", Tenant: "a"}}, "call"},
		{event{"call", Call{ID: "2", Tenant: "b"}}, ""},
		{event{"call", Call{ID: "3"}}, ""},
		{event{"room", room("1")}, "room"},
		{event{"room", room("1", "2")}, "room.ended"},
		{event{"room", room("1", "2")}, ""},
		{event{"room.ended", gone{Name: "board"}}, ""},
		{event{"room", room("1")}, "room"},
		{event{"room.ended", gone{Name: "board"}}, "room.ended"},
		{event{"call.ended", gone{ID: "2"}}, ""},
		{event{"call.ended", gone{ID: "1"}}, "call.ended"},
		{event{"call.ended", gone{ID: "1"}}, ""},
		{event{"device", Device{Name: "x"}}, ""},
	} {
		got, ok := v.pass(c.e)
		if !ok {
			got.name = ""
		}
		if got.name != c.want {
			t.Errorf("%d: %q, not %q", i, got.name, c.want)
		}
	}
}

// A tenant calls terminals into its own rooms and free ones, and its calls are its own.
func TestPlaceOfTenant(t *testing.T) {
	service, _, token := tenants(t)
	s := newSite(t, func(c *Config) { c.Token, c.Admin = "secret", service })
	mine, other := aCall("c1"), aCall("c2")
	mine.Tenant, other.Tenant = "a", "b"
	s.calls.set(mine, other)
	s.rooms.set(aRoom()) // c1 is in it
	auth := "Authorization: Bearer " + token
	for body, code := range map[string]int{
		`{"target":"sip:x@192.0.2.9","room":"free"}`:      202,
		`{"target":"sip:x@192.0.2.9","room":"Phòng họp"}`: 202,
		`{"target":"device","room":"free"}`:               422,
	} {
		if resp, text := s.do("POST", "/api/v1/calls", body, auth); resp.StatusCode != code {
			t.Errorf("%s: %d %s", body, resp.StatusCode, text)
		}
	}
	for _, p := range s.calls.placed {
		if p.Tenant != "a" {
			t.Errorf("%+v is not the tenant's", p)
		}
	}
	mine.Tenant = "b"
	s.calls.set(mine, other)
	if resp, text := s.do("POST", "/api/v1/calls", `{"target":"sip:x@192.0.2.9","room":"Phòng họp"}`, auth); resp.StatusCode != 403 {
		t.Errorf("into another's room: %d %s", resp.StatusCode, text)
	}
	if resp, text := s.do("DELETE", "/api/v1/calls/c1", "", auth); resp.StatusCode != 404 || len(s.calls.hungUp) > 0 {
		t.Errorf("another's call: %d %s", resp.StatusCode, text)
	}
}

// Every operation of the table is there, and its description says what it needs.
func TestRightsAreDescribed(t *testing.T) {
	service, _, _ := tenants(t)
	s := newSite(t, func(c *Config) { c.Admin = service })
	_, body := s.get("/api/openapi.json")
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Description string
		}
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			found[op.OperationID] = true
			want := "Only for the operator."
			if slices.Contains(public, op.OperationID) {
				want = "Open to everybody."
			}
			if r, ok := rights[op.OperationID]; ok {
				want = "Needs the scope `" + string(r) + "`."
			}
			if !strings.HasSuffix(op.Description, want) {
				t.Errorf("%s %s does not say %q: %q", method, path, want, op.Description)
			}
		}
	}
	for id := range rights {
		if !found[id] {
			t.Errorf("there is no operation %s", id)
		}
	}
}

package web

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/admin/admintest"
)

// knownSite has the devices of a store, and a token of tenant a and b that may everything.
func knownSite(t *testing.T, registered ...bridge.Device) (s *site, a, b string) {
	t.Helper()
	service, _, _ := tenants(t)
	roster, err := service.DB.Roster(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	go roster.Run(t.Context())
	s = newSite(t, func(c *Config) {
		c.Token, c.Admin = "secret", service
		c.Devices = bridge.Devices{func() []bridge.Device { return registered }}
		c.Known = func(tenant string) (list []bridge.Device) {
			for _, k := range roster.Devices(tenant) {
				list = append(list, bridge.Device{Name: k.User, User: k.User, Label: k.Label, Tenant: k.Tenant, Aliases: k.Aliases, Disabled: k.Disabled})
			}
			return list
		}
	})
	return s, "Authorization: Bearer " + admintest.Token(t, service, "a", admin.Admin), "Authorization: Bearer " + admintest.Token(t, service, "b", admin.Admin)
}

func TestKnownDevices(t *testing.T) {
	mine := aDevice()
	mine.User, mine.Tenant = "phonghop1", "a"
	s, a, b := knownSite(t, mine, bridge.Device{Name: "operators", Protocol: "sip"})
	answer := func(method, path, body, as string, code int) string {
		t.Helper()
		resp, text := s.do(method, "/api/v1"+path, body, as)
		if resp.StatusCode != code {
			t.Errorf("%s %s: %d %s, not %d", method, path, resp.StatusCode, text, code)
		}
		return text
	}
	text := answer("PUT", "/devices/phonghop1", `{"label":"Phòng họp","aliases":["1001"],"password":"bí mật"}`, a, 200)
	if !strings.Contains(text, `"password":true`) || strings.Contains(text, "mật") || !strings.Contains(text, `"online":true`) {
		t.Errorf("written: %s", text)
	}
	if text = answer("PUT", "/devices/phonghop1?version=0", `{}`, a, 409); !strings.Contains(text, "changed") {
		t.Error(text)
	}
	if text = answer("PUT", "/devices/phonghop1", `{"label":"Phòng"}`, a, 200); !strings.Contains(text, `"password":true`) {
		t.Errorf("the password is lost: %s", text)
	}
	answer("PUT", "/devices/PHONGHOP1", `{"password":"x"}`, a, 409) // names are a tenant's in any case
	answer("PUT", "/devices/PHONGHOP1", `{"password":"x"}`, b, 200) // and nobody hears that there is another's
	if text = answer("GET", "/devices/PHONGHOP1", "", b, 200); strings.Contains(text, "Phòng") || strings.Contains(text, `"registered":true`) {
		t.Errorf("another tenant's: %s", text)
	}
	answer("GET", "/devices/phonghop1", "", "Authorization: Bearer secret", 409) // operators say whose
	answer("DELETE", "/devices/PHONGHOP1", "", b, 200)
	answer("PUT", "/devices/a%40b", `{}`, a, 422)
	answer("PUT", "/devices/x", `{"protocol":"smtp"}`, a, 422)
	answer("GET", "/devices/phonghop1", "", b, 404)
	answer("DELETE", "/devices/phonghop1", "", b, 404)
	answer("PUT", "/devices/phonghop2", `{"disabled":true}`, a, 200)
	names := func(as string) (list []string) {
		for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
			var devices []Device
			if err := json.Unmarshal([]byte(answer("GET", "/devices", "", as, 200)), &devices); err != nil {
				t.Fatal(err)
			}
			list = nil
			for _, d := range devices {
				list = append(list, d.Name)
			}
			if as == b || strings.Contains(strings.Join(list, " "), "phonghop2") || time.Now().After(deadline) {
				return list
			}
		}
	}
	for as, want := range map[string]string{a: "phonghop1 phonghop2", b: "", "Authorization: Bearer secret": "operators phonghop1 phonghop2"} {
		if got := strings.Join(names(as), " "); got != want {
			t.Errorf("%q are listed, not %q", got, want)
		}
	}
	for target, codes := range map[string][2]int{"sip:phonghop1": {202, 409}, "phonghop1": {202, 409}, "sip:operators": {409, 409}, "sip:x@192.0.2.1": {202, 202}, "nobody": {409, 409}} {
		answer("POST", "/calls", `{"room":"x","target":"`+target+`"}`, a, codes[0])
		answer("POST", "/calls", `{"room":"x","target":"`+target+`"}`, b, codes[1])
	}
	answer("DELETE", "/devices/phonghop2", "", "Authorization: Bearer secret", 200) // whosever it is
	answer("GET", "/devices/phonghop2", "", a, 404)
}

// Numbers are called through trunks: what begins with tel:, what a trunk is named for, and
// what is a number as which no device is registered.
func TestNumbersThroughTrunks(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Devices = bridge.Devices{func() []bridge.Device { return []bridge.Device{{Name: "9001", Protocol: "h323"}} }}
		c.Number = func(tenant, trunk, number string) (bridge.Target, error) {
			if trunk == "gone" {
				return bridge.Target{}, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "there is no trunk"}
			}
			return bridge.Target{Scheme: "sip", URI: "sip:" + number + "@carrier", Trunk: trunk + "+", From: "84"}, nil
		}
	})
	for body, want := range map[string]string{
		`"tel:+84 24"`: "sip:tel:+84 24@carrier", `"1001"`: "sip:1001@carrier", `"9001"`: "h323:9001", `"9001","trunk":"x"`: "sip:9001@carrier",
		`"1001","trunk":"gone"`: "", `"sip:1001@192.0.2.1"`: "sip:1001@192.0.2.1",
	} {
		resp, text := s.do("POST", "/api/v1/calls", `{"room":"board","target":`+body+`}`)
		if (resp.StatusCode == 202) != (want != "") || want != "" && s.calls.placed[len(s.calls.placed)-1].URI != want {
			t.Errorf("%s: %d %s %+v", body, resp.StatusCode, text, s.calls.placed)
		}
		for _, placed := range s.calls.placed {
			if placed.Trunk != "" && placed.From != "84" {
				t.Errorf("%+v", placed)
			}
		}
	}
}

func TestRoomSetup(t *testing.T) {
	s, a, b := knownSite(t)
	answer := func(method, path, body, as string, code int) string {
		t.Helper()
		resp, text := s.do(method, "/api/v1/roomsetup"+path, body, as)
		if resp.StatusCode != code {
			t.Errorf("%s %s: %d %s, not %d", method, path, resp.StatusCode, text, code)
		}
		return text
	}
	text := answer("PUT", "/board", `{"label":"Ban","guest_pin":"4321","host_pin":"9999","lobby":true,"language":"vi"}`, a, 200)
	if strings.Contains(text, "4321") || !strings.Contains(text, `"guest_pin":"****"`) || !strings.Contains(text, `"group":`) {
		t.Error(text)
	}
	if text = answer("PUT", "/board", `{"guest_pin":"****","capacity":5}`, a, 200); !strings.Contains(text, `"capacity":5`) || strings.Contains(text, "host_pin") {
		t.Error(text)
	}
	for _, bad := range []string{`{"guest_pin":"1"}`, `{"layout":"x"}`, `{"lobby":true}`, `[]`, `{"language":"fr"}`} {
		answer("PUT", "/other", bad, a, 422)
	}
	answer("PUT", "/a%40b", `{}`, a, 422)
	answer("GET", "/board", "", b, 404)
	if text = answer("GET", "", "", b, 200); strings.Contains(text, "board") {
		t.Error(text)
	}
	if text = answer("GET", "?search=BOARD", "", a, 200); !strings.Contains(text, `"name":"board"`) {
		t.Error(text)
	}
	answer("DELETE", "/board", "", a, 200)
	answer("GET", "/board", "", a, 404)
}

package number

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
)

var testKey = Key{1, 2, 3}

func mustSeal(t testing.TB, typed string) PIN {
	t.Helper()
	p, err := testKey.Seal(typed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPINOpens(t *testing.T) {
	p := mustSeal(t, "4321")
	if !testKey.Opens(p, "4321") || testKey.Opens(p, "4322") || testKey.Opens(p, "") || testKey.Opens(PIN{}, "") {
		t.Error("the PIN opens to the wrong digits")
	}
	if (Key{9}).Opens(p, "4321") {
		t.Error("another key opens it")
	}
	if p == mustSeal(t, "4321") {
		t.Error("equal PINs look equal")
	}
	kept, err := SealedPIN(p.Sealed())
	if err != nil || !testKey.Opens(kept, "4321") {
		t.Errorf("kept and read again: %v", err)
	}
	for _, bad := range []string{"123", "12345678901234567", "12a4", "+123"} {
		if _, err := testKey.Seal(bad); err == nil {
			t.Errorf("%q is a PIN", bad)
		}
		if _, err := TypedPIN(bad); err == nil {
			t.Errorf("%q is a PIN to settle", bad)
		}
	}
	for _, bad := range []string{"h1", "h1.00.00", "h0." + strings.TrimPrefix(p.Sealed(), "h1."), p.Sealed() + "0"} {
		if _, err := SealedPIN(bad); err == nil {
			t.Errorf("%q is sealed", bad)
		}
	}
}

// Whatever prints a PIN prints stars, also while it is not sealed yet.
func TestPINIsNeverPrinted(t *testing.T) {
	typed, err := TypedPIN("4321")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for _, p := range []PIN{typed, mustSeal(t, "4321")} {
		r := Rule{Settings: Settings{GuestPIN: p}}
		text, err := json.Marshal(r)
		if err != nil || !strings.Contains(string(text), `"guest_pin":"****"`) {
			t.Errorf("%s %v", text, err)
		}
		d := Decision{Settings: r.Settings, key: testKey}
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "pin", p, "rule", r, "decision", d)
		log.WriteString(fmt.Sprintf("%v %+v %s %#v %v %+v %s", p, p, p, p, r, r, text))
	}
	if s := log.String(); strings.Contains(s, "4321") || strings.Contains(s, "h1.") {
		t.Errorf("printed %s", s)
	}
}

func TestSettle(t *testing.T) {
	old := Rule{Settings: Settings{GuestPIN: mustSeal(t, "4321")}}
	for typed, check := range map[string]func(PIN) bool{
		"":     func(p PIN) bool { return !p.Set() },
		Mask:   func(p PIN) bool { return p == old.GuestPIN },
		"4321": func(p PIN) bool { return p == old.GuestPIN }, // nothing changes
		"9999": func(p PIN) bool { return testKey.Opens(p, "9999") && p.typed == "" },
	} {
		r := Rule{}
		if err := r.GuestPIN.UnmarshalText([]byte(typed)); err != nil {
			t.Fatal(err)
		}
		if err := r.Settle(&old, testKey); err != nil || !check(r.GuestPIN) {
			t.Errorf("%q settles wrongly (%v)", typed, err)
		}
	}
	r := Rule{Settings: Settings{HostPIN: PIN{keep: true}}}
	if err := r.Settle(&old, testKey); err == nil {
		t.Error("a PIN that never was is kept")
	}
}

func TestEnter(t *testing.T) {
	guest, host := mustSeal(t, "1111"), mustSeal(t, "2222")
	for _, c := range []struct {
		s    Settings
		pin  string
		want bridge.Role
	}{
		{Settings{}, "", bridge.RoleGuest},
		{Settings{}, "5555", bridge.RoleGuest},
		{Settings{GuestPIN: guest}, "", bridge.RoleNone},
		{Settings{GuestPIN: guest}, "1111", bridge.RoleGuest},
		{Settings{GuestPIN: guest}, "2222", bridge.RoleNone},
		{Settings{HostPIN: host}, "", bridge.RoleGuest},
		{Settings{HostPIN: host}, "2222", bridge.RoleHost},
		{Settings{HostPIN: host}, "1111", bridge.RoleNone},
		{Settings{GuestPIN: guest, HostPIN: host}, "1111", bridge.RoleGuest},
		{Settings{GuestPIN: guest, HostPIN: host}, "2222", bridge.RoleHost},
		{Settings{GuestPIN: guest, HostPIN: host}, "", bridge.RoleNone},
	} {
		d := Decision{Settings: c.s, key: testKey}
		if got := d.Enter(c.pin); got != c.want {
			t.Errorf("guest %t host %t: %q makes %s, not %s", c.s.GuestPIN.Set(), c.s.HostPIN.Set(), c.pin, got, c.want)
		}
	}
}

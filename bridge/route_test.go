package bridge

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

// planned routes numbers as a number plan does: what stands behind a star is a PIN.
type planned struct{}

func (planned) Route(_ context.Context, inv Invite) (Route, error) {
	number, _, _ := strings.Cut(inv.Number, "*")
	if number != "1001" {
		return Route{}, &Refusal{CauseNoRoute, "no room has this number"}
	}
	return Route{Room: "board", Number: number, Role: RoleGuest}, nil
}

// A PIN behind a number is in no log and in no list of calls, whether the call is
// taken or not.
func TestNumberHidesPIN(t *testing.T) {
	var log bytes.Buffer
	c := newTestCore(t, &fakeEngine{}, func(cfg *Config) { cfg.Log, cfg.Router = slog.New(slog.NewTextHandler(&log, nil)), planned{} })
	call, err := c.Incoming(t.Context(), Invite{Protocol: "sip", Number: "1001*4321"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := call.Status(); s.Number != "1001" || s.Room != "board" {
		t.Errorf("number %q in room %q", s.Number, s.Room)
	}
	for _, number := range []string{"1002*4321", "1002##4321", "*98*4321"} {
		if _, err := c.Incoming(t.Context(), Invite{Protocol: "sip", Number: number}, nil); AsRefusal(err).Cause != CauseNoRoute {
			t.Errorf("%s: %v", number, err)
		}
	}
	call.End(CauseNormal, "")
	if n := (&Invite{Number: "1001*4321"}).Dialled(); n != "1001****" {
		t.Errorf("for logs %s", n)
	}
	if s := log.String(); strings.Contains(s, "4321") || !strings.Contains(s, "number=1001 ") || !strings.Contains(s, "number=*98****") {
		t.Errorf("logged %s", s)
	}
}

func TestRoleText(t *testing.T) {
	for r, want := range map[Role]string{RoleNone: "none", RoleGuest: "guest", RoleHost: "host", 9: "none"} {
		if text, err := r.MarshalText(); err != nil || string(text) != want {
			t.Errorf("%d is %s (%v)", r, text, err)
		}
	}
}

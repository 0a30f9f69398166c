package bridge

import (
	"strings"
	"testing"
)

func TestRoomNames(t *testing.T) {
	long := strings.Repeat("x", MaxRoomName)
	for name, want := range map[string][2]string{
		"board": {"board", ""}, "board@acme": {"board", "acme"}, "Phòng họp@a-1": {"Phòng họp", "a-1"}, long + "@" + strings.Repeat("t", MaxTenant): {long, strings.Repeat("t", MaxTenant)},
	} {
		own, tenant := TenantOf(name)
		if [2]string{own, tenant} != want || RoomOf(tenant, own) != name || !ValidRoom(name) || !ValidRoomName(own) {
			t.Errorf("%s: %q of %q", name, own, tenant)
		}
	}
	for _, name := range []string{"", "@", "@acme", "board@", "board@Acme", "board@-", "a@b@c", "board@a.b", long + "x", " board", "a/b", "board@" + strings.Repeat("t", MaxTenant+1)} {
		if ValidRoom(name) {
			t.Errorf("%q is no room's name", name)
		}
	}
	if ValidRoomName("board@acme") {
		t.Error("an own name has an @")
	}
}

func TestRecordingNames(t *testing.T) {
	for _, name := range []string{"a", "welcome-acme", "Gala_2026", "1", strings.Repeat("x", 64)} {
		if !ValidRecording(name) {
			t.Errorf("%q is a name", name)
		}
	}
	for _, name := range []string{"", "-a", "_a", ".", "..", "a.wav", "a/b", `a\b`, "a b", "chào", "a\x00", strings.Repeat("x", 65)} {
		if ValidRecording(name) {
			t.Errorf("%q is no name", name)
		}
	}
}

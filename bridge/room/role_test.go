package room

import (
	"context"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

// makes says who is to be what, from a page.
func (g *guest) makes(id, role string) {
	g.rig.t.Helper()
	g.rig.must(g.Say("role", map[string]any{"participant": id, "role": role}))
}

// refused waits for the reason why the page's last wish was not done.
func (g *guest) refused(why error) {
	g.rig.t.Helper()
	g.rig.must(g.Wait(g.rig.ctx(), why.Error(), func(s roomtest.State) bool {
		return len(s.Errors) > 0 && s.Errors[len(s.Errors)-1] == roomtest.Trouble{Code: "role", Reason: why.Error()}
	}))
}

func (r *rig) roles(want map[string]bridge.Role) {
	r.t.Helper()
	r.eventually("the roles", func() bool {
		for id, role := range want {
			if r.status(id).Role != role {
				return false
			}
		}
		return true
	})
}

// A host makes others hosts and gives the lead up; somebody leads always where pages choose who.
func TestHandOver(t *testing.T) {
	const host, guest = bridge.RoleHost, bridge.RoleGuest
	r := newRig(t, nil)
	a := r.page("A", roomtest.Options{})
	a.makes(a.id(), "guest") // alone
	a.refused(errLastHost)
	m := r.terminal("Room 7", terminalOptions{noVideo: true})
	a.makes(m.id, "host")
	a.refused(errNotPage)
	b, c := r.page("B", roomtest.Options{}), r.page("C", roomtest.Options{})
	a.makes("nobody", "host")
	a.refused(errNobody)
	for _, bad := range [][2]string{{b.id(), "guest"}, {a.id(), "host"}, {b.id(), "king"}} {
		a.makes(bad[0], bad[1])
		a.refused(errNoRole)
		a.makes("nobody", "host")
		a.refused(errNobody)
	}
	a.makes(c.id(), "host")
	r.must(c.Wait(r.ctx(), "to lead", func(s roomtest.State) bool { return role(s, s.Welcome.ID) == "host" }))
	a.makes(a.id(), "guest")
	r.must(a.Wait(r.ctx(), "to lead no longer", func(s roomtest.State) bool { return role(s, s.Welcome.ID) == "guest" }))
	a.makes(b.id(), "host")
	a.refused(errNotHost)
	r.roles(map[string]bridge.Role{a.id(): guest, b.id(): guest, c.id(): host})
	// Whoever gives up as the last is followed by the page that is there longest, as one who leaves.
	c.makes(c.id(), "guest")
	r.roles(map[string]bridge.Role{a.id(): host, b.id(): guest, c.id(): guest})
	a.makes(a.id(), "guest")
	r.roles(map[string]bridge.Role{a.id(): guest, b.id(): host, c.id(): guest})
	r.must(b.Say("leave", nil))
	r.roles(map[string]bridge.Role{a.id(): host, c.id(): guest})
}

// Where a PIN makes hosts nobody follows who gives up; who was made a host by one who typed it may do as much.
func TestHandOverByPIN(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Dial = func(context.Context, string, string) error { return nil } })
	route := bridge.Route{Role: bridge.RoleNone, Door: pins{}, HostPIN: true}
	a, b := r.pageBy("A", route), r.pageBy("B", route)
	a.pin("9999")
	b.pin("1234")
	for _, g := range []*guest{a, b} {
		r.must(g.Wait(r.ctx(), "welcome", func(s roomtest.State) bool { return s.Welcome.ID != "" }))
	}
	a.makes(b.id(), "host")
	r.must(b.Wait(r.ctx(), "to lead and call", func(s roomtest.State) bool { return s.Room.Dial == dialDevices && !s.Room.HostPIN }))
	b.makes(b.id(), "guest")
	r.must(b.Wait(r.ctx(), "to lead no longer", func(s roomtest.State) bool { return s.Room.Dial == "" && s.Room.HostPIN }))
	a.makes(a.id(), "guest")
	r.roles(map[string]bridge.Role{a.id(): bridge.RoleGuest, b.id(): bridge.RoleGuest})
	a.pin("9999")
	r.roles(map[string]bridge.Role{a.id(): bridge.RoleHost, b.id(): bridge.RoleGuest})
}

// An administrator says who leads, too.
func TestSetRole(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Dial = func(context.Context, string, string) error { return nil } })
	a, b := r.page("A", roomtest.Options{}), r.page("B", roomtest.Options{})
	m := r.terminal("Room 7", terminalOptions{noVideo: true})
	set := func(room, id string, role bridge.Role, known bool, reason error) {
		t.Helper()
		k, err := r.engine.SetRole(room, id, role)
		if k != known || (err == nil) != (reason == nil) || err != nil && bridge.AsRefusal(err).Reason != reason.Error() {
			t.Errorf("%v %v", k, err)
		}
	}
	set("1001", b.id(), bridge.RoleHost, true, nil)
	r.must(b.Wait(r.ctx(), "to lead and call", func(s roomtest.State) bool { return s.Room.Dial == dialDevices && role(s, s.Welcome.ID) == "host" }))
	set("1001", a.id(), bridge.RoleGuest, true, nil)
	set("1001", a.id(), bridge.RoleGuest, true, nil)
	set("1001", m.id, bridge.RoleHost, true, errNotPage)
	set("1001", m.id, bridge.RoleGuest, true, errNotPage)
	set("1001", "nobody", bridge.RoleHost, false, nil)
	set("other", a.id(), bridge.RoleHost, false, nil)
	r.roles(map[string]bridge.Role{a.id(): bridge.RoleGuest, b.id(): bridge.RoleHost})
	r.must(a.Say("leave", nil))
	r.eventually("A is gone", func() bool { return len(r.in().Participants) == 2 })
	set("1001", b.id(), bridge.RoleGuest, true, errLastHost)
}

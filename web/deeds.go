package web

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/admin"
)

// deedTime bounds how long somebody waits until the audit trail has what they did.
const deedTime = 10 * time.Second

// did logs what somebody did through the API to a call or a meeting, and writes it into
// the audit trail of the tenant whose that is. It has been done already, whatever becomes of that.
func (s *Server) did(ctx context.Context, tenant string, d admin.Deed) {
	actor := actorOf(ctx)
	fields := []any{"by", actor.Name(), "did", d.What, strings.TrimSuffix(d.Kind, "s"), d.Item}
	for _, k := range slices.Sorted(maps.Keys(d.More)) {
		fields = append(fields, k, d.More[k])
	}
	s.cfg.Log.Info("done by an administrator", fields...)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deedTime)
	defer cancel()
	if err := actor.Did(ctx, tenant, d); err != nil {
		s.cfg.Log.Error("the audit trail lacks what was done", append(fields, "error", err)...)
	}
}

// didCall is did of a call as it was before; more are names and values.
func (s *Server) didCall(ctx context.Context, c *Call, what string, more ...string) {
	s.did(ctx, c.Tenant, admin.Deed{Kind: admin.DeedCall, Item: c.ID, What: what, More: members(append(more,
		"name", cmp.Or(c.Name, c.Alias, c.Remote), "number", c.Number, "room", c.Room))})
}

// didRoom is did of a meeting as it was before.
func (s *Server) didRoom(ctx context.Context, r *Room, what string, more ...string) {
	s.did(ctx, actorOf(ctx).Owner(r.Name), admin.Deed{Kind: admin.DeedMeeting, Item: r.Name, What: what, More: members(more)})
}

// members are names and values; what is empty is left out.
func members(pairs []string) map[string]string {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}

func muting(muted bool) string {
	if muted {
		return "mute"
	}
	return "unmute"
}

// admitted is did of those who waited.
func (s *Server) admitted(ctx context.Context, r *Room, id string, admit bool) {
	what := "refuse"
	if admit {
		what = "admit"
	}
	if id == "" {
		s.didRoom(ctx, r, what+"-all")
		return
	}
	s.didRoom(ctx, r, what, "name", r.person(id))
}

// person is how somebody in a room, or before it, is called.
func (r *Room) person(id string) string {
	for i := range r.Participants {
		if p := &r.Participants[i]; p.ID == id {
			return cmp.Or(p.Name, p.Device, p.Number, id)
		}
	}
	for i := range r.Waiting {
		if g := &r.Waiting[i]; g.ID == id {
			return cmp.Or(g.Name, g.Number, id)
		}
	}
	return id
}

package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/room"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
)

// This file is what hosts at their pages may do outside of their room.

// hangup ends the call of a terminal that is sent away.
func (g *Gateway) hangup(call, reason string) { g.core.Hangup(call, bridge.CauseRemoved, reason) }

// dialIn calls a terminal into a room for a host: a registered one by its name, or an
// address, or a number through a trunk, where the configuration says so.
func (g *Gateway) dialIn(ctx context.Context, room, target string) error {
	t, err := g.callable(room, target)
	if err != nil {
		return err
	}
	own, tenant := bridge.TenantOf(room)
	t.Tenant, t.From, t.Name = tenant, or(t.From, own), own
	call, err := g.core.Place(ctx, t, room)
	if err != nil {
		return err
	}
	g.log.Info("call placed by a host", "call", call.ID(), "target", t.Public(), "room", room)
	_, whose, _ := g.kept.book.Directory().TenantOf(room)
	g.kept.records.hosted(whose, store.Deed{Kind: store.DeedCall, Item: call.ID(), What: "place", More: map[string]string{"target": t.Public(), "room": room}})
	if err := call.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			call.Hangup(bridge.CauseCancelled, "nobody waits for the answer any longer")
			return &bridge.Refusal{Cause: bridge.CauseNoAnswer, Reason: "nobody answered in time"}
		}
		return err
	}
	return nil
}

// callable is what a host means by a target.
func (g *Gateway) callable(room, target string) (bridge.Target, error) {
	for _, d := range g.callees(room) {
		if d.Called(target) {
			return d.Target(), nil
		}
	}
	if g.cfg.Room.Dial != config.DialAddresses {
		return bridge.Target{}, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: fmt.Sprintf("no terminal is registered as %q", target)}
	}
	if _, ok := number.Dialable(target); ok {
		_, tenant, _ := g.kept.book.Directory().TenantOf(room)
		return g.dialOwn(tenant, "", target)
	}
	scheme, rest, _ := strings.Cut(target, ":")
	scheme = strings.ToLower(scheme)
	bad := func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>"`, r) || !unicode.IsGraphic(r)
	}
	if !slices.Contains([]string{"sip", "sips", "h323"}, scheme) || rest == "" || strings.ContainsFunc(rest, bad) {
		return bridge.Target{}, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "an address begins with sip:, sips: or h323:, and a number has digits alone"}
	}
	return bridge.Target{Scheme: scheme, URI: scheme + ":" + rest}, nil
}

// dialling completes what rooms let hosts call.
func (g *Gateway) dialling(c *room.Config) {
	if g.cfg.Room.Dial == config.DialOff {
		return
	}
	c.Dial, c.Devices = g.dialIn, g.callees
	c.DialAddresses, c.DialFirst = g.cfg.Room.Dial == config.DialAddresses, g.cfg.Admission.Open
}

// callees are the terminals that hosts of a room may call: its tenant's.
func (g *Gateway) callees(room string) []bridge.Device {
	if g.sip == nil {
		return nil
	}
	_, tenant, ok := g.kept.book.Directory().TenantOf(room)
	return slices.DeleteFunc(g.devices().List(), func(d bridge.Device) bool { return !ok || !callee(d.Tenant, room, tenant) })
}

// callee tells whether a tenant's device may be called into a room: the operator's own
// devices belong to the rooms without a tenant's name.
func callee(device, room, tenant string) bool {
	_, named := bridge.TenantOf(room)
	return device == tenant || device == "" && named == ""
}

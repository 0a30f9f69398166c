package gateway

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/config"
)

const (
	trunkPace = 30 * time.Second // between two looks at a trunk
	trunkTime = 10 * time.Second // for its answer
)

// trunk is a carrier: where calls to numbers go, and whence calls come.
type trunk struct {
	config.SIPTrunk
	host  string
	port  uint16
	addrs atomic.Pointer[[]netip.Addr]
	up    atomic.Bool
}

func newTrunks(list []config.SIPTrunk) ([]*trunk, error) {
	trunks := make([]*trunk, len(list))
	for i := range list {
		t := &trunk{SIPTrunk: list[i]}
		var err error
		if t.host, t.port, err = t.HostPort(); err != nil {
			return nil, err
		}
		t.addrs.Store(new([]netip.Addr))
		if a, err := netip.ParseAddr(t.host); err == nil {
			t.addrs.Store(&[]netip.Addr{a.Unmap()})
		}
		trunks[i] = t
	}
	return trunks, nil
}

// uri calls a user at the trunk; "" is the trunk itself.
func (t *trunk) uri(user string) string {
	s := "sip:"
	if user != "" {
		s += user + "@"
	}
	s += bracketed(t.host)
	if t.port != 0 {
		s += ":" + strconv.Itoa(int(t.port))
	}
	return s + ";transport=" + cmp.Or(t.Transport, "udp")
}

// target is a call to a number through the trunk.
func (t *trunk) target(number string) bridge.Target {
	user, domain, _ := strings.Cut(t.From, "@")
	return bridge.Target{Scheme: "sip", URI: t.uri(strings.ReplaceAll(number, "#", "%23")), Trunk: t.Name, From: user, Domain: domain}
}

// takes tells how much of a number the trunk is for; below 0 it is not.
func (t *trunk) takes(number string) int {
	best := -1
	if len(t.Prefixes) == 0 {
		best = 0
	}
	for _, p := range t.Prefixes {
		if strings.HasPrefix(number, p) {
			best = max(best, len(p))
		}
	}
	return best
}

// trunkOf names the trunk that a message comes from; "" is none. Where two have the same
// address the port tells.
func (g *Gateway) trunkOf(from netip.AddrPort) string {
	name := ""
	for _, t := range g.trunks {
		for _, a := range *t.addrs.Load() {
			if a != from.Addr().Unmap() {
				continue
			}
			if t.port == from.Port() {
				return t.Name
			}
			name = cmp.Or(name, t.Name)
		}
	}
	return name
}

// trunkPassword is what proves our calls to a trunk.
func (g *Gateway) trunkPassword(t bridge.Target, _ string) (user, password string, ok bool) {
	for _, k := range g.trunks {
		if t.Trunk != "" && k.Name == t.Trunk && k.User != "" {
			return k.User, k.Password.Reveal(), true
		}
	}
	return "", "", false
}

// dialNumber finds the trunk through which a tenant calls a number; "" is the operator, who
// uses all. A tenant uses its own, the default one those that are nobody's.
func (g *Gateway) dialNumber(tenant, name, text string) (bridge.Target, error) {
	number, ok := dialable(text)
	if !ok {
		return bridge.Target{}, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "this is no number that a trunk can be asked for"}
	}
	directory := g.kept.book.Directory()
	var best *trunk
	for _, t := range g.trunks {
		owner := cmp.Or(directory.Trunk(t.Name), directory.Default())
		if tenant != "" && owner != tenant || name != "" && t.Name != name || name == "" && t.takes(number) < 0 {
			continue
		}
		if best == nil || t.takes(number) > best.takes(number) {
			best = t
		}
	}
	if best == nil && name != "" {
		return bridge.Target{}, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: fmt.Sprintf("there is no trunk %q", name)}
	}
	if best == nil {
		return bridge.Target{}, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "no trunk is for this number"}
	}
	return best.target(number), nil
}

// dialable reads a number, tel: or not, without visual separators.
func dialable(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 4 && strings.EqualFold(text[:4], "tel:") {
		text = text[4:]
	}
	text, _, _ = strings.Cut(text, ";")
	number := strings.NewReplacer("-", "", ".", "", "(", "", ")", "", " ", "").Replace(text)
	rest := strings.TrimPrefix(number, "+")
	return number, rest != "" && len(rest) <= 32 && strings.Trim(rest, "0123456789*#") == ""
}

// trunkEncryption is that of calls by a trunk.
func (g *Gateway) trunkEncryption(name string) media.Policy {
	for _, t := range g.trunks {
		if name != "" && t.Name == name && t.Encryption != "" {
			return media.Policy(t.Encryption)
		}
	}
	return media.Policy(g.cfg.SIP.Encryption)
}

// tend looks after the trunks, until the function it gives is called: where they are, and whether they answer.
func (g *Gateway) tend() func() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, t := range g.trunks {
		wg.Go(func() {
			tick := time.NewTicker(trunkPace)
			defer tick.Stop()
			for first := true; ; first = false {
				g.look(ctx, t, first)
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func (g *Gateway) look(ctx context.Context, t *trunk, first bool) {
	ctx, cancel := context.WithTimeout(ctx, trunkTime)
	defer cancel()
	if _, err := netip.ParseAddr(t.host); err != nil {
		if found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", t.host); err == nil {
			for i := range found {
				found[i] = found[i].Unmap()
			}
			t.addrs.Store(&found)
		}
	}
	err := g.sip.Ping(ctx, t.uri(""))
	switch was := t.up.Swap(err == nil); {
	case err == nil && (!was || first):
		g.log.Info("trunk answers", "trunk", t.Name)
	case err != nil && (was || first) && ctx.Err() != context.Canceled: //nolint:errorlint // the context's own
		g.log.Warn("trunk does not answer", "trunk", t.Name, "error", err)
	}
}

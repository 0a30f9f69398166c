package number

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge"
)

// Tenant says which calls are a customer's: those that came by one of its trunks, else
// those to one of its domains, else those that arrived at one of its addresses. What
// is nobody's goes to the default tenant.
type Tenant struct {
	ID      string           `json:"id"`
	Domains []string         `json:"domains,omitempty"`
	Trunks  []string         `json:"trunks,omitempty"`
	Listen  []netip.AddrPort `json:"listen,omitempty"` // port 0 is every port, an unspecified address every address
	Default bool             `json:"default,omitempty"`
}

// Directory finds the plan for a call. It never changes.
type Directory struct {
	plans    map[string]*Plan
	tenants  map[string]bool
	domains  map[string]string
	trunks   map[string]string
	listen   map[netip.AddrPort]string
	fallback string
}

// NewDirectory puts tenants and their plans together.
func NewDirectory(tenants []Tenant, plans map[string]*Plan) (*Directory, error) {
	d := &Directory{plans: plans, tenants: map[string]bool{}, domains: map[string]string{}, trunks: map[string]string{}, listen: map[netip.AddrPort]string{}}
	var errs []error
	for _, t := range tenants {
		d.tenants[t.ID] = true
		for _, name := range t.Domains {
			errs = append(errs, claim(d.domains, hostOf(name), t.ID))
		}
		for _, name := range t.Trunks {
			errs = append(errs, claim(d.trunks, name, t.ID))
		}
		for _, a := range t.Listen {
			errs = append(errs, claim(d.listen, anywhere(a), t.ID))
		}
		if t.Default && d.fallback != "" {
			errs = append(errs, fmt.Errorf("tenants %s and %s are both the default", d.fallback, t.ID))
		}
		if t.Default {
			d.fallback = t.ID
		}
	}
	return d, errors.Join(errs...)
}

func claim[K comparable](m map[K]string, key K, id string) error {
	if other, taken := m[key]; taken && other != id {
		return fmt.Errorf("%v is both %s's and %s's", key, other, id)
	}
	m[key] = id
	return nil
}

// anywhere writes every unspecified address the same way.
func anywhere(a netip.AddrPort) netip.AddrPort {
	ip := a.Addr().Unmap()
	if !ip.IsValid() || ip.IsUnspecified() {
		ip = netip.Addr{}
	}
	return netip.AddrPortFrom(ip, a.Port())
}

// tenant finds whose call it is, and says how.
func (d *Directory) tenant(c *Call) (id, found string) {
	if id, ok := d.trunks[c.Trunk]; ok && c.Trunk != "" {
		return id, "by the trunk " + c.Trunk
	}
	if id, ok := d.domains[hostOf(c.Host)]; ok && c.Host != "" {
		return id, "by the domain " + c.Host
	}
	if c.Owner != "" && d.tenants[c.Owner] {
		return c.Owner, "by the terminal that calls"
	}
	at := anywhere(c.Local)
	for _, a := range []netip.AddrPort{at, netip.AddrPortFrom(at.Addr(), 0), netip.AddrPortFrom(netip.Addr{}, at.Port())} {
		if id, ok := d.listen[a]; ok && a != (netip.AddrPort{}) {
			return id, "by the address " + c.Local.String()
		}
	}
	if d.fallback != "" {
		return d.fallback, "as the default"
	}
	return "", "no tenant has this domain, trunk or address"
}

// Plan gives a tenant's plan, or nil.
func (d *Directory) Plan(tenant string) *Plan { return d.plans[tenant] }

// Decide finds the tenant, then what becomes of the call.
func (d *Directory) Decide(c Call) Decision {
	id, _ := d.tenant(&c)
	c.registeredWith(id)
	plan := d.plans[id]
	if plan == nil {
		return nobodys(id, &c)
	}
	return d.decided(id, plan.Decide(c))
}

// registeredWith makes a terminal that is another tenant's one that is not registered.
func (c *Call) registeredWith(id string) {
	c.Registered = c.Registered && (c.Owner == "" || c.Owner == id)
}

// decided says whose decision it is.
func (d *Directory) decided(id string, decision Decision) Decision {
	decision.Tenant, decision.tag = id, d.tag(id)
	return decision
}

// Explain is Decide with all that led to it.
func (d *Directory) Explain(c Call) Explanation {
	id, found := d.tenant(&c)
	c.registeredWith(id)
	plan := d.plans[id]
	if plan == nil {
		decision := nobodys(id, &c)
		return Explanation{Tenant: id, Found: found, Whole: decision.Number, Number: decision.Number, Decision: decision, Why: decision.why()}
	}
	e := plan.Explain(c)
	e.Tenant, e.Found, e.Decision = id, found, d.decided(id, e.Decision)
	return e
}

// nobodys is the decision where there is no plan.
func nobodys(id string, c *Call) Decision {
	d := refusal(bridge.CauseNoRoute, "no room has this number", Split(c.Number).Number)
	d.Tenant = id
	return d
}

// Tenants lists the tenants that have a plan.
func (d *Directory) Tenants() []string {
	ids := make([]string, 0, len(d.plans))
	for id := range d.plans {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, strings.Compare)
	return ids
}

// Book holds the Directory in force. Its zero value knows no tenant.
type Book struct{ now atomic.Pointer[Directory] }

var empty Directory

// Directory is the one in force. Who decides takes it once a call.
func (b *Book) Directory() *Directory {
	if d := b.now.Load(); d != nil {
		return d
	}
	return &empty
}

// Replace puts another in force, for calls from now on.
func (b *Book) Replace(d *Directory) { b.now.Store(d) }

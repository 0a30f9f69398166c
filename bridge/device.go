package bridge

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Device is a terminal that is registered with us, by whatever protocol. Its
// texts come from the network: bounded, valid UTF-8, without control characters.
type Device struct {
	Name     string   // as which it is called
	Aliases  []string // as which it is called besides
	Protocol string   // "sip" or "h323"
	Model    string   // maker and product, as it says
	Software string
	Address  netip.AddrPort // where it is heard
	// Transport is how it is called: "udp", "tcp" or "tls".
	Transport string
	Contacts  int // addresses at which it is registered
	Since     time.Time
	Seen      time.Time // last heard
	Expires   time.Time // unless it is heard before
	Online    bool
	Encrypted bool // signalling

	User     string // whose password it proved; "" is nobody's
	Label    string // for people
	Tenant   string // whose it is; "" is the operator's
	Disabled bool   // it may not register
}

// Called tells whether a device is called by an alias, in any case.
func (d *Device) Called(alias string) bool {
	return strings.EqualFold(d.Name, alias) || slices.ContainsFunc(d.Aliases, func(a string) bool { return strings.EqualFold(a, alias) })
}

// Target is what calls the device.
func (d *Device) Target() Target {
	return Target{Scheme: d.Protocol, URI: d.Protocol + ":" + d.Name, Owner: cmp.Or(d.Tenant, Operator)}
}

// Operator is the owner of terminals that are no tenant's.
const Operator = "-"

// Devices is the list of devices, which front-ends and gatekeepers fill.
type Devices []func() []Device

// List gives all devices by name.
func (s Devices) List() []Device {
	var all []Device
	for _, source := range s {
		all = append(all, source()...)
	}
	slices.SortStableFunc(all, func(a, b Device) int {
		return strings.Compare(strings.ToLower(a.Name)+"\x00"+a.Protocol, strings.ToLower(b.Name)+"\x00"+b.Protocol)
	})
	return all
}

// Find gives the device that is called by an alias: one that is online before
// one that is not.
func (s Devices) Find(alias string) (found Device, ok bool) {
	for _, d := range s.List() {
		if d.Called(alias) && (!ok || d.Online && !found.Online) {
			found, ok = d, true
		}
	}
	return found, ok
}

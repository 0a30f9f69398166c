package ras

import (
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/roombridge/roombridge/h323/h225"
)

// Terminal is an endpoint that is registered, as people and the API see it. Its texts
// come from the network: bounded, valid UTF-8, without control characters.
type Terminal struct {
	ID       string   // endpoint identifier, ours
	Aliases  []string // numbers and names, in its order
	Prefixes []string // of a gateway: numbers beginning so are its
	Kind     string   // "terminal", "gateway", "mcu", "gatekeeper" or "other"
	Maker    string   // "" is unknown
	Product  string
	Version  string
	Protocol string           // H.225.0 version, such as "7"
	RAS      netip.AddrPort   // where it is heard
	Signal   []netip.AddrPort // where it is called
	Tenant   string           // whose it is, "" is the operator's
	User     string           // whose password it proved, "" is none
	Security Security         // how
	Since    time.Time        // of the registration
	Seen     time.Time        // last heard
	Expires  time.Time        // without a word until then
	Calls    int
}

// terminal is a Terminal with what the gatekeeper knows besides.
type terminal struct {
	Terminal
	vendor   vendor
	password string
	sender   string // its sendersID of H.235.1
	ttl      time.Duration
	probing  bool // an IRQ asks whether it lives
	waiting  []func(now time.Time, lives bool)
	calls    map[callKey]*call
}

// callKey names a call of a terminal: by callIdentifier, or by conference and call
// reference from terminals of version 1.
type callKey struct {
	id     string
	answer bool
}

// call is an admitted call.
type call struct {
	since      time.Time
	bitrate    int                  // bit/s, both directions
	id         *h225.CallIdentifier // nil from version 1
	conference h225.ConferenceIdentifier
	reference  h225.CallReferenceValue
}

// vendor is a T.35 code: country, extension, manufacturer.
type vendor [3]uint16

// Makers that behave in ways of their own.
var (
	avaya    = vendor{181, 0, 16726}
	huawei   = vendor{38, 21, 555}
	tandberg = vendor{130, 1, 256}
)

var makers = map[vendor]string{
	{181, 0, 18}: "Cisco", {181, 0, 21}: "RADVISION", {181, 0, 1}: "PictureTel", {181, 0, 41242}: "LifeSize",
	{181, 0, 20560}: "Polycom", {181, 0, 9009}: "Polycom", {181, 0, 21324}: "Microsoft", avaya: "Avaya",
	{181, 0, 19540}: "Lucent", {181, 0, 44252}: "Edgewater", {180, 0, 49152}: "Codian", {0, 11, 11520}: "Sony",
	{9, 0, 61}: "OpenH323", {138, 0, 2}: "GnuGk", huawei: "Huawei", tandberg: "Tandberg",
}

func vendorOf(v *h225.VendorIdentifier) vendor {
	if v == nil {
		return vendor{}
	}
	return vendor{uint16(v.Vendor.T35CountryCode), uint16(v.Vendor.T35Extension), v.Vendor.ManufacturerCode}
}

const maxProduct = 64 // characters of product and version

// describe notes what an endpoint says it is.
func (t *terminal) describe(v *h225.VendorIdentifier, e *h225.EndpointType, protocol h225.ProtocolIdentifier) {
	t.vendor = vendorOf(v)
	t.Maker = makers[t.vendor]
	if v != nil {
		t.Product, t.Version = productText(v.ProductId), productText(v.VersionId)
	}
	switch {
	case e.MCU != nil:
		t.Kind = "mcu"
	case e.Gateway != nil:
		t.Kind = "gateway"
		t.Prefixes = prefixes(e.Gateway)
	case e.Gatekeeper != nil:
		t.Kind = "gatekeeper"
	case e.Terminal != nil:
		t.Kind = "terminal"
	default:
		t.Kind = "other"
	}
	t.Protocol = version(string(protocol))
}

// productText reads a product or version: ASCII, UTF-8 or Latin-1, some with NULs.
func productText(b []byte) string {
	s := string(b)
	if !utf8.Valid(b) {
		r := make([]rune, len(b))
		for i, o := range b {
			r[i] = rune(o)
		}
		s = string(r)
	}
	return clean(s, maxProduct)
}

// version is the last arc of a protocol identifier.
func version(oid string) string {
	i := strings.LastIndexByte(oid, '.')
	if !strings.HasPrefix(oid, "0.0.8.2250.0.") || len(oid)-i > 4 {
		return ""
	}
	return oid[i+1:]
}

// prefixes gives the numbers with which calls to a gateway begin.
func prefixes(g *h225.GatewayInfo) []string {
	var out []string
	for i := range g.Protocol {
		for _, p := range prefixesOf(&g.Protocol[i]) {
			t := aliasText(&p.Prefix)
			if t != "" && !slices.Contains(out, t) && len(out) < maxAliases {
				out = append(out, t)
			}
		}
	}
	return out
}

func prefixesOf(p *h225.SupportedProtocols) []h225.SupportedPrefix {
	switch {
	case p.Voice != nil:
		return p.Voice.SupportedPrefixes
	case p.H323 != nil:
		return p.H323.SupportedPrefixes
	case p.H320 != nil:
		return p.H320.SupportedPrefixes
	case p.H310 != nil:
		return p.H310.SupportedPrefixes
	case p.H321 != nil:
		return p.H321.SupportedPrefixes
	case p.H322 != nil:
		return p.H322.SupportedPrefixes
	case p.H324 != nil:
		return p.H324.SupportedPrefixes
	case p.T120Only != nil:
		return p.T120Only.SupportedPrefixes
	case p.SIP != nil:
		return p.SIP.SupportedPrefixes
	case p.NonStandardProtocol != nil:
		return p.NonStandardProtocol.SupportedPrefixes
	}
	return nil
}

// public gives a copy for others.
func (t *terminal) public() Terminal {
	out := t.Terminal
	out.Aliases, out.Prefixes, out.Signal = slices.Clone(t.Aliases), slices.Clone(t.Prefixes), slices.Clone(t.Signal)
	out.Calls = len(t.calls)
	return out
}

// signal gives the address at which a far end of the given family calls the terminal.
func (t *terminal) signal(remote netip.Addr) netip.AddrPort {
	for _, a := range t.Signal {
		if a.Addr().Is4() == remote.Unmap().Is4() {
			return a
		}
	}
	return t.Signal[0]
}

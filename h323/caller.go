package h323

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/wire"
)

// callerOf describes the terminal that sent a Setup.
func callerOf(q *wire.Message, s *h225.SetupUUIE, from netip.AddrPort) bridge.Caller {
	c := bridge.Caller{Addr: from, Device: deviceOf(&s.SourceInfo)}
	c.Alias, c.Name = aliasesOf(s.SourceAddress)
	if data, ok := q.Find(wire.CallingPartyNumber); ok && c.Alias == "" {
		if n, err := wire.ParseNumber(data); err == nil {
			c.Alias = clean(n.Digits, maxAlias)
		}
	}
	c.Name = or(shownName(q, s.DisplayName), c.Name)
	return c
}

// answererOf describes the terminal that answered a call of ours.
func answererOf(q *wire.Message, c *h225.ConnectUUIE, at netip.AddrPort) bridge.Caller {
	_, name := aliasesOf(c.ConnectedAddress)
	return bridge.Caller{
		Addr: at, Device: deviceOf(&c.DestinationInfo), Name: or(shownName(q, c.DisplayName), name),
	}
}

// shownName is what a message says for people: displayName of version 7 in Unicode,
// else the Display element.
func shownName(q *wire.Message, names []h225.DisplayName) string {
	for _, n := range names {
		if s := clean(wide(n.Name), maxName); s != "" {
			return s
		}
	}
	data, _ := q.Find(wire.Display)
	return nameOf(data)
}

// aliasesOf gives the first alias, digits before names, and the first name.
func aliasesOf(list []h225.AliasAddress) (alias, name string) {
	var other string
	for i := range list {
		a := &list[i]
		text := clean(wide(a.Text()), maxAlias)
		switch {
		case a.DialledDigits != nil || a.PartyNumber != nil:
			alias = or(alias, text)
		case a.H323ID != nil:
			name, other = or(name, text), or(other, text)
		default:
			other = or(other, text)
		}
	}
	return or(alias, other), name
}

// makers are known by their T.35 codes: country, extension, manufacturer.
var makers = map[[3]uint16]string{
	{181, 0, 18}: "Cisco", {181, 0, 21}: "RADVISION", {181, 0, 1}: "PictureTel", {181, 0, 41242}: "LifeSize",
	{181, 0, 20560}: "Polycom", {181, 0, 9009}: "Polycom", {181, 0, 21324}: "Microsoft", {181, 0, 16726}: "Avaya",
	{181, 0, 19540}: "Lucent", {181, 0, 44252}: "Edgewater", {180, 0, 49152}: "Codian", {0, 11, 11520}: "Sony",
	{9, 0, 61}: "OpenH323", {138, 0, 2}: "GnuGk", {38, 21, 555}: "Huawei", {130, 1, 256}: "Tandberg",
}

// makerOf is who made the terminal; empty for makers that nobody knows.
func makerOf(v *h225.VendorIdentifier) string {
	return makers[[3]uint16{uint16(v.Vendor.T35CountryCode), uint16(v.Vendor.T35Extension), v.Vendor.ManufacturerCode}]
}

// deviceOf is what the terminal says it is: maker, product and version. Many products
// have their maker in the name.
func deviceOf(e *h225.EndpointType) string {
	v := e.Vendor
	if v == nil {
		return ""
	}
	product, version, maker := vendorText(v.ProductId), vendorText(v.VersionId), makerOf(v)
	switch {
	case product == "" && maker == "":
		product = fmt.Sprintf("maker %d/%d/%d", v.Vendor.T35CountryCode, v.Vendor.T35Extension, v.Vendor.ManufacturerCode)
	case !strings.Contains(strings.ToLower(product), strings.ToLower(maker)):
		product = maker + " " + product
	}
	return clean(clean(product, maxDevice)+" "+version, maxDevice)
}

// needsBody tells of terminals that do not take a Facility without a body: Avaya.
func needsBody(e *h225.EndpointType) bool { return e.Vendor != nil && makerOf(e.Vendor) == "Avaya" }

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

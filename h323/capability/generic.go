package capability

import (
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// generic makes a capability of H.245 annex A form.
func generic(id per.OID, bitrate uint32, params ...h245.GenericParameter) *h245.GenericCapability {
	g := &h245.GenericCapability{CapabilityIdentifier: h245.CapabilityIdentifier{Standard: new(id)}, Collapsing: params}
	if bitrate > 0 {
		g.MaxBitRate = new(bitrate)
	}
	return g
}

// is tells whether a generic capability has this identifier.
func is(g *h245.GenericCapability, id per.OID) bool {
	return g != nil && g.CapabilityIdentifier.Standard != nil && *g.CapabilityIdentifier.Standard == id
}

func parameter(id uint8, v h245.ParameterValue) h245.GenericParameter {
	return h245.GenericParameter{ParameterIdentifier: h245.ParameterIdentifier{Standard: new(id)}, ParameterValue: v}
}

func unsigned(id uint8, v uint32) h245.GenericParameter {
	return parameter(id, h245.ParameterValue{UnsignedMin: new(uint16(min(v, 65535)))})
}

func boolArray(id, v uint8) h245.GenericParameter {
	return parameter(id, h245.ParameterValue{BooleanArray: new(v)})
}

// value finds a parameter and reads it as a number, whatever form it has. It looks
// among those that do not collapse too: some terminals put them all there.
func value(g *h245.GenericCapability, id uint8) (uint32, bool) {
	for _, list := range [][]h245.GenericParameter{g.Collapsing, g.NonCollapsing} {
		for i := range list {
			if p := list[i].ParameterIdentifier.Standard; p != nil && *p == id {
				return number(&list[i].ParameterValue)
			}
		}
	}
	return 0, false
}

func number(v *h245.ParameterValue) (uint32, bool) {
	switch {
	case v.BooleanArray != nil:
		return uint32(*v.BooleanArray), true
	case v.UnsignedMin != nil:
		return uint32(*v.UnsignedMin), true
	case v.UnsignedMax != nil:
		return uint32(*v.UnsignedMax), true
	case v.Unsigned32Min != nil:
		return *v.Unsigned32Min, true
	case v.Unsigned32Max != nil:
		return *v.Unsigned32Max, true
	}
	return 0, v.Logical
}

// hundreds gives a bit rate in the unit of H.245, 100 bit/s.
func hundreds(bps int) uint32 { return uint32(max(bps, 0) / 100) }

// bitrate is the inverse, 0 if it is more than any terminal has.
func bitrate(hundreds uint32) int {
	if hundreds > 10_000_000 {
		return 0
	}
	return int(hundreds) * 100
}

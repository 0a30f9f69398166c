package capability

import (
	"cmp"
	"errors"
	"slices"

	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// Bounds of what is kept of a far end. Terminals list some sixty capabilities in 2 kB.
const (
	maxEntries      = 512
	maxSize         = 32 << 10 // octets of all entries, encoded
	maxAlternatives = 4096     // in all descriptors
)

// What a capability set is rejected for (terminalCapabilitySetReject).
var (
	ErrEntries     = errors.New("too many capabilities")
	ErrDescriptors = errors.New("too many capability descriptors")
	ErrUndefined   = errors.New("capability descriptors name no capability that is there")
)

// Table is what a far end has said of its capabilities. A set changes what it names
// and leaves the rest (H.245 7.2).
type Table struct {
	entries     []tableEntry                // in the order in which they came
	descriptors []h245.CapabilityDescriptor // by number
	packings                                // how media may be packed
}

// packings is what a far end says of packetizations, for all its capabilities together.
type packings struct {
	nonAligned bool  // H.264 may come in RFC 6184 mode 1
	h264PT     uint8 // payload type that the far end names for H.264
	plus       bool  // H.263 may come as RFC 2429 has it
	plusPT     uint8
}

// tableEntry is a capability and how long its encoding is.
type tableEntry struct {
	number uint16
	c      *h245.Capability
	size   int
}

// Empty tells whether a set is the empty one, by which the far end asks for silence
// (H.323 8.4.6).
func Empty(t *h245.TerminalCapabilitySet) bool {
	return t.MultiplexCapability == nil && len(t.CapabilityTable) == 0 && len(t.CapabilityDescriptors) == 0
}

// Apply takes a set that is not empty. With an error the table is as it was.
func (t *Table) Apply(s *h245.TerminalCapabilitySet) error {
	next := Table{entries: slices.Clone(t.entries), descriptors: slices.Clone(t.descriptors), packings: t.packings}
	for _, e := range s.CapabilityTable {
		next.setEntry(e)
	}
	for _, d := range s.CapabilityDescriptors {
		next.setDescriptor(d)
	}
	if m := s.MultiplexCapability; m != nil && m.H2250Capability != nil {
		next.packings = readPackings(&m.H2250Capability.MediaPacketizationCapability)
	}
	switch {
	case len(next.entries) > maxEntries || next.size() > maxSize:
		return ErrEntries
	case next.count() > maxAlternatives:
		return ErrDescriptors
	case !next.defined():
		return ErrUndefined
	}
	*t = next
	return nil
}

// setEntry keeps a capability. Of one that means nothing here only the number is kept.
func (t *Table) setEntry(e h245.CapabilityTableEntry) {
	n := e.CapabilityTableEntryNumber
	t.entries = slices.DeleteFunc(t.entries, func(x tableEntry) bool { return x.number == n })
	switch {
	case e.Capability == nil: // without capability it only deletes
	case !known(e.Capability):
		t.entries = append(t.entries, tableEntry{number: n, c: &h245.Capability{}})
	default:
		b, err := per.Marshal(e.Capability)
		if err == nil {
			t.entries = append(t.entries, tableEntry{n, e.Capability, len(b)})
		}
	}
}

// known tells whether anything of a capability is read here.
func known(c *h245.Capability) bool {
	var s Set
	new(Table).read(&s, 0, c)
	return len(s.Audio)+len(s.Video) > 0 || s.Content || s.H239 || s.H224 || s.DTMF != 0 || s.Input != Input{}
}

func (t *Table) size() (n int) {
	for _, e := range t.entries {
		n += e.size
	}
	return n
}

func (t *Table) count() (n int) {
	for _, d := range t.descriptors {
		n++
		for _, s := range d.SimultaneousCapabilities {
			n += 1 + len(s)
		}
	}
	return n
}

func (t *Table) setDescriptor(d h245.CapabilityDescriptor) {
	t.descriptors = slices.DeleteFunc(t.descriptors, func(x h245.CapabilityDescriptor) bool {
		return x.CapabilityDescriptorNumber == d.CapabilityDescriptorNumber
	})
	if d.SimultaneousCapabilities == nil {
		return
	}
	t.descriptors = append(t.descriptors, d)
	slices.SortStableFunc(t.descriptors, func(a, b h245.CapabilityDescriptor) int { // lower is preferred (H.245 B.2.2)
		return int(a.CapabilityDescriptorNumber) - int(b.CapabilityDescriptorNumber)
	})
}

func readPackings(m *h245.MediaPacketizationCapability) (t packings) {
	for i := range m.RTPPayloadType {
		p := &m.RTPPayloadType[i]
		pt := uint8(0)
		if p.PayloadType != nil && dynamic(*p.PayloadType) {
			pt = *p.PayloadType
		}
		switch id := p.PayloadDescriptor.OID; {
		case isPlus(&p.PayloadDescriptor):
			t.plus = true
			t.plusPT = cmp.Or(pt, t.plusPT)
		case id != nil && (*id == packAnnexA || *id == packNonInterleaved):
			t.nonAligned = t.nonAligned || *id == packNonInterleaved
			t.h264PT = cmp.Or(pt, t.h264PT)
		}
	}
	return t
}

// defined tells whether the descriptors mean anything. Single numbers that are not in
// the table are passed over; H.245 would have the set rejected.
func (t *Table) defined() bool {
	if len(t.descriptors) == 0 {
		return true
	}
	there := make(map[uint16]bool, len(t.entries))
	for _, e := range t.entries {
		there[e.number] = true
	}
	for _, d := range t.descriptors {
		for _, alternatives := range d.SimultaneousCapabilities {
			if slices.ContainsFunc(alternatives, func(n uint16) bool { return there[n] }) {
				return true
			}
		}
	}
	return len(t.entries) == 0
}

// alternatives gives the descriptors as lists of alternatives, any one of each list at
// a time. A terminal without descriptors is taken to do everything at once.
func (t *Table) alternatives() [][][]uint16 {
	if len(t.descriptors) == 0 {
		all := make([][]uint16, len(t.entries))
		for i, e := range t.entries {
			all[i] = []uint16{e.number}
		}
		return [][][]uint16{all}
	}
	list := make([][][]uint16, len(t.descriptors))
	for i, d := range t.descriptors {
		list[i] = d.SimultaneousCapabilities
	}
	return list
}

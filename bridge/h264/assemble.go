package h264

import "github.com/roombridge/roombridge/bridge/packet"

// AccessUnit is one picture as a byte stream (annex B).
type AccessUnit struct {
	Timestamp uint32
	Arrived   int64 // of its first packet
	Data      []byte
	NALs      int
	Keyframe  bool // has an IDR slice
	Damaged   bool // something of it, or directly before it, was lost or unusable
}

// Assembler makes access units of RTP packets in order, for recording. It
// keeps at most one access unit of bounded size.
type Assembler struct {
	max  int
	emit func(au *AccessUnit)

	started bool
	seq     uint16
	au      AccessUnit
	open    bool
	frag    int // where the fragmented unit begins in Data, -1 when none is open
}

// DefaultMaxAccessUnit bounds an access unit unless told otherwise.
const DefaultMaxAccessUnit = 4 << 20

// NewAssembler makes an Assembler that calls emit for each access unit, which
// is valid only during the call. limit bounds its bytes, 0 is
// DefaultMaxAccessUnit; what is larger comes cut and Damaged.
func NewAssembler(limit int, emit func(au *AccessUnit)) *Assembler {
	if limit <= 0 {
		limit = DefaultMaxAccessUnit
	}
	return &Assembler{max: limit, emit: emit, frag: -1}
}

// Push takes the next packet. A marker or another timestamp ends an access unit.
func (a *Assembler) Push(p *packet.Packet) {
	lost := p.Gap || a.started && p.Seq != a.seq+1
	a.started, a.seq = true, p.Seq
	if a.open && p.Timestamp != a.au.Timestamp {
		a.Flush()
	}
	if !a.open {
		a.au = AccessUnit{Timestamp: p.Timestamp, Arrived: p.Arrived, Data: a.au.Data[:0]}
		a.open = true
	}
	if lost {
		a.au.Damaged = true
		a.dropFragment()
	}
	w := Walk(p.Payload)
	for w.Next() {
		a.add(w.Unit)
	}
	if w.Err != nil {
		a.au.Damaged = true
	}
	if p.Marker {
		a.Flush()
	}
}

// Flush ends the access unit in hand.
func (a *Assembler) Flush() {
	if !a.open {
		return
	}
	a.dropFragment()
	a.open = false
	if a.au.NALs > 0 {
		a.emit(&a.au)
	}
}

func (a *Assembler) add(u Unit) {
	if u.raw == nil && !u.Start && a.frag < 0 {
		a.au.Damaged = true // the beginning is missing
		return
	}
	if u.Start {
		a.dropFragment()
	}
	if len(a.au.Data)+len(u.Body)+5 > a.max {
		a.au.Damaged = true
		a.dropFragment()
		return
	}
	if u.Start {
		a.frag = len(a.au.Data)
		a.au.Data = append(a.au.Data, 0, 0, 0, 1, u.Header)
	}
	a.au.Data = append(a.au.Data, u.Body...)
	if u.End {
		a.frag = -1
		a.au.NALs++
		a.au.Keyframe = a.au.Keyframe || u.Type() == TypeIDR
	}
}

// dropFragment takes out a unit whose end is missing.
func (a *Assembler) dropFragment() {
	if a.frag < 0 {
		return
	}
	a.au.Data = a.au.Data[:a.frag]
	a.frag = -1
	a.au.Damaged = true
}

package per

// Addition is an extension addition, or an alternative of a CHOICE, that these
// types do not know: its index in the bit-map or among the alternatives (those
// of the root included), and its content.
type Addition struct {
	Index int    `json:"index"`
	Data  Octets `json:"data"`
}

// Additions is the bit-map of the extension additions of a SEQUENCE (X.691 19.7).
type Additions struct {
	known uint64
	n     int // how many are known
	buf   []byte
	at    int // where in buf those beyond begin, in bits
	more  int // how many those are
}

// Additions reads the bit-map of a type that knows n additions, at most 64.
func (d *Decoder) Additions(n int) Additions {
	total := d.smallLength()
	if total > d.end-d.pos {
		d.fail(ErrTruncated)
	}
	if d.err != nil {
		return Additions{n: n}
	}
	here := min(n, total)
	a := Additions{n: n, buf: d.buf, more: total - here}
	a.known = d.Bits(here) << (n - here)
	a.at = d.pos
	d.pos += a.more
	return a
}

// Addition opens the known addition with this index if it is there; Close ends it.
// They must be asked for in order.
func (d *Decoder) Addition(a Additions, i int) (w Window, ok bool) {
	if a.known>>(a.n-1-i)&1 == 0 || d.err != nil {
		return Window{}, false
	}
	return d.Open(), true
}

// Unknown reads what follows after the additions that are known.
func (d *Decoder) Unknown(a Additions) []Addition {
	var list []Addition
	for i := range a.more {
		if d.err != nil {
			return nil
		}
		at := a.at + i
		if a.buf[at>>3]>>(7-at&7)&1 == 0 {
			continue
		}
		if b := d.fragments(); !d.skip && d.charge(len(b)+32) {
			list = append(list, Addition{a.n + i, content(b)})
		}
	}
	return list
}

// UnknownChoice reads the value of an alternative that is not known.
func (d *Decoder) UnknownChoice(i int) *Addition {
	b := d.fragments()
	if d.err != nil || !d.charge(len(b)+32) {
		return nil
	}
	return &Addition{i, content(b)}
}

// content copies what an open type holds, which is at least one octet (X.691 11.1.3).
func content(b []byte) Octets {
	if len(b) == 0 {
		return Octets{0}
	}
	return append(Octets(nil), b...)
}

// Mask packs the presence of known additions into one number, the last one in
// the lowest bit.
func Mask(present ...bool) uint64 {
	var m uint64
	for _, p := range present {
		m <<= 1
		if p {
			m |= 1
		}
	}
	return m
}

// Additions writes the bit-map for n known additions and for those unknown.
func (e *Encoder) Additions(n int, known uint64, unknown []Addition) {
	total, at := n, n
	if k := len(unknown); k > 0 {
		total = unknown[k-1].Index + 1
	}
	e.smallLength(max(total, 1))
	e.Bits(known, n)
	for _, a := range unknown {
		if a.Index < at || a.Index >= total {
			e.Fail(ErrAddition)
			return
		}
		for ; at < a.Index; at++ {
			e.Bool(false)
		}
		e.Bool(true)
		at++
	}
}

// Unknown writes additions that are not known; they follow the known ones.
func (e *Encoder) Unknown(list []Addition) {
	for _, a := range list {
		e.OpenType(a.Data)
	}
}

// UnknownChoice writes an alternative that is not known, to a CHOICE with n
// alternatives in its root.
func (e *Encoder) UnknownChoice(a *Addition, n int) {
	if a.Index < n {
		e.Fail(ErrAddition)
		return
	}
	e.Choice(a.Index, n, true)
	e.OpenType(a.Data)
}

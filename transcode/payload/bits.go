package payload

import "github.com/roombridge/roombridge/bridge/h26x"

// join appends the bits of b but for the first skip and the last leave, which are 7 at
// most, behind the last bit that came. Where a byte was split in two as RFC 2190
// and RFC 4587 say, it becomes one again; where not, what follows is shifted.
func (f *building) join(b []byte, skip, leave int) {
	if len(b) == 0 || !f.room(len(b)) {
		return
	}
	skip = f.settle(b[0], skip)
	f.unsure, leave = leave == h26x.Unknown, max(leave, 0)
	if len(b)*8 <= skip+leave {
		f.damaged = true
		return
	}
	switch {
	case f.free == 0 && skip == 0:
		f.data = append(f.data, b...)
	case f.free+skip == 8:
		f.data[len(f.data)-1] |= b[0] & (0xff >> skip)
		f.data = append(f.data, b[1:]...)
		f.free = 0
	default:
		f.shift(b, skip)
	}
	if f.free += leave; f.free >= 8 {
		f.data = f.data[:len(f.data)-1]
		f.free -= 8
	}
	f.data[len(f.data)-1] &= 0xff << f.free
}

// settle finds out where the byte is split in which one piece ends and the next
// begins, when one of their headers does not tell. Both have all of that byte then.
func (f *building) settle(first byte, skip int) int {
	last := len(f.data) - 1
	switch {
	case last < 0:
		return max(skip, 0)
	case f.unsure && skip == h26x.Unknown && f.data[last] == first:
		f.data = f.data[:last]
	case f.unsure && skip > 0:
		f.free = 8 - skip
		f.data[last] &= 0xff << f.free
	case skip == h26x.Unknown && f.free > 0:
		return 8 - f.free
	}
	return max(skip, 0)
}

// shift appends the bits of b but for the first skip, bit for bit.
func (f *building) shift(b []byte, skip int) {
	word, have := uint32(0), 0 // bits that are no whole byte yet
	if f.free > 0 {
		last := len(f.data) - 1
		word, have = uint32(f.data[last]>>f.free), 8-f.free
		f.data = f.data[:last]
	}
	word = word<<(8-skip) | uint32(b[0]&(0xff>>skip))
	have += 8 - skip
	for _, c := range b[1:] {
		if have >= 8 {
			have -= 8
			f.data = append(f.data, byte(word>>have))
		}
		word = word<<8 | uint32(c)
		have += 8
	}
	for have > 0 {
		have -= 8
		if have < 0 {
			word <<= -have
		}
		f.data = append(f.data, byte(word>>max(have, 0)))
	}
	f.free = -have
}

// stuff fills the last byte with zeros: what comes next does not join it.
func (f *building) stuff() { f.free, f.unsure = 0, false }

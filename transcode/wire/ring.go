package wire

// ring is encoded messages one behind the other, the oldest of which go when
// there is no room. Their lengths are kept to find where each ends.
type ring struct {
	most    int // bytes
	slots   int // messages
	buf     []byte
	start   int // buf[start:] waits
	sizes   []int32
	head    int
	count   int
	dropped uint64
}

// push adds a message, or counts it as dropped where that cannot be.
func (r *ring) push(m Message, closed bool) {
	size := HeaderSize + len(m.Payload)
	if closed || len(m.Payload) > limits[m.Kind] {
		r.dropped++
		return
	}
	if r.sizes == nil {
		r.sizes = make([]int32, r.slots)
	}
	for r.count > 0 && (r.count == len(r.sizes) || len(r.buf)-r.start+size > r.most) {
		r.shift()
		r.dropped++
	}
	if r.start > r.most { // the part that is gone is as large as the live one can be
		r.buf = r.buf[:copy(r.buf, r.buf[r.start:])]
		r.start = 0
	}
	r.buf, _ = Append(r.buf, m)
	r.sizes[(r.head+r.count)%len(r.sizes)] = int32(size)
	r.count++
}

// shift takes the oldest message away and gives its size.
func (r *ring) shift() int {
	n := int(r.sizes[r.head])
	r.start += n
	r.head = (r.head + 1) % len(r.sizes)
	r.count--
	return n
}

// keepRing is the memory that a ring keeps when it is empty.
const keepRing = 1 << 20

// take appends the oldest messages to dst, up to so many bytes but at least one.
func (r *ring) take(dst []byte, most int) []byte {
	from, n := r.start, 0
	for r.count > 0 && (n == 0 || n+int(r.sizes[r.head]) <= most) {
		n += r.shift()
	}
	dst = append(dst, r.buf[from:from+n]...)
	if r.count == 0 {
		r.buf, r.start, r.head = r.buf[:0], 0, 0
		if cap(r.buf) > keepRing {
			r.buf = nil
		}
	}
	return dst
}

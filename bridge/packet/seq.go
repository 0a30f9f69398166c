package packet

// SeqDiff gives a - b for RTP sequence numbers: positive when a is newer. The
// two are taken to be less than 32768 apart.
func SeqDiff(a, b uint16) int { return int(int16(a - b)) }

// TimeDiff is SeqDiff for RTP timestamps.
func TimeDiff(a, b uint32) int64 { return int64(int32(a - b)) }

// Unwrapper extends 16 bit sequence numbers to 64 bit ones that never wrap.
// The first number is extended with one cycle in hand, so that packets from
// before it do not go below zero. The zero value is ready.
type Unwrapper struct {
	highest uint64
	started bool
}

// Unwrap gives the extended number that is nearest to the highest one so far.
func (u *Unwrapper) Unwrap(seq uint16) uint64 {
	if !u.started {
		u.started, u.highest = true, 1<<16|uint64(seq)
		return u.highest
	}
	d := SeqDiff(seq, uint16(u.highest))
	ext := u.highest + uint64(int64(d))
	if d > 0 {
		u.highest = ext
	}
	return ext
}

// Highest gives the highest extended number so far, 0 before the first.
func (u *Unwrapper) Highest() uint64 { return u.highest }

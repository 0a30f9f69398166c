package plan

// Classes are the bit rates, bit/s, into which receivers' limits fall. Terminals
// of one class can share an encoder, and one with a bad line leaves the class
// instead of pulling the others down.
var Classes = [...]int{64_000, 128_000, 192_000, 256_000, 384_000, 512_000, 768_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000, 4_000_000}

// classOf gives the class of a limit; 0 is no limit. Below the lowest class
// it is the lowest: with less there is no picture worth the name.
func classOf(limit int) int {
	if limit <= 0 {
		return len(Classes) - 1
	}
	for i := len(Classes) - 1; i > 0; i-- {
		if Classes[i] <= limit {
			return i
		}
	}
	return 0
}

// Above gives the bit rate that the class above begins with, 0 when there is none.
func Above(class int) int {
	for _, c := range Classes {
		if c > class {
			return c
		}
	}
	return 0
}

// Times of changing the class, nanoseconds.
const (
	riseWait  = 2e9  // a limit has to be above the class for so long
	riseMost  = 30e9 // likewise, after rises that did not last
	riseProof = 10e9 // a rise that lasts so long was right
	leapWait  = 300e6
)

// leap is how many classes a limit has to be above to be more than a wobble:
// the line is another one then, and the class follows soon.
const leap = 2

// Rate follows a receiver's limit with a class: down at once, up when the
// limit stays, later and later when it does not, and soon when it is far above.
type Rate struct {
	begun    bool
	class    int
	above    int64 // since when the limit was above the class; 0: it is not
	floor    int   // the least class that the limit allowed since then
	far      int64 // since when it was far above; 0: it is not
	farFloor int   // likewise
	rose     int64 // when the class rose last; 0: it fell since
	patience int64
}

// Follow takes the limit, bit/s (0 is none), and gives the class in bit/s.
func (r *Rate) Follow(limit int, now int64) int {
	c := classOf(limit)
	leaps := r.leaps(c, now)
	switch {
	case !r.begun:
		r.begun, r.class, r.patience = true, c, riseWait
	case leaps:
		r.class, r.above, r.far, r.rose = r.farFloor, 0, 0, now
	case c < r.class:
		if r.rose != 0 && now-r.rose < riseProof {
			r.patience = min(2*r.patience, riseMost)
		}
		r.class, r.above, r.rose = c, 0, 0
	case c == r.class:
		r.above = 0
		if r.rose != 0 && now-r.rose >= riseProof {
			r.patience = riseWait
		}
	case r.above == 0:
		r.above, r.floor = now, c
	default:
		r.floor = min(r.floor, c)
		if now-r.above >= r.patience {
			r.class, r.above, r.rose = r.floor, 0, now
		}
	}
	return Classes[r.class]
}

// leaps tells whether the limit has been far above the class for a moment.
func (r *Rate) leaps(c int, now int64) bool {
	switch {
	case !r.begun || c < r.class+leap:
		r.far = 0
	case r.far == 0:
		r.far, r.farFloor = now, c
	default:
		r.farFloor = min(r.farFloor, c)
	}
	return r.far != 0 && now-r.far >= leapWait
}

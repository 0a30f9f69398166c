package h264

// The arithmetic coding (9.3.4) of the one syntax element of a skip picture,
// mb_skip_flag equal to 1, and of the end_of_slice_flag behind each. All
// neighbours are skipped or not there, so that the flag has one context,
// ctxIdx 11; at skipQP its likely value is 1 from the beginning, so that
// only the likely path of the coder is ever taken.

// skipQP is the slice QP at which context 11 favours skipping most.
const skipQP = 51

// skipInitM and skipInitN are of table 9-13, cabac_init_idc 0, ctxIdx 11.
const (
	skipInitM = 23
	skipInitN = 33
)

// rangeLPS is table 9-44 from the state that skipQP gives to the last.
const rangeLPSFrom = 42

var rangeLPS = [...][4]uint16{
	{16, 20, 23, 27}, {15, 19, 22, 25}, {14, 18, 21, 24}, {14, 17, 20, 23},
	{13, 16, 19, 22}, {12, 15, 18, 21}, {12, 14, 17, 20}, {11, 14, 16, 19},
	{11, 13, 15, 18}, {10, 12, 15, 17}, {10, 12, 14, 16}, {9, 11, 13, 15},
	{9, 11, 12, 14}, {8, 10, 12, 14}, {8, 9, 11, 13}, {7, 9, 11, 12},
	{7, 9, 10, 12}, {7, 8, 10, 11}, {6, 8, 9, 11}, {6, 7, 9, 10},
	{6, 7, 8, 9},
}

// cabacEncoder is the encoding engine of 9.3.4.2.
type cabacEncoder struct {
	w           *bitWriter
	low, rng    uint32
	outstanding int
	first       bool
}

// skipCABAC writes the slice data of a picture of mbs skipped macroblocks.
func skipCABAC(w *bitWriter, mbs int, qp int32) {
	e := cabacEncoder{w: w, rng: 510, first: true}
	state := int(skipInitM*qp>>4+skipInitN) - 64
	for i := range mbs {
		e.likely(state)
		state = min(state+1, 62)
		e.terminate(i == mbs-1)
	}
}

// likely encodes a bin that has the value its context expects (9.3.4.2).
func (e *cabacEncoder) likely(state int) {
	e.rng -= uint32(rangeLPS[state-rangeLPSFrom][e.rng>>6&3])
	e.renorm()
}

// terminate encodes end_of_slice_flag (9.3.4.5). The last bit that the flush
// writes is the stop bit of the RBSP.
func (e *cabacEncoder) terminate(end bool) {
	e.rng -= 2
	if !end {
		e.renorm()
		return
	}
	e.low += e.rng
	e.rng = 2
	e.renorm()
	e.put(e.low >> 9 & 1)
	e.w.u(2, e.low>>7&3|1)
	for e.w.n != 0 {
		e.w.bit(0)
	}
}

func (e *cabacEncoder) renorm() {
	for e.rng < 256 {
		switch {
		case e.low < 256:
			e.put(0)
		case e.low >= 512:
			e.low -= 512
			e.put(1)
		default:
			e.low -= 256
			e.outstanding++
		}
		e.rng <<= 1
		e.low <<= 1
	}
}

func (e *cabacEncoder) put(b uint32) {
	if e.first {
		e.first = false
	} else {
		e.w.bit(b)
	}
	for ; e.outstanding > 0; e.outstanding-- {
		e.w.bit(1 - b)
	}
}

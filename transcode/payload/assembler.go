package payload

// place says where in a frame a payload stands, as far as it tells.
type place uint8

const (
	anywhere  place = iota // it does not tell
	beginning              // it begins a frame
	inside                 // it goes on with one
)

// format knows how one payload format puts frames together.
type format interface {
	// place tells where in a frame a payload stands.
	place(payload []byte) place
	// add appends what a payload holds to the frame. When f.hole is set,
	// packets before it are missing.
	add(f *building, payload []byte)
	// end completes the frame.
	end(f *building)
}

// building is the frame that is being put together.
type building struct {
	data    []byte
	damaged bool
	key     bool
	hole    bool // packets of this frame are missing before the one that comes now
	refresh int  // a decoder that starts with this frame is right after so many more
	content bool // data that only one frame can have is there: another beginning is another frame
	free    int  // bits of the last byte that are not used yet, which are 0
	unsure  bool // how many those are was not told
	full    bool // it grew beyond MaxFrame; nothing more is added
}

// room tells whether n more bytes fit; if not, the frame is damaged.
func (f *building) room(n int) bool {
	if len(f.data)+n > MaxFrame {
		f.full, f.damaged = true, true
	}
	return !f.full
}

// append adds bytes as far as they fit.
func (f *building) append(b []byte) {
	if f.room(len(b)) {
		f.data = append(f.data, b...)
	}
}

// Of senders that set markers in the middle of frames.
const (
	misledAfter = 2  // such markers, and they are not believed any more
	trustAfter  = 50 // frames with markers at their ends alone, and they are again
)

// A packet that is at most lateness behind the newest is left out as late or
// doubled. One that is farther off, or manyLate of them in turn, is a sender
// that started over.
const (
	lateness = 1000
	manyLate = 32
)

// assembler is what all payload formats share: numbers, times, markers and
// what loss means for the frames behind it.
type assembler struct {
	format format

	started bool
	seq     uint16
	late    int // packets left out since the last one that was not
	cur     building
	open    bool // cur has a packet
	ended   bool // its last packet came
	marked  bool // its last packet so far has a marker
	stamp   uint32

	broken bool      // frames before the one in hand were damaged or did not come
	mends  int       // after so many more frames a gradual refresh has mended that; 0 is not known
	given  bool      // the frame before ended with a marker, and its timestamp is stamp
	bufs   [2][]byte // the frame in hand is in one, the one given last in the other
	which  int

	strays int // markers that stood in the middle of a frame, since the last one that is believed
	proper int // frames since then whose marker stood at their end
}

func newAssembler(f format) *assembler { return &assembler{format: f, broken: true} }

// Push implements Assembler.
func (a *assembler) Push(seq uint16, timestamp uint32, marker bool, payload []byte) (Frame, bool) {
	ahead := int16(seq - a.seq)
	if a.started && ahead <= 0 && ahead > -lateness && a.late < manyLate {
		a.late++
		return Frame{}, false
	}
	lost := !a.started || ahead != 1
	a.started, a.seq, a.late = true, seq, 0
	at := a.format.place(payload)
	var frame Frame
	ok := false
	if a.open && a.over(timestamp, at) {
		a.cur.damaged = a.cur.damaged || lost && !a.ended && !a.marked
		frame, ok = a.close()
	}
	switch {
	case !a.open:
		a.begin(timestamp, at, lost)
	case lost:
		a.cur.damaged, a.cur.hole = true, true
	case a.marked:
		a.proper = 0 // the marker stood in the middle
	}
	a.format.add(&a.cur, payload)
	a.cur.hole = false
	a.marked = marker
	a.ended = marker && a.strays < misledAfter
	if a.ended && !ok {
		frame, ok = a.close()
		a.given = true
	}
	return frame, ok
}

// Next implements Assembler.
func (a *assembler) Next() (Frame, bool) {
	if !a.open || !a.ended {
		return Frame{}, false
	}
	a.given = true
	return a.close()
}

// over tells whether the frame in hand ended before a packet.
func (a *assembler) over(timestamp uint32, at place) bool {
	return a.ended || timestamp != a.stamp || at == beginning && a.cur.content
}

// begin starts a frame with the packet that comes now.
func (a *assembler) begin(timestamp uint32, at place, lost bool) {
	stray := a.given && !lost && timestamp == a.stamp && at == inside
	if stray {
		a.strays++
		a.proper = 0
	}
	hole := lost && at != beginning || stray
	if lost {
		a.broken, a.mends = true, 0
	}
	a.which ^= 1
	a.cur = building{data: a.bufs[a.which][:0], damaged: hole, hole: hole}
	a.open, a.ended, a.marked, a.given = true, false, false, false
	a.stamp = timestamp
}

// close completes the frame in hand and gives it, unless it is empty.
func (a *assembler) close() (Frame, bool) {
	a.format.end(&a.cur)
	a.open, a.given = false, false
	if a.marked {
		if a.proper++; a.proper >= trustAfter {
			a.strays = 0
		}
	}
	c := &a.cur
	a.mend()
	f := Frame{Data: c.data, Timestamp: a.stamp, Damaged: a.broken, Key: c.key}
	a.bufs[a.which] = c.data
	return f, len(f.Data) > 0
}

// mend finds out whether the frame in hand, or one of those on which it stands, is damaged.
func (a *assembler) mend() {
	c := &a.cur
	switch {
	case c.damaged:
		a.broken, a.mends = true, 0
	case len(c.data) == 0:
	case c.key && c.refresh == 0:
		a.broken, a.mends = false, 0
	case c.key && a.mends == 0:
		a.mends = c.refresh
	case a.mends > 0:
		if a.mends--; a.mends == 0 {
			a.broken = false
		}
	}
}

package h264

import "github.com/roombridge/roombridge/bridge/packet"

// NormalizerStats counts what a Normalizer did.
type NormalizerStats struct {
	In, Out     uint64 // packets
	Keyframes   uint64 // IDR pictures that decode alone
	Undecodable uint64 // IDR pictures without known parameter sets or without their beginning
	Inserted    uint64 // pictures whose parameter sets came from memory
	Dropped     uint64 // NAL units, or fragments of them, that receivers could not use
	Split       uint64 // payloads above the MTU
	Lost        uint64 // gaps in the sequence numbers
}

// Normalizer makes what browsers decode of what terminals send: one stream,
// in packetization-mode 1 whatever it was, with parameter sets directly
// before each IDR picture, without the NAL units of layers and extensions, and
// within the MTU. Packets go in in order; gaps by loss stay gaps, what is
// inserted or left out leaves none. It belongs to one goroutine.
type Normalizer struct {
	emit func(p *packet.Packet)
	mtu  int
	sets ParameterSets

	started bool
	ssrc    uint32
	in      uint16 // sequence number of the last packet that came
	seq     uint16 // of the last one that went
	gap     bool   // packets were lost since
	broken  bool   // fragments were lost: what follows does not join what went

	au    accessUnit
	fresh bool // parameter sets came that have not been passed on
	held  heldUnits

	out   packet.Packet // the next to go, kept until the one after it is known
	ready bool
	bufs  [2][]byte // for payloads made here; out may be in one of them
	which int

	width, height int
	stats         NormalizerStats
}

// accessUnit is what is known of the picture that comes in.
type accessUnit struct {
	open      bool
	timestamp uint32
	sliced    bool // a slice came
	damaged   bool // a gap came before or in it
	ended     bool // its marker went
	headless  bool // an IDR picture whose beginning was lost
}

// NewNormalizer makes a Normalizer that calls emit for each packet. The packet
// is valid only during the call. mtu 0 is DefaultMTU.
func NewNormalizer(mtu int, emit func(p *packet.Packet)) *Normalizer {
	if mtu < minMTU {
		mtu = DefaultMTU
	}
	return &Normalizer{
		emit: emit,
		mtu:  mtu,
	}
}

// Sets gives the parameter sets of the stream, to add those of the signalling.
func (n *Normalizer) Sets() *ParameterSets { return &n.sets }

// Size gives the size of the picture that was shown last, 0 before the first.
func (n *Normalizer) Size() (width, height int) { return n.width, n.height }

// Stats gives the counts so far.
func (n *Normalizer) Stats() NormalizerStats { return n.stats }

// Push takes the next packet. Its payload has to stay valid during the call.
func (n *Normalizer) Push(p *packet.Packet) {
	n.stats.In++
	if !n.follow(p) {
		return
	}
	if !n.au.open || n.au.timestamp != p.Timestamp {
		n.end()
		n.begin(p.Timestamp)
	}
	n.out = *p
	n.out.Marker, n.out.Keyframe = false, false
	if !n.wholeSlices(p.Payload) {
		w := Walk(p.Payload)
		for w.Next() {
			n.unit(w.Unit, p.Payload)
		}
		if w.Packet == 0 || w.Packet > TypeSTAPA && w.Packet != TypeFUA || w.Err != nil {
			n.stats.Dropped++
		}
	}
	n.finish(p.Marker)
}

// follow keeps account of the sequence numbers, and tells whether the packet
// is one to be taken.
func (n *Normalizer) follow(p *packet.Packet) bool {
	d := packet.SeqDiff(p.Seq, n.in)
	switch {
	case !n.started:
		n.started, n.ssrc, n.seq = true, p.SSRC, p.Seq-1
	case p.SSRC != n.ssrc || d > maxDropout || d < -maxDropout:
		// The source started over. One number stands for what is missing.
		n.ssrc = p.SSRC
		n.lose(1)
		n.au.open = false
	case d <= 0:
		return false
	case d > 1:
		n.lose(d - 1)
	}
	n.in = p.Seq
	return true
}

// maxDropout is the largest loss; beyond it a source started over (RFC 3550 A.1).
const maxDropout = 3000

func (n *Normalizer) lose(count int) {
	n.stats.Lost += uint64(count)
	n.gap, n.broken, n.au.damaged = true, true, true
}

// end ends a picture whose last packet was lost: receivers wait for its marker.
func (n *Normalizer) end() {
	if n.gap && n.au.open && n.au.sliced && !n.au.ended {
		n.finish(true)
		n.gap = true // the next picture may have lost its beginning
	}
}

// begin opens the next access unit. A gap directly before it may have taken
// its beginning.
func (n *Normalizer) begin(timestamp uint32) {
	n.au = accessUnit{open: true, timestamp: timestamp, damaged: n.gap}
	n.held.reset()
}

// wholeSlices passes on a STAP-A of nothing but slices as it is.
func (n *Normalizer) wholeSlices(payload []byte) bool {
	if Type(payload) != TypeSTAPA || len(payload) > n.mtu {
		return false
	}
	w, count := Walk(payload), 0
	var first Unit
	for w.Next() {
		if !isSlice(w.Unit.Type()) {
			return false
		}
		if count++; count == 1 {
			first = w.Unit
		}
	}
	if count == 0 || w.Err != nil {
		return false
	}
	n.broken = false
	if !n.au.sliced {
		n.firstSlice(first)
	}
	n.queue(payload, false)
	return true
}

// unit takes one unit, or fragment, of a packet.
func (n *Normalizer) unit(u Unit, payload []byte) {
	n.broken = n.broken && !u.Start
	switch t := u.Type(); {
	case n.broken:
		n.stats.Dropped++
		if t == TypeIDR && !n.au.sliced && !n.au.headless {
			n.au.headless = true
			n.stats.Undecodable++
		}
	case isSlice(t):
		if !n.au.sliced {
			n.firstSlice(u)
		}
		n.pass(u, payload)
	case (t == TypeSPS || t == TypePPS) && u.raw != nil:
		n.parameterSet(u.raw)
	case t == TypeSEI && u.raw != nil && !n.au.sliced:
		// It belongs behind the parameter sets, which may be still to come.
		if !n.held.add(u.raw) {
			n.stats.Dropped++
		}
	case t == TypeSEI, t == TypeSPS, t == TypePPS, t == TypeEndOfSeq, t == TypeEndOfStr:
		n.pass(u, payload)
	default:
		// Delimiters and filler say nothing in RTP; the other types belong
		// to layers, views and extensions, which receivers of the base
		// layer ignore at best (INTEROP 5.4).
		n.stats.Dropped++
	}
}

// parameterSet takes a set out of the stream; firstSlice puts it back before
// the next picture.
func (n *Normalizer) parameterSet(nal []byte) {
	if _, err := n.sets.Add(nal); err != nil {
		n.nal(nal, false)
		return
	}
	n.fresh = true
}

// firstSlice goes before the first slice of an access unit: parameter sets
// when it is an IDR picture or when new ones came, then SEI.
func (n *Normalizer) firstSlice(u Unit) {
	n.au.sliced = true
	idr := u.Type() == TypeIDR
	if idr || n.fresh {
		n.writeSets(u, idr)
	}
	for _, sei := range n.held.units() {
		n.nal(sei, false)
	}
}

func (n *Normalizer) writeSets(u Unit, idr bool) {
	s, sps := n.setsOf(u)
	if sps == nil {
		if idr {
			n.stats.Undecodable++
		}
		return
	}
	key := idr && (s.FirstMB == 0 || !n.au.damaged)
	switch {
	case key:
		n.stats.Keyframes++
	case idr:
		n.stats.Undecodable++
	}
	if !n.fresh {
		n.stats.Inserted++
	}
	n.fresh = false
	if sps.parsed {
		n.width, n.height = sps.sps.Width, sps.sps.Height
	}
	n.sendSets(sps, s.PPS, key)
}

// setsOf finds what a slice needs to be decoded, nil when it is not known.
func (n *Normalizer) setsOf(u Unit) (Slice, *storedSPS) {
	if !u.Start || !hasSliceHeader(u.Type()) {
		return Slice{}, nil
	}
	s, err := parseSlice(u.Body)
	if err != nil {
		return s, nil
	}
	return s, n.sets.forPPS(s.PPS)
}

// sendSets sends the SPS, the PPS of the slice, and then the other PPS that
// later slices may use: in one STAP-A if they fit, one by one otherwise.
func (n *Normalizer) sendSets(sps *storedSPS, first uint8, key bool) {
	size := 1 + 2 + len(sps.nal)
	for i := range n.sets.pps {
		if n.sets.pps[i].sps == sps.id {
			size += 2 + len(n.sets.pps[i].nal)
		}
	}
	together := size <= n.mtu
	if !together {
		n.nal(sps.nal, key)
		n.eachPPS(sps.id, first, func(nal []byte) { n.nal(nal, false) })
		return
	}
	buf := append(n.buffer(), TypeSTAPA)
	buf = appendAggregated(buf, 0, sps.nal)
	n.eachPPS(sps.id, first, func(nal []byte) { buf = appendAggregated(buf, 0, nal) })
	n.queue(n.keep(buf), key)
}

func (n *Normalizer) eachPPS(sps, first uint8, f func(nal []byte)) {
	if p := n.sets.findPPS(first); p != nil {
		f(p.nal)
	}
	for i := range n.sets.pps {
		if p := &n.sets.pps[i]; p.sps == sps && p.id != first {
			f(p.nal)
		}
	}
}

// pass sends a unit or fragment on, as it came if it fits.
func (n *Normalizer) pass(u Unit, payload []byte) {
	switch {
	case u.raw != nil:
		n.nal(u.raw, false)
	case len(payload) <= n.mtu:
		n.queue(payload, false)
	default:
		n.fragments(u, false)
	}
}

// nal sends a whole unit.
func (n *Normalizer) nal(raw []byte, key bool) {
	if len(raw) <= n.mtu {
		n.queue(raw, key)
		return
	}
	n.fragments(Unit{Header: raw[0], Body: raw[1:], Start: true, End: true}, key)
}

// fragments sends a unit, or a fragment that is too large, as FU-A.
func (n *Normalizer) fragments(u Unit, key bool) {
	n.stats.Split++
	room := n.mtu - 2
	count := (len(u.Body) + room - 1) / room
	for i := range count {
		from, to := i*len(u.Body)/count, (i+1)*len(u.Body)/count
		start, end := u.Start && i == 0, u.End && i == count-1
		buf := append(n.buffer(), fuIndicator(u.Header), fuHeader(u.Header, start, end))
		n.queue(n.keep(append(buf, u.Body[from:to]...)), key && i == 0)
	}
}

// buffer gives the one of the two that the packet in hand does not use. Most terminals' packets
// pass as they are, and these two hold no more than parameter sets.
func (n *Normalizer) buffer() []byte {
	n.which ^= 1
	return n.bufs[n.which][:0]
}

// keep holds on to the buffer that buffer gave, as it has grown.
func (n *Normalizer) keep(buf []byte) []byte {
	n.bufs[n.which] = buf
	return buf
}

// queue makes a payload the next packet, and lets the one before it go.
func (n *Normalizer) queue(payload []byte, key bool) {
	n.release()
	n.out.Payload, n.out.Keyframe, n.ready = payload, key, true
}

func (n *Normalizer) release() {
	if !n.ready {
		return
	}
	n.ready = false
	n.seq++
	n.out.Seq, n.out.Gap = n.seq, n.gap
	n.gap = false
	n.stats.Out++
	n.emit(&n.out)
}

// filler is a filler data NAL unit (7.3.2.7), which decoders ignore and which
// may stand behind the slices of a picture.
var filler = []byte{TypeFiller, 0xff, 0x80}

// finish lets the last packet go. The marker of a packet of which nothing is
// left, such as that of a higher layer, goes with a packet of filler, since
// those before it have gone.
func (n *Normalizer) finish(marker bool) {
	if marker && !n.ready && n.au.sliced {
		n.queue(filler, false)
	}
	n.out.Marker = marker
	n.au.ended = n.au.ended || marker && n.ready
	n.release()
}

// heldUnits keeps the SEI units that come before the first slice, which are few.
type heldUnits struct {
	buf   [1024]byte
	used  int
	nals  [4][]byte
	count int
}

func (h *heldUnits) reset() { h.used, h.count = 0, 0 }

func (h *heldUnits) add(nal []byte) bool {
	if h.count == len(h.nals) || len(nal) > len(h.buf)-h.used {
		return false
	}
	at := h.buf[h.used : h.used+len(nal)]
	copy(at, nal)
	h.nals[h.count] = at
	h.used += len(nal)
	h.count++
	return true
}

func (h *heldUnits) units() [][]byte { return h.nals[:h.count] }

package room

import (
	"encoding/binary"
	"io"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v2/packetio"
)

// inboxes are the buffers between SRTP and pion for all sources of one
// browser. pion makes one for each source that it hears, before it knows
// anything of it, so their number and size are bounded here. Retransmissions
// (RFC 4588) are turned back into what they repeat on the way and go to the
// inbox of the stream that they repair, where pion counts them for the
// feedback; pion itself does that too late, when the next packet arrives, and
// not safely beside other readers.
type inboxes struct {
	control func([]byte) // takes RTCP about sources that pion does not know

	mu    sync.Mutex
	count int
	apt   map[uint8]uint8   // payload type of retransmissions -> of what they repeat
	fid   map[uint32]uint32 // source of retransmissions -> source repaired, where signalled
	own   map[uint32]bool   // our sources of retransmissions
	rid   uint8             // header extensions, 0: not negotiated
	rrid  uint8
	rtp   map[uint32]*inbox
	byRID map[string]*inbox
}

// inbox is the buffer of one source.
type inbox struct {
	*packetio.Buffer
	all     *inboxes
	ssrc    uint32
	control bool
	dead    bool
	rid     string
	named   bool // rid was looked for long enough
	seen    int
	recent  []uint32 // sequence numbers that arrived, plus one, at their place modulo the length
}

// Bounds of an inbox.
const (
	rtcpBuffer = 64 << 10
	rtpBuffer  = 512 << 10
	// Browsers name an encoding in its packets until the first report.
	ridPackets = 2000
	// Sequence numbers kept to tell a repair from a repetition.
	recentPackets = 2048
)

func newInboxes(control func([]byte)) *inboxes {
	return &inboxes{control: control, rtp: map[uint32]*inbox{}, byRID: map[string]*inbox{}, own: map[uint32]bool{}}
}

// offered takes what an offer says of retransmissions.
func (a *inboxes) offered(o *offer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.apt, a.fid, a.rid, a.rrid = o.apt, o.fid, o.ridID, o.rridID
}

// sends makes known a source of our own.
func (a *inboxes) sends(rtx uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.own[rtx] = true
}

// make is pion's BufferFactory.
func (a *inboxes) make(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := &inbox{Buffer: packetio.NewBuffer(), all: a, ssrc: ssrc, control: kind == packetio.RTCPBufferPacket}
	a.count++
	switch {
	case a.count > 2*maxSSRCs:
		b.dead = true
	case b.control:
		b.SetLimitSize(rtcpBuffer)
	default:
		b.SetLimitSize(rtpBuffer)
		a.rtp[ssrc] = b
	}
	return b
}

// Write takes one decrypted packet. It runs on the one goroutine that reads
// the browser's RTP (or RTCP), so the fields of the inbox need no lock.
func (b *inbox) Write(packet []byte) (int, error) {
	switch {
	case b.dead:
		return len(packet), nil
	case b.control:
		b.all.overhear(b.ssrc, packet)
	default:
		n := len(packet)
		if packet = b.all.take(b, packet); packet == nil {
			return n, nil
		}
	}
	return b.Buffer.Write(packet)
}

func (a *inboxes) overhear(ssrc uint32, packet []byte) {
	a.mu.Lock()
	own := a.own[ssrc]
	a.mu.Unlock()
	if own {
		a.control(packet)
	}
}

// take looks at a packet of b and gives what pion shall read of it there, nil
// for a retransmission that went to the stream it repairs.
//
// Browsers probe the path with retransmissions of what has arrived. pion must
// not see those in the stream (it looks for an encoding's name in the first
// ten packets, and they have none), but has to count them for the feedback:
// they become padding.
func (a *inboxes) take(b *inbox, packet []byte) []byte {
	if len(packet) < 12 {
		return packet
	}
	a.mu.Lock()
	pt, again := a.apt[packet[1]&0x7f]
	if !again {
		a.learn(b, packet)
		a.mu.Unlock()
		b.arrived(binary.BigEndian.Uint16(packet[2:]))
		return packet
	}
	to := a.repaired(b, packet)
	a.mu.Unlock()
	at, end, ok := payloadBounds(packet)
	if to == nil || !ok || end-at < 2 {
		return packet // a probe
	}
	if !to.arrived(binary.BigEndian.Uint16(packet[at:])) {
		return hollow(packet[:at+1])
	}
	_, _ = to.Buffer.Write(restore(packet, at, pt, to.ssrc))
	return nil
}

// arrived notes a sequence number and tells whether it is new.
func (b *inbox) arrived(seq uint16) bool {
	if b.recent == nil {
		b.recent = make([]uint32, recentPackets)
	}
	at := &b.recent[seq%recentPackets]
	if *at == uint32(seq)+1 {
		return false
	}
	*at = uint32(seq) + 1
	return true
}

// hollow makes a packet of a header and one more byte one of padding only
// (RFC 3550 5.1).
func hollow(packet []byte) []byte {
	packet[0] |= 0x20
	packet[len(packet)-1] = 1
	return packet
}

// learn notes which encoding a source is.
func (a *inboxes) learn(b *inbox, packet []byte) {
	if b.named || a.rid == 0 {
		return
	}
	b.seen++
	if rid := string(extension(packet, a.rid)); rid != "" {
		b.rid, b.named = rid, true
		a.byRID[rid] = b
	}
	b.named = b.named || b.seen > ridPackets
}

// repaired finds the stream that a source of retransmissions repairs.
func (a *inboxes) repaired(b *inbox, packet []byte) *inbox {
	if of, ok := a.fid[b.ssrc]; ok {
		return a.rtp[of]
	}
	if b.rid == "" && a.rrid != 0 {
		b.rid = string(extension(packet, a.rrid))
	}
	return a.byRID[b.rid]
}

// restore turns a retransmission, whose payload starts at at, into the packet
// that it repeats (RFC 4588 4), within its bytes.
func restore(packet []byte, at int, pt uint8, ssrc uint32) []byte {
	hi, lo := packet[at], packet[at+1]
	copy(packet[2:at+2], packet[:at]) // the header moves up to the payload
	packet = packet[2:]
	packet[1] = packet[1]&0x80 | pt
	packet[2], packet[3] = hi, lo
	binary.BigEndian.PutUint32(packet[8:], ssrc)
	return packet
}

func (s *session) overheard(b []byte) {
	if list, err := rtcp.Unmarshal(b); err == nil {
		s.feedback(list)
	}
}

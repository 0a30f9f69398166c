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
// inbox of the stream that they repair; pion does that too late, when the next
// packet arrives, and not safely beside other readers.
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
}

// Bounds of an inbox.
const (
	rtcpBuffer = 64 << 10
	rtpBuffer  = 512 << 10
	// Browsers name an encoding in its packets until the first report.
	ridPackets = 2000
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
	case b.all.take(b, packet):
		return len(packet), nil
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

// take looks at a packet of b, and tells whether it was a retransmission and
// is done with.
func (a *inboxes) take(b *inbox, packet []byte) bool {
	if len(packet) < 12 {
		return false
	}
	a.mu.Lock()
	pt, again := a.apt[packet[1]&0x7f]
	if !again {
		a.learn(b, packet)
		a.mu.Unlock()
		return false
	}
	to := a.repaired(b, packet)
	a.mu.Unlock()
	if to == nil {
		return false
	}
	restored, ok := restore(packet, pt, to.ssrc)
	if !ok {
		return false // a probe: pion counts it for the feedback
	}
	_, _ = to.Buffer.Write(restored)
	return true
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

// restore turns a retransmission into the packet that it repeats (RFC 4588
// 4), within its bytes; false for one without a payload.
func restore(packet []byte, pt uint8, ssrc uint32) ([]byte, bool) {
	at, end, ok := payloadBounds(packet)
	if !ok || end-at < 2 {
		return nil, false
	}
	hi, lo := packet[at], packet[at+1]
	copy(packet[2:at+2], packet[:at]) // the header moves up to the payload
	packet = packet[2:]
	packet[1] = packet[1]&0x80 | pt
	packet[2], packet[3] = hi, lo
	binary.BigEndian.PutUint32(packet[8:], ssrc)
	return packet, true
}

func (s *session) overheard(b []byte) {
	if list, err := rtcp.Unmarshal(b); err == nil {
		s.feedback(list)
	}
}

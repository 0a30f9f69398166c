package relay

import (
	"math/rand/v2"
	"net/netip"
	"sync"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/secure"
)

// A writer whose sequence number or time is further off than these from where
// it was is another writer: its numbers are joined to what went out before.
const (
	maxSeqJump  = 3000
	maxTimeJump = 20 // seconds
)

// sender is the sending half of a stream. Writers number their packets as they
// like; the sender maps the numbers to its own, so that packets of its own
// (digits) fit in between and another writer goes on where one stopped.
type sender struct {
	sync.Mutex
	sock   wire.Socket
	now    func() int64
	terms  *terms
	out    *secure.Outbound // nil: plain, or keys are awaited
	tag    int              // bytes that out adds to a packet
	to     func() netip.AddrPort
	closed bool

	ssrc      uint32
	seq       uint16 // of the newest packet sent
	timestamp uint32
	at        int64  // when it was flushed
	seqShift  uint16 // added to the writer's numbers
	timeShift uint32
	started   bool
	joining   bool     // the next packet of a writer fixes the shifts
	clock     int      // RTP clock of what is sent, Hz
	unstamped bool     // packets were sent since at was read
	waiting   *outbox  // nil: nothing waits
	history   *history // nil unless the far end sends NACKs
	packets   uint64
	bytes     uint64
	frames    uint64
	keyframes uint64
	refused   uint64 // packets that could not be sent: no address, no key, too large
	dropped   uint64 // packets that the kernel did not take
	inspector inspector
	codec     media.Codec
	frameTime uint32
	w, h      int
	looking   packet.Packet // scratch for the inspector
	farLost   uint64        // what the receiver reported
	farJitter float64       // ms
	farAt     int64         // when it reported last
	farBytes  uint64        // sent by then
	prober
}

func newSender(sock wire.Socket, now func() int64, to func() netip.AddrPort) *sender {
	return &sender{
		sock: sock, now: now, to: to,
		ssrc: rand.Uint32(), seq: uint16(rand.Uint32()), timestamp: rand.Uint32(),
		joining: true,
	}
}

// ready tells whether anything may go out.
func (s *sender) ready() bool {
	return !s.closed && s.terms != nil && s.terms.Direction.Sends() && s.terms.rtp.IsValid() &&
		(!s.terms.secured() || s.out != nil)
}

// send maps a writer's packet for the next flush.
func (s *sender) send(h packet.Header, payload []byte) {
	s.Lock()
	if s.ready() {
		s.join(h)
		h.Seq += s.seqShift
		h.Timestamp += s.timeShift
		s.observe(h, payload)
		s.put(h, payload)
	} else {
		s.refused++
	}
	s.Unlock()
}

// join fixes the shifts at a writer's first packet.
func (s *sender) join(h packet.Header) {
	if !s.joining {
		d := packet.SeqDiff(h.Seq+s.seqShift, s.seq)
		t := packet.TimeDiff(h.Timestamp+s.timeShift, s.timestamp)
		if d < maxSeqJump && d > -maxSeqJump && (s.clock == 0 || t < int64(maxTimeJump*s.clock) && t > -int64(maxTimeJump*s.clock)) {
			return
		}
		// A long pause is not another writer: the clock went on.
		if d == 1 && s.clock > 0 && s.at > 0 {
			went := (s.now() - s.at) / 1e6 * int64(s.clock) / 1000
			if diff := t - went; diff < int64(maxTimeJump*s.clock) && diff > -int64(maxTimeJump*s.clock) {
				return
			}
		}
	}
	s.joining = false
	s.seqShift = s.seq + 1 - h.Seq
	s.timeShift = s.position() - h.Timestamp
}

// position is the timestamp that belongs to this moment.
func (s *sender) position() uint32 {
	if !s.started || s.clock == 0 || s.at == 0 {
		return s.timestamp
	}
	went := (s.now() - s.at) / 1e3 * int64(s.clock) / 1e6
	return s.timestamp + uint32(max(went, 1))
}

// put holds one packet with its final numbers back for the next flush.
func (s *sender) put(h packet.Header, payload []byte) {
	if packet.HeaderSize+len(payload)+s.tag > packet.MaxSize {
		s.refused++
		return
	}
	if s.waiting == nil {
		s.waiting = outboxes.Get().(*outbox)
	}
	h.SSRC = s.ssrc
	s.waiting.add(h, payload)
	if !s.started || packet.SeqDiff(h.Seq, s.seq) > 0 {
		s.seq, s.timestamp = h.Seq, h.Timestamp
	}
	s.started, s.unstamped = true, true
	if s.waiting.n == len(s.waiting.data) {
		s.flush()
	}
}

// observe counts frames and keyframes of a picture.
func (s *sender) observe(h packet.Header, payload []byte) {
	if s.inspector == nil {
		return
	}
	newFrame := s.frames == 0 || h.Timestamp != s.frameTime
	if newFrame {
		s.frames++
		s.frameTime = h.Timestamp
		s.looking.Keyframe = false
	}
	s.looking.Header, s.looking.Payload = h, payload
	key, w, height := s.inspector.inspect(&s.looking)
	if key && !s.looking.Keyframe {
		s.looking.Keyframe = true
		s.keyframes++
	}
	if w > 0 {
		s.w, s.h = w, height
	}
	s.looking.Payload = nil
}

// flush seals what waits and hands it to the kernel.
func (s *sender) flush() {
	o := s.waiting
	if o == nil {
		return
	}
	s.waiting = nil
	if s.unstamped {
		s.stamp(s.now())
	}
	if s.out != nil {
		s.refused += uint64(s.out.SealBatch(o.data[:o.n]))
		o.squeeze()
	}
	for i, d := range o.data[:o.n] {
		s.bytes += uint64(len(d) - packet.HeaderSize - s.tag)
		s.burst += len(d) - packet.HeaderSize - s.tag
		if s.history != nil {
			s.history.put(o.seqs[i], d)
		}
	}
	s.packets += uint64(o.n)
	sent := 0
	if to := s.to(); to.IsValid() {
		sent = s.sock.Write(to, o.data[:o.n])
	}
	s.dropped += uint64(o.n - sent)
	o.n = 0
	outboxes.Put(o)
}

// resend sends packets of the history again.
func (s *sender) resend(seqs []uint16) {
	s.Lock()
	defer s.Unlock()
	if s.history == nil || !s.ready() {
		return
	}
	to := s.to()
	if !to.IsValid() {
		return
	}
	now := s.now()
	var one [1][]byte
	for _, seq := range seqs {
		if data := s.history.get(seq, now); data != nil {
			one[0] = data
			s.sock.Write(to, one[:])
		}
	}
}

// apply takes new terms.
func (s *sender) apply(t *terms) {
	s.Lock()
	defer s.Unlock()
	s.terms = t
	if t.Send.Codec != s.codec {
		s.codec, s.inspector = t.Send.Codec, newInspector(t.Send.Codec)
	}
	if t.Send.ClockRate > 0 {
		s.clock = t.Send.ClockRate
	}
	wantHistory := t.Kind == media.Video && t.Feedback.Has(media.NACK)
	if wantHistory && s.history == nil {
		s.history = new(history)
	}
	if !wantHistory {
		s.history = nil
	}
}

// key replaces the context; nil is none. What was sealed with the old one goes first.
func (s *sender) key(out *secure.Outbound) {
	s.Lock()
	defer s.Unlock()
	s.flush()
	if s.history != nil {
		s.history.clear()
	}
	if s.out != nil {
		s.out.Close()
	}
	s.out, s.tag = out, 0
	if out != nil {
		s.tag, _ = secure.Overhead(out.Suite())
	}
}

func (s *sender) close() {
	s.Lock()
	defer s.Unlock()
	s.flush()
	s.closed, s.history = true, nil
	if s.out != nil {
		s.out.Close()
		s.out = nil
	}
}

package room

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/secure"
)

// binding is what pion binds a source with.
type binding struct {
	webrtc.TrackLocalContext
	codecs []webrtc.RTPCodecParameters
}

func (b binding) CodecParameters() []webrtc.RTPCodecParameters { return b.codecs }
func (binding) SSRC() webrtc.SSRC                              { return 1234 }
func (binding) RTCPReader() interceptor.RTCPReader             { return nil }

func videoBinding() binding {
	return binding{codecs: []webrtc.RTPCodecParameters{{PayloadType: 108, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264}}}}
}

// far is the browser at the end of a way.
type far struct {
	t    testing.TB
	in   *secure.Inbound
	out  *secure.Outbound // the room's
	sent capture
	raw  [][]byte
}

func newFar(t testing.TB, w *way) *far {
	t.Helper()
	f := &far{t: t}
	suite := media.AEADGCM128
	key := bytes.Repeat([]byte{7}, suite.KeyLen()+suite.SaltLen())
	var err, err2 error
	f.in, err = secure.NewInbound(suite, key)
	f.out, err2 = secure.NewOutbound(suite, key)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	p := &peer{at: browserAt}
	var sock wire.Socket = &f.sent
	p.sock.Store(&sock)
	w.to.Store(&destination{peer: p})
	return f
}

// take gives what arrived since the last time.
func (f *far) take() []rtp.Packet {
	f.t.Helper()
	var list []rtp.Packet
	f.raw = f.sent.sent
	for _, d := range f.sent.sent {
		b, err := f.in.OpenNew(nil, d)
		if err != nil {
			f.t.Fatalf("%v: %x", err, d)
		}
		var p rtp.Packet
		if err := p.Unmarshal(b); err != nil {
			f.t.Fatal(err)
		}
		list = append(list, p)
	}
	f.sent.sent = nil
	return list
}

func boundSlot(t testing.TB, rtx, twcc uint8) (*slot, *far, *int64) {
	t.Helper()
	now := int64(1) << 60
	l := newLink(func() int64 { return now })
	pool, w := packet.NewPool(0), &way{}
	s := newSlot(slotOffer{mid: "3", twcc: twcc, formats: []slotFormat{
		{Format: media.Format{Codec: media.H264, PT: 108, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Mode: 1}}, rtx: rtx},
	}}, l, w, pool)
	f := newFar(t, w)
	s.Send(packet.Header{}, nil) // not bound yet: nothing happens
	s.Flush()
	if _, err := s.Bind(videoBinding()); err != nil {
		t.Fatal(err)
	}
	s.Send(packet.Header{}, nil) // without keys neither
	s.Flush()
	s.open(f.out)
	t.Cleanup(func() {
		s.close()
		if n := pool.Outstanding(); n != 0 {
			t.Errorf("%d buffers are lost", n)
		}
	})
	return s, f, &now
}

// entries are the body of a NACK.
func entries(seqs ...uint16) []byte {
	var b []byte
	for _, p := range rtcp.NackPairsFromSequenceNumbers(seqs) {
		b = binary.BigEndian.AppendUint16(b, p.PacketID)
		b = binary.BigEndian.AppendUint16(b, uint16(p.LostPackets))
	}
	return b
}

func nackOf(seqs ...uint16) *rtcp.TransportLayerNack {
	return &rtcp.TransportLayerNack{MediaSSRC: 1234, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)}
}

func TestSlotSends(t *testing.T) {
	s, f, now := boundSlot(t, 109, 3)
	for i := range uint16(3) {
		s.Send(packet.Header{PT: 108, Marker: i == 2, Seq: 65534 + i, Timestamp: 9000}, []byte{byte(i)})
	}
	if len(f.sent.sent) != 0 {
		t.Error("sent before the end of the batch")
	}
	s.Flush()
	s.Flush()
	got := f.take()
	if len(got) != 3 {
		t.Fatalf("%d packets", len(got))
	}
	for i, p := range got {
		ext := binary.BigEndian.Uint16(p.GetExtension(3))
		if p.SSRC != 1234 || p.PayloadType != 108 || p.SequenceNumber != 65534+uint16(i) || p.Marker != (i == 2) || p.Timestamp != 9000 ||
			ext != uint16(i+1) || !bytes.Equal(p.Payload, []byte{byte(i)}) {
			t.Errorf("%+v %x, transport-wide number %d", p.Header, p.Payload, ext)
		}
	}
	if pt, ok := s.PayloadType(media.Format{Codec: media.H264, H264: media.H264Params{Profile: 66, Mode: 1}}); pt != 108 || !ok {
		t.Errorf("payload type %d", pt)
	}
	if r := s.report(*now+1e9, 5); r == nil || r.PacketCount != 3 || r.OctetCount != 3 || r.RTPTime != 9000+90000 || r.SSRC != 1234 {
		t.Errorf("%+v", r)
	}
	_ = s.Unbind(nil)
	s.Send(packet.Header{PT: 108, Seq: 9}, nil)
	s.Flush()
	if len(f.take()) != 0 {
		t.Error("sent after the end")
	}
}

// What is too large for a datagram is not sent, what comes after it is.
func TestSlotBatches(t *testing.T) {
	s, f, _ := boundSlot(t, 109, 0)
	for i := range uint16(wire.BatchSize + 5) {
		payload := make([]byte, 1200)
		if i == 3 {
			payload = make([]byte, packet.MaxSize-maxHeader-maxTail+1)
		}
		if i == 4 {
			payload = make([]byte, packet.MaxSize+1)
		}
		s.Send(packet.Header{PT: 108, Seq: i}, payload)
	}
	s.Flush()
	got := f.take()
	if len(got) != wire.BatchSize+3 || got[3].SequenceNumber != 5 || got[3].Extension {
		t.Errorf("%d packets", len(got))
	}
}

// All slots that are sent a packet share one copy of it.
func TestSlotsShare(t *testing.T) {
	a, fa, now := boundSlot(t, 109, 3)
	b, fb, _ := boundSlot(t, 109, 3)
	b.pool = a.pool
	for i := range uint16(10) {
		p := packet.Packet{Payload: []byte{1, byte(i)}, Arrived: *now}
		for _, s := range []*slot{a, b} {
			s.SendShared(packet.Header{PT: 108, Seq: 10 + i}, &p)
		}
		p.Payload[0] = 9 // what was passed on is not looked at again
		p.Done()
	}
	a.Flush()
	b.Flush()
	if n := a.pool.Outstanding(); n != 10 {
		t.Errorf("%d copies of 10 packets", n)
	}
	for _, f := range []*far{fa, fb} {
		if got := f.take(); len(got) != 10 || !bytes.Equal(got[9].Payload, []byte{1, 9}) {
			t.Errorf("%d packets", len(got))
		}
	}
	a.repeat(entries(12), *now)
	if got := fa.take(); len(got) != 1 || !bytes.Equal(got[0].Payload, []byte{0, 12, 1, 2}) {
		t.Errorf("%+v", got)
	}
	a.close()
	if n := a.pool.Outstanding(); n != 10 {
		t.Errorf("%d copies are left for the other", n)
	}
	b.tick(*now + memoryUnknown + 1)
	if n := a.pool.Outstanding(); n != 0 {
		t.Errorf("%d copies are kept for ever", n)
	}
}

func TestSlotRetransmits(t *testing.T) {
	s, f, now := boundSlot(t, 109, 3)
	for i := range uint16(40) {
		s.Send(packet.Header{PT: 108, Marker: true, Seq: 100 + i, Timestamp: 9000 * uint32(i)}, []byte{byte(i), 7})
	}
	s.Flush()
	f.take()
	s.repeat(entries(105, 110, 111, 90, 200), *now)
	s.repeat(entries(105), *now) // again at once: it is on its way
	got := f.take()
	if len(got) != 3 {
		t.Fatalf("%d packets were sent again", len(got))
	}
	for i, seq := range []uint16{105, 110, 111} {
		p := got[i]
		if p.SSRC != s.rtxSSRC || p.PayloadType != 109 || !p.Marker || binary.BigEndian.Uint16(p.Payload) != seq || p.Payload[2] != byte(seq-100) ||
			p.Timestamp != 9000*uint32(seq-100) || p.SequenceNumber != got[0].SequenceNumber+uint16(i) {
			t.Errorf("%+v %x", p.Header, p.Payload)
		}
		if n := binary.BigEndian.Uint16(p.GetExtension(3)); n != 41+uint16(i) {
			t.Errorf("transport-wide number %d", n)
		}
	}
	s.repeat(entries(105), *now+1e9)
	if len(f.take()) != 1 {
		t.Error("not sent a second time")
	}
}

// Without RFC 4588 a packet goes out as it was, to the last bit: another
// header under the same sequence number would use a nonce of AES-GCM twice.
func TestSlotRepeatsTheSamePacket(t *testing.T) {
	s, f, now := boundSlot(t, 0, 3)
	for i := range uint16(4) {
		s.Send(packet.Header{PT: 108, Seq: i, Marker: i == 2, Timestamp: 5}, []byte{byte(i)})
	}
	s.Flush()
	f.take()
	first := f.raw[2]
	s.repeat(entries(2), *now)
	if again := f.sent.sent; len(again) != 1 || !bytes.Equal(first, again[0]) {
		t.Errorf("%x\n%x", first, again)
	}
}

func TestSlotHostileNack(t *testing.T) {
	s, f, now := boundSlot(t, 109, 3)
	for i := range uint16(200) {
		s.Send(packet.Header{PT: 108, Seq: i}, []byte{1})
	}
	s.Flush()
	f.take()
	var n []byte
	for i := range 1000 {
		n = append(n, byte(i>>8), byte(i), 0xff, 0xff)
	}
	s.repeat(n, *now)
	s.repeat([]byte{0, 1}, *now)
	s.repeat(nil, *now)
	if got := len(f.take()); got == 0 || got > 17*maxNackPairs {
		t.Errorf("%d packets for one NACK", got)
	}
}

func TestSlotSendDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	s, f, now := boundSlot(t, 109, 3)
	f.sent.lose = true
	p := packet.Packet{Payload: make([]byte, 1200), Arrived: *now}
	h := packet.Header{PT: 108}
	nack := entries(3)
	round := func() {
		for range 7 {
			h.Seq++
			s.SendShared(h, &p)
			p.Done()
		}
		s.Flush()
		*now += 30 * ms
		binary.BigEndian.PutUint16(nack, h.Seq-3)
		s.repeat(nack, *now)
	}
	for range 100 {
		round()
	}
	if n := testing.AllocsPerRun(500, round); n != 0 {
		t.Errorf("%v allocations for seven packets and one again", n)
	}
}

func BenchmarkSlotSend(b *testing.B) {
	s, f, now := boundSlot(b, 109, 3)
	f.sent.lose = true
	p := packet.Packet{Payload: make([]byte, 1200), Arrived: *now}
	h := packet.Header{PT: 108}
	b.ReportAllocs()
	for b.Loop() {
		for range 7 {
			h.Seq++
			s.SendShared(h, &p)
			p.Done()
		}
		s.Flush()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*7), "ns/packet")
}

func packetHeader(seq uint16) packet.Header { return packet.Header{PT: 108, Seq: seq} }

func TestHistory(t *testing.T) {
	pool := packet.NewPool(0)
	var h history
	put := func(seq uint16, size int, b byte, at int64) {
		buf := pool.Get()
		buf.Bytes = append(buf.Bytes[:0], bytes.Repeat([]byte{b}, size)...)
		h.put(past{payload: buf, seq: seq, timestamp: uint32(seq), at: at}, 1000)
	}
	check := func() {
		t.Helper()
		if h.bytes > historyBytes || h.count > len(h.entries) || len(h.entries) > historyMost || pool.Outstanding() != h.count {
			t.Fatalf("%d packets in %d places, %d bytes, %d buffers", h.count, len(h.entries), h.bytes, pool.Outstanding())
		}
	}
	if h.again(0, 0) != nil {
		t.Error("something from nothing")
	}
	h.expire(1)
	for i := range 2000 {
		put(uint16(65000+i), 100+i%900, byte(i), int64(i))
		check()
	}
	for _, i := range []int{1999, 1900, 1700} {
		e := h.again(uint16(65000+i), 2000)
		if e == nil || e.timestamp != uint32(uint16(65000+i)) || len(e.payload.Bytes) != 100+i%900 || e.payload.Bytes[0] != byte(i) {
			t.Errorf("packet %d: %+v", i, e)
		}
	}
	for _, i := range []int{999, 2000, 0} {
		if h.again(uint16(65000+i), 1) != nil {
			t.Errorf("packet %d was found", i)
		}
	}
	for i := range 2000 { // fewer bytes of more packets, and some are missing
		if i%7 != 0 {
			put(uint16(1464+i), 10, byte(i), int64(3000+i))
			check()
		}
	}
	if h.again(1464+1990, 5000) == nil || h.again(1464+1500, 5000) == nil || len(h.entries) != historyMost {
		t.Errorf("%d packets in %d places", h.count, len(h.entries))
	}
	h.expire(4900)
	if h.again(1464+1891, 5000) != nil || h.again(1464+1902, 5000) == nil {
		t.Error("the wrong ones were forgotten")
	}
	h.expire(1 << 62)
	if check(); h.count != 0 || h.bytes != 0 {
		t.Errorf("%d packets, %d bytes", h.count, h.bytes)
	}
	put(7, 10, 1, 6000)
	h.replace(8, pool.Get())
	whole := pool.Get()
	h.replace(7, whole)
	if e := h.again(7, 6000); !e.sealed || e.payload != whole || h.bytes != packet.MaxSize || pool.Outstanding() != 1 {
		t.Errorf("%+v, %d bytes", e, h.bytes)
	}
	h.clear()
	if pool.Outstanding() != 0 {
		t.Error("buffers are left")
	}
}

// A stream of few packets takes few places.
func TestHistoryStaysSmall(t *testing.T) {
	pool := packet.NewPool(0)
	var h history
	defer h.clear()
	for i := range uint16(5000) {
		h.put(past{payload: pool.Get(), seq: i, at: int64(i) * 33 * ms}, 500*ms)
	}
	if len(h.entries) != historyLeast || h.count > 17 {
		t.Errorf("%d packets in %d places", h.count, len(h.entries))
	}
}

func TestHistoryPace(t *testing.T) {
	pool := packet.NewPool(0)
	var h history
	defer h.clear()
	h.put(past{payload: pool.Get(), seq: 9}, 1e12)
	sent := 0
	for now := int64(1); now < 2e9; now += 1e6 {
		if h.again(9, now) != nil {
			sent++
		}
	}
	if sent != maxAgain {
		t.Errorf("sent %d times", sent)
	}
	h.put(past{payload: pool.Get(), seq: 10}, 1e12)
	first, second, third := h.again(10, 1) != nil, h.again(10, 1+againGap/2) != nil, h.again(10, 1+againGap) != nil
	if s := fmt.Sprint(first, second, third); s != "true false true" {
		t.Error(s)
	}
}

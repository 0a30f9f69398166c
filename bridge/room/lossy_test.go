package room

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/feedback"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/relay/wiretest"
	"github.com/roombridge/roombridge/bridge/secure"
)

// lossyRig is a session behind a mux on a simulated network, and a browser at
// its other end that is written here: it keeps what it sent and repeats it when
// it is asked (RFC 4588), and asks for what it misses.
type lossyRig struct {
	*gateRig
	net  *wiretest.Net
	sock *wiretest.Socket

	mu       sync.Mutex // of the browser
	seq      uint16
	rtx      uint16
	number   uint16
	sent     map[uint16][]byte
	asked    int
	keyframe int
	got      map[uint16]bool // of the slot's packets, by their numbers at the source
	losses   feedback.Losses
	arrivals feedback.Arrivals
	reports  feedback.Reports
	slot     *slot
}

func newLossyRig(t *testing.T, l wiretest.Link) *lossyRig {
	r := &lossyRig{gateRig: newGateRig(t), net: wiretest.New(7), sent: map[uint16][]byte{}, got: map[uint16]bool{}, reports: feedback.NewReports(90000)}
	r.gate.now = relay.Clock
	r.session.link, r.session.settled = newLink(relay.Clock), true
	near, err := r.net.Listen(roomAt)
	if err != nil {
		t.Fatal(err)
	}
	m := &r.trans.mux
	m.open([]wire.Socket{near})
	t.Cleanup(m.close)
	b := newBerth(m, func([]byte) bool { return true }, r.gate)
	b.meet(m.doors[0], browserAt, true)
	r.session.way.to.Store(&destination{peer: b.find(browserAt, netip.Addr{})})
	if _, err := b.GetConn("ufrag", net.UDPAddrFromAddrPort(roomAt)); err != nil {
		t.Fatal(err)
	}
	if r.sock, err = r.net.Socket(browserAt); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.sock.Close() })
	r.keyed(media.AEADGCM128)
	r.sock.Serve(r)
	r.net.SetLink(l)
	return r
}

// frame sends a burst of the browser's camera.
func (r *lossyRig) frame(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range n {
		p := shot(1, 108, r.seq, midID, "1", ridID, "h", twccID, int(r.number))
		p.Payload = make([]byte, 1000)
		r.sent[r.seq] = p.Payload
		r.seq++
		r.number++
		r.sock.Send(roomAt, r.seal(p))
	}
}

// Receive is the browser's.
func (r *lossyRig) Receive(b *wire.Batch, now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range b.Len() {
		d, _, _ := b.Datagram(i)
		switch packet.Classify(d) {
		case packet.RTCP:
			if plain, err := r.in.OpenNewRTCP(nil, d); err == nil {
				list, _ := rtcp.Unmarshal(plain)
				r.hear(list, now)
			}
		case packet.RTP:
			if plain, err := r.in.OpenNew(nil, d); err == nil {
				r.see(plain, now)
			}
		}
	}
}

// Due is not used.
func (r *lossyRig) Due(int64) {}

func (r *lossyRig) hear(list []rtcp.Packet, now int64) {
	for _, p := range list {
		switch p := p.(type) {
		case *rtcp.TransportLayerNack:
			for _, pair := range p.Nacks {
				for _, seq := range pair.PacketList() {
					r.asked++
					a := again(5, r.rtx, seq, midID, "1", rridID, "h", twccID, int(r.number))
					a.Payload = append(a.Payload[:2], r.sent[seq]...)
					r.rtx++
					r.number++
					r.sock.Send(roomAt, r.seal(a))
				}
			}
		case *rtcp.PictureLossIndication:
			r.keyframe++
		case *rtcp.SenderReport:
			r.reports.SenderReport(p.NTPTime, now)
		}
	}
}

// see takes a packet of the slot, or its repetition.
func (r *lossyRig) see(b []byte, now int64) {
	r.arrivals.Record(binary.BigEndian.Uint16(extension(b, 3)), now)
	at, end, _ := payloadBounds(b)
	seq, payload := binary.BigEndian.Uint16(b[2:]), b[at:end]
	if b[1]&0x7f == 109 {
		seq, payload = binary.BigEndian.Uint16(payload), payload[2:]
	} else {
		r.reports.Add(seq, binary.BigEndian.Uint32(b[4:]), now)
	}
	if r.losses.Add(seq, now) {
		r.got[binary.BigEndian.Uint16(payload[1:])] = true
	}
}

// report is what the browser says of the slot every so often.
func (r *lossyRig) report(now int64, full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pairs := r.losses.Due(now, r.session.link.roundTrip(), nil)
	b := feedback.AppendReceiverReport(nil, 1, nil)
	if block, ok := r.reports.Block(r.slot.ssrc, now); ok && full {
		b = feedback.AppendReceiverReport(nil, 1, []rtcp.ReceptionReport{block})
	}
	b = feedback.AppendNACK(b, 1, r.slot.ssrc, pairs)
	b = r.arrivals.Append(b, 1, r.slot.ssrc, now)
	if sealed, err := r.out.SealRTCP(nil, b); err == nil {
		r.sock.Send(roomAt, sealed)
	}
}

var lossy = wiretest.Link{Delay: 30 * time.Millisecond, Jitter: 3 * time.Millisecond, Loss: 0.05}

// What is lost on the way from a browser is asked for and repeated: all of it
// reaches those who are shown the picture, and none of it twice.
func TestLossyUplink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLossyRig(t, lossy)
		for i := range 300 {
			r.frame(7)
			for range 2 {
				time.Sleep(15 * time.Millisecond)
				r.gate.tick(relay.Clock())
			}
			if i%100 == 50 {
				r.host.layer("h").in.RequestKeyframe(0)
			}
		}
		for range 20 {
			time.Sleep(20 * time.Millisecond)
			r.gate.tick(relay.Clock())
		}
		got := map[uint16]int{}
		for _, p := range r.host.layer("h").got {
			got[p.Seq]++
		}
		missing := 0
		for seq := range r.seq {
			switch got[seq] {
			case 0:
				missing++
			case 1:
			default:
				t.Fatalf("packet %d came %d times", seq, got[seq])
			}
		}
		expected, lost := r.session.received()
		t.Logf("%d packets, %d asked for, %d missing at the end; %d of %d told as lost", r.seq, r.asked, missing, lost, expected)
		if missing > 2 || r.asked < 70 || r.asked > 300 {
			t.Errorf("%d of %d packets are missing, %d were asked for", missing, r.seq, r.asked)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.keyframe == 0 {
			t.Error("nobody heard of the keyframe")
		}
	})
}

// The same the other way, with what the browser reports of it: the round trip
// is measured, and some loss without a queue does not take the budget away.
func TestLossyDownlink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLossyRig(t, lossy)
		r.slot = newSlot(slotOffer{mid: "3", twcc: 3, formats: []slotFormat{{Format: ours, rtx: 109}}}, r.session.link, &r.session.way, r.trans.pool)
		if _, err := r.slot.Bind(videoBinding()); err != nil {
			t.Fatal(err)
		}
		r.session.slots["3"] = r.slot
		r.slot.open(r.session.control.outbound())
		t.Cleanup(r.slot.close)
		track := relay.NewTrack(relay.TrackConfig{ID: "x", Kind: media.Video, Format: ours})
		sp := relay.NewSplice(relay.SpliceConfig{Out: r.slot, Kind: media.Video})
		t.Cleanup(sp.Close)
		sp.Select(track)
		random := rand.New(rand.NewPCG(1, 2))
		seq := uint16(65000)
		burst := func(n int, key bool) {
			var list []packet.Packet
			for range n {
				payload := make([]byte, 900+random.IntN(200))
				if key {
					payload = idr()
				} else {
					payload[0] = 0x61
					binary.BigEndian.PutUint16(payload[1:], seq)
				}
				list = append(list, packet.Packet{Header: packet.Header{Seq: seq, Timestamp: uint32(relay.Clock() / 1e6 * 90), SSRC: 9}, Payload: payload, Arrived: relay.Clock()})
				seq++
			}
			track.Publish(list)
		}
		burst(1, true)
		begun := seq
		for i := range 400 {
			burst(7, false)
			for range 3 {
				time.Sleep(10 * time.Millisecond)
				r.report(relay.Clock(), i%30 == 0)
			}
			r.session.tick(relay.Clock())
		}
		for range 20 {
			time.Sleep(20 * time.Millisecond)
			r.report(relay.Clock(), false)
		}
		synctest.Wait()
		r.mu.Lock()
		defer r.mu.Unlock()
		missing := 0
		for s := begun; s != seq; s++ {
			if !r.got[s] {
				missing++
			}
		}
		rtt, loss, acked := r.session.link.quality()
		t.Logf("%d packets, %d missing; round trip %.0f ms, loss %.2f, %d bit/s of %d arrive", uint16(seq-begun), missing, rtt, loss, acked, r.session.link.bitrate())
		if missing > 3 {
			t.Errorf("%d packets are missing", missing)
		}
		if rtt < 55 || rtt > 90 || loss < 0.01 || loss > 0.12 || acked < 1_000_000 || r.session.link.bitrate() < budgetStart/3 {
			t.Errorf("round trip %.0f ms, loss %.2f, %d bit/s of %d", rtt, loss, acked, r.session.link.bitrate())
		}
		if n := r.slot.past.count; n > 150 {
			t.Errorf("%d packets are kept", n)
		}
	})
}

// A flood at the port of garbage, of forged media and of checks for nobody
// leaves a browser's media alone, and is counted.
func TestFloodAtThePort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLossyRig(t, wiretest.Link{})
		stranger, err := r.net.Socket(netip.MustParseAddrPort("203.0.113.66:6666"))
		if err != nil {
			t.Fatal(err)
		}
		defer stranger.Close()
		other, err := secure.NewOutbound(media.AEADGCM128, make(media.Key, 28))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 50 {
			r.frame(2)
			forged, err := other.Seal(nil, marshal(t, shot(1, 108, uint16(2*i+2), midID, "1", ridID, "h")))
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				stranger.Send(roomAt, forged)
				stranger.Send(roomAt, []byte{0xff, 1, 2})
				stranger.Send(roomAt, stunMessage(stunRequest, "nobody:x"))
				r.sock.Send(roomAt, forged) // with the browser's address
			}
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		if n := len(r.host.layer("h").got); n != 100 {
			t.Errorf("%d of 100 packets came", n)
		}
		d := r.trans.mux.drops.read()
		if d["stranger"] != 1000 || d["class"] != 1000 || d["name"] != 1000 || d["forged"] != 1000 {
			t.Errorf("%v", d)
		}
	})
}

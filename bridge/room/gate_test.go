package room

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/secure"
)

// gateRig is a gate with the browser's keys.
type gateRig struct {
	t       testing.TB
	now     int64
	session *session
	gate    *gate
	trans   *transport
	host    *gateHost
	out     *secure.Outbound // the browser's
	in      *secure.Inbound
	sent    *capture
	work    workbench
}

// gateHost takes what a gate lets in.
type gateHost struct {
	host
	pictures []*seen
	gones    int
	sounds   []media.Format
	heard    []packet.Packet
	silents  int
	keys     int
	quiet    bool // keeps nothing
}

// seen is a picture and what came of it.
type seen struct {
	in    *incoming
	got   []packet.Packet
	quiet bool
}

func (s *seen) WriteRTP(p *packet.Packet) {
	if s.quiet {
		return
	}
	q := *p
	q.Payload = bytes.Clone(p.Payload)
	s.got = append(s.got, q)
}

func (s *seen) Flush() {}

func (s *seen) seqs() string {
	var b strings.Builder
	for _, p := range s.got {
		fmt.Fprintf(&b, "%d ", p.Seq)
	}
	return strings.TrimSpace(b.String())
}

func (h *gateHost) picture(_ *session, in *incoming) {
	s := &seen{in: in, quiet: h.quiet}
	h.pictures = append(h.pictures, s)
	in.track.Attach(s)
}
func (h *gateHost) gone(*session, *incoming) { h.gones++ }
func (h *gateHost) sound(_ *session, f media.Format) func(*packet.Packet) {
	h.sounds = append(h.sounds, f)
	return func(p *packet.Packet) {
		if !h.quiet {
			q := *p
			q.Payload = bytes.Clone(p.Payload)
			h.heard = append(h.heard, q)
		}
	}
}
func (h *gateHost) silent(*session)     { h.silents++ }
func (h *gateHost) slotKeyframe(string) { h.keys++ }
func (h *gateHost) wake()               {}

func (h *gateHost) layer(rid string) *seen {
	for i := len(h.pictures) - 1; i >= 0; i-- {
		if p := h.pictures[i]; p.in.rid == rid && p.in.role == media.Main {
			return p
		}
	}
	return &seen{}
}

// capture is a socket that keeps what is written.
type capture struct {
	nowhere
	sent [][]byte
	lose bool
}

func (c *capture) Write(_ netip.AddrPort, data [][]byte) int {
	if c.lose {
		return len(data)
	}
	for _, d := range data {
		c.sent = append(c.sent, bytes.Clone(d))
	}
	return len(data)
}

// take gives what was written since the last time, opened.
func (r *gateRig) take() (list []rtcp.Packet) {
	r.t.Helper()
	for _, d := range r.sent.sent {
		b, err := r.in.OpenNewRTCP(nil, d)
		if err != nil {
			r.t.Fatal(err)
		}
		l, err := rtcp.Unmarshal(b)
		if err != nil {
			r.t.Fatal(err)
		}
		list = append(list, l...)
	}
	r.sent.sent = nil
	return list
}

const (
	micSSRC, cameraSSRC, screenSSRC, screenRTX = 10, 20, 30, 31

	midID, ridID, rridID, twccID, levelID = 4, 10, 11, 3, 1
)

// simulcast is an agreement like Chromium's.
func simulcastTerms() *agreed {
	a := &agreed{mid: midID, rid: ridID, repairs: rridID, transport: twccID, level: levelID}
	h264 := media.Format{Codec: media.H264, PT: 108, ClockRate: 90000, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Mode: 1}}
	video := map[uint8]media.Format{108: h264, 96: {Codec: media.VP8, PT: 96, ClockRate: 90000}}
	a.lines = []line{
		{mid: "0", kind: media.Audio, formats: map[uint8]media.Format{111: {Codec: media.Opus, PT: 111, ClockRate: 48000}, 0: {Codec: media.PCMU, ClockRate: 8000}}},
		{mid: "1", kind: media.Video, rids: []string{"h", "m", "l"}, formats: video},
		{mid: "2", kind: media.Video, role: media.Content, formats: video},
	}
	a.again[109], a.again[97] = 108, 96
	a.sources = map[uint32]named{
		micSSRC: {line: &a.lines[0]}, screenSSRC: {line: &a.lines[2]}, screenRTX: {line: &a.lines[2], repair: true, of: screenSSRC},
	}
	return a
}

func newGateRig(t testing.TB) *gateRig {
	t.Helper()
	r := &gateRig{t: t, now: 1 << 60, host: &gateHost{}, trans: &transport{pool: packet.NewPool(0)}, sent: &capture{}}
	s := &session{host: r.host, link: newLink(func() int64 { return r.now }), slots: map[string]*slot{}}
	r.session, r.gate = s, newGate(s, r.trans)
	s.gate = r.gate
	s.control.init(&s.way, r.trans.pool)
	p := &peer{at: browserAt}
	var sock wire.Socket = r.sent
	p.sock.Store(&sock)
	s.way.to.Store(&destination{peer: p})
	r.gate.agree(simulcastTerms())
	t.Cleanup(func() {
		r.gate.close()
		if n := r.trans.pool.Outstanding(); n != 0 {
			t.Errorf("%d buffers are lost", n)
		}
	})
	return r
}

// keyed gives both ends their keys.
func (r *gateRig) keyed(suite media.Suite) *gateRig {
	r.t.Helper()
	key := func(b byte) media.Key { return bytes.Repeat([]byte{b}, suite.KeyLen()+suite.SaltLen()) }
	var errs [4]error
	var in *secure.Inbound
	var out *secure.Outbound
	r.out, errs[0] = secure.NewOutbound(suite, key(1))
	r.in, errs[1] = secure.NewInbound(suite, key(2))
	in, errs[2] = secure.NewInbound(suite, key(1))
	out, errs[3] = secure.NewOutbound(suite, key(2))
	for _, err := range errs {
		if err != nil {
			r.t.Fatal(err)
		}
	}
	r.out.Limit(1000)
	r.gate.open(in)
	r.session.control.open(out)
	return r
}

func (r *gateRig) seal(p rtp.Packet) []byte {
	r.t.Helper()
	b, err := r.out.Seal(nil, marshal(r.t, p))
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// come lets datagrams arrive together.
func (r *gateRig) come(data ...[]byte) bool { return r.gate.receive(data, r.now, &r.work) }

func (r *gateRig) comes(list ...rtp.Packet) {
	var data [][]byte
	for _, p := range list {
		data = append(data, r.seal(p))
	}
	r.come(data...)
}

// shot is a packet of a picture. ext are pairs of a header extension and its value.
func shot(ssrc uint32, pt uint8, seq uint16, ext ...any) rtp.Packet {
	p := rtp.Packet{Header: rtp.Header{PayloadType: pt, SequenceNumber: seq, SSRC: ssrc, Timestamp: uint32(seq) * 90}, Payload: []byte{0x61, byte(seq)}}
	for i := 0; i < len(ext); i += 2 {
		var v []byte
		switch x := ext[i+1].(type) {
		case string:
			v = []byte(x)
		case int:
			v = binary.BigEndian.AppendUint16(nil, uint16(x))
		}
		_ = p.SetExtension(uint8(ext[i].(int)), v)
	}
	return p
}

// again is a retransmission.
func again(ssrc uint32, seq, of uint16, ext ...any) rtp.Packet {
	p := shot(ssrc, 109, seq, ext...)
	p.Timestamp = uint32(of) * 90
	p.Payload = []byte{byte(of >> 8), byte(of), 0x61, byte(of)}
	return p
}

func TestGateNamesLayers(t *testing.T) {
	for _, suite := range []media.Suite{media.AEADGCM128, media.AEADGCM256, media.AESCM80} {
		r := newGateRig(t).keyed(suite)
		r.comes(
			shot(1, 108, 100, midID, "1", ridID, "h"), shot(2, 108, 200, midID, "1", ridID, "m"), shot(1, 108, 101, midID, "1", ridID, "h"),
			shot(3, 108, 300, ridID, "l"), shot(screenSSRC, 108, 1),
			shot(4, 108, 1, midID, "2"), // a screen that the offer did not name
		)
		r.comes(shot(1, 108, 102), shot(2, 108, 201)) // browsers stop to name them
		for rid, want := range map[string]string{"h": "100 101 102", "m": "200 201", "l": "300"} {
			if got := r.host.layer(rid).seqs(); got != want {
				t.Errorf("%v: layer %s has %s", suite, rid, got)
			}
		}
		if n := len(r.host.pictures); n != 4 || r.host.gones != 0 {
			t.Errorf("%d pictures, %d gone", n, r.host.gones)
		}
		p := r.host.layer("h").got[2]
		if p.SSRC != 1 || p.PT != 108 || p.Timestamp != 102*90 || p.Arrived != r.now || !bytes.Equal(p.Payload, []byte{0x61, 102}) {
			t.Errorf("%+v", p)
		}
		if f := r.host.layer("h").in.track.Format(); f.Codec != media.H264 || f.H264.Mode != 1 {
			t.Errorf("%+v", f)
		}
	}
}

func TestGateRepairs(t *testing.T) {
	r := newGateRig(t).keyed(media.AEADGCM128)
	r.comes(
		shot(1, 108, 65534, midID, "1", ridID, "h"),
		again(5, 1, 65535, midID, "1", rridID, "h"),
		again(5, 2, 65534), // a repetition
		shot(1, 108, 1),
		again(5, 3, 0), // its name is known now
		again(5, 4, 1), again(5, 5, 0),
	)
	got := r.host.layer("h")
	if s := got.seqs(); s != "65534 65535 1 0" {
		t.Errorf("layer has %s", s)
	}
	if p := got.got[1]; p.SSRC != 1 || p.PT != 108 || p.Timestamp != 65535*90 || !bytes.Equal(p.Payload, []byte{0x61, 255}) {
		t.Errorf("%+v", p)
	}
	padding := shot(5, 109, 6)
	padding.Payload, padding.Padding, padding.PaddingSize = nil, true, 200
	orphan := again(6, 1, 7, midID, "1", rridID, "m")
	nameless := again(7, 1, 7, midID, "1")
	r.comes(padding, orphan, nameless)
	if s := got.seqs(); s != "65534 65535 1 0" || len(r.host.pictures) != 1 {
		t.Errorf("layer has %s, %d pictures", s, len(r.host.pictures))
	}
	r.comes(shot(screenSSRC, 108, 9), again(screenRTX, 1, 10))
	if s := r.host.pictures[1].seqs(); s != "9 10" {
		t.Errorf("the screen has %s", s)
	}
}

func TestGateHostile(t *testing.T) {
	r := newGateRig(t).keyed(media.AEADGCM128)
	drops := func(why dropReason, want uint64) {
		t.Helper()
		if got := r.trans.mux.drops[why].Load(); got != want {
			t.Errorf("%s: %d dropped, want %d", dropNames[why], got, want)
		}
	}
	r.comes(shot(77, 108, 1), shot(78, 108, 1, midID, "9"), shot(79, 108, 1, ridID, "x"), shot(80, 108, 1, midID, "1"), shot(81, 108, 1, midID, "1", ridID, "x"))
	drops(dropSource, 5)
	good := r.seal(shot(1, 108, 1, midID, "1", ridID, "h"))
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if r.come(bad) {
			t.Fatalf("taken with byte %d changed", i)
		}
		if r.come(bytes.Clone(good[:i])) {
			t.Fatalf("%d of %d bytes were taken", i, len(good))
		}
	}
	if len(r.gate.sources) != 0 {
		t.Errorf("%d sources", len(r.gate.sources))
	}
	if !r.come(bytes.Clone(good)) || r.come(bytes.Clone(good)) {
		t.Error("a packet was refused, or taken twice")
	}
	forged := r.trans.mux.drops[dropForged].Load()
	if forged < uint64(len(good)) {
		t.Errorf("%d were counted as forged", forged)
	}
	if r.come([]byte{0x80, 200, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}) {
		t.Error("RTCP was taken")
	}
	drops(dropForged, forged+1)
	for i := range uint32(200) {
		r.comes(shot(1000+i, 108, 1, midID, "2"))
	}
	if len(r.gate.sources) != maxSources {
		t.Errorf("%d sources", len(r.gate.sources))
	}
	if live := len(r.session.incoming); live != 2 {
		t.Errorf("%d pictures live", live)
	}
	r.comes(shot(1, 108, 2)) // goes on
	if s := r.host.layer("h").seqs(); s != "1 2" {
		t.Errorf("layer has %s", s)
	}
}

func TestGateFormats(t *testing.T) {
	r := newGateRig(t).keyed(media.AEADGCM128)
	r.comes(shot(screenSSRC, 108, 1), shot(screenSSRC, 108, 2), shot(screenSSRC, 96, 3), shot(screenSSRC, 50, 4), shot(screenSSRC, 96, 5))
	s := r.host.pictures[0]
	if got := s.seqs(); got != "1 2 3 5" || s.in.track.Format().Codec != media.VP8 {
		t.Errorf("%s as %v", got, s.in.track.Format())
	}
	sound := func(pt uint8, seq uint16, level byte) rtp.Packet {
		p := shot(micSSRC, pt, seq)
		_ = p.SetExtension(levelID, []byte{level})
		return p
	}
	empty := sound(111, 3, 0)
	empty.Payload = nil
	r.comes(sound(111, 1, 0x80|20), sound(111, 2, 127), empty, sound(0, 4, 30), sound(13, 5, 0))
	if len(r.host.sounds) != 2 || r.host.sounds[0].Codec != media.Opus || r.host.sounds[1].Codec != media.PCMU {
		t.Errorf("%v", r.host.sounds)
	}
	var levels []int8
	for _, p := range r.host.heard {
		levels = append(levels, p.Audio)
	}
	if !slices.Equal(levels, []int8{20, 127, 30}) {
		t.Errorf("levels %v", levels)
	}
}

// Another offer keeps what it still has, and ends what it has no more.
func TestGateAgreesAnew(t *testing.T) {
	r := newGateRig(t).keyed(media.AEADGCM128)
	r.comes(shot(micSSRC, 111, 1), shot(1, 108, 1, midID, "1", ridID, "h"), shot(screenSSRC, 108, 1))
	r.gate.agree(simulcastTerms())
	r.comes(shot(micSSRC, 111, 2), shot(1, 108, 2), shot(screenSSRC, 108, 2))
	if len(r.host.pictures) != 2 || len(r.host.sounds) != 1 || len(r.host.heard) != 2 || r.host.layer("h").seqs() != "1 2" {
		t.Errorf("%d pictures, %d sounds", len(r.host.pictures), len(r.host.sounds))
	}
	less := simulcastTerms()
	less.lines = less.lines[:2]
	delete(less.sources, screenSSRC)
	delete(less.sources, screenRTX)
	r.gate.agree(less)
	r.comes(shot(screenSSRC, 108, 3), shot(1, 108, 3))
	if r.host.gones != 1 || r.host.pictures[1].seqs() != "1 2" || r.host.layer("h").seqs() != "1 2 3" {
		t.Errorf("%d gone, the screen has %s", r.host.gones, r.host.pictures[1].seqs())
	}
	r.gate.agree(simulcastTerms())
	r.comes(shot(screenSSRC, 108, 4))
	if n := len(r.host.pictures); n != 3 || r.host.pictures[2].seqs() != "4" {
		t.Errorf("%d pictures: the screen has not come back", n)
	}
	r.comes(shot(8, 108, 500, midID, "1", ridID, "h"), shot(1, 108, 4)) // the layer's source is another one now
	if r.host.layer("h").seqs() != "500" || r.host.gones != 2 {
		t.Errorf("layer has %s", r.host.layer("h").seqs())
	}
	r.gate.close()
	if r.host.silents != 1 || r.host.gones != len(r.host.pictures) || r.come(r.seal(shot(8, 108, 501))) {
		t.Errorf("%d silent, %d gone", r.host.silents, r.host.gones)
	}
}

// The browser has the keys before we do.
func TestGateKeepsEarlyPackets(t *testing.T) {
	r := newGateRig(t)
	suite := media.AEADGCM128
	key := bytes.Repeat([]byte{1}, suite.KeyLen()+suite.SaltLen())
	r.out, _ = secure.NewOutbound(suite, key)
	for i := range uint16(maxEarly + 10) {
		r.comes(shot(screenSSRC, 108, i))
	}
	if n := r.trans.pool.Outstanding(); n != maxEarly || len(r.host.pictures) != 0 {
		t.Fatalf("%d packets wait", n)
	}
	in, _ := secure.NewInbound(suite, key)
	r.gate.open(in)
	if n := len(r.host.pictures[0].got); n != maxEarly {
		t.Errorf("%d packets were taken", n)
	}
	other := newGateRig(t)
	other.come([]byte{0x80, 96, 0, 1})
	other.gate.close() // gives back what waits
	other.come([]byte{0x80, 96, 0, 1})
	if in, _ = secure.NewInbound(suite, key); true {
		other.gate.open(in)
	}
	if other.come(r.seal(shot(screenSSRC, 108, 999))) {
		t.Error("taken after the end")
	}
}

func TestGateTellsTheBrowser(t *testing.T) {
	r := newGateRig(t).keyed(media.AEADGCM128)
	seq := func(n int) []any { return []any{midID, "1", ridID, "h", twccID, n} }
	r.comes(shot(1, 108, 1, seq(1)...), shot(1, 108, 2, seq(2)...), shot(1, 108, 5, seq(5)...))
	sr := rtcp.SenderReport{SSRC: 1, NTPTime: 0x1234_5678_9abc_def0}
	sealed, err := r.out.SealRTCP(nil, compound(t, &sr))
	if err != nil {
		t.Fatal(err)
	}
	r.come(sealed)
	r.take()
	r.now += 60 * ms
	r.gate.tick(r.now)
	var nack *rtcp.TransportLayerNack
	var arrived *rtcp.TransportLayerCC
	for _, p := range r.take() {
		switch p := p.(type) {
		case *rtcp.TransportLayerNack:
			nack = p
		case *rtcp.TransportLayerCC:
			arrived = p
		}
	}
	if nack == nil || nack.MediaSSRC != 1 || !slices.Equal(nack.Nacks[0].PacketList(), []uint16{3, 4}) {
		t.Errorf("asked for %+v", nack)
	}
	if arrived != nil {
		t.Errorf("arrivals are told twice: %v", arrived)
	}
	r.comes(shot(1, 108, 6, seq(6)...))
	if list := r.take(); len(list) != 1 {
		t.Errorf("%v", list)
	} else if fb, ok := list[0].(*rtcp.TransportLayerCC); !ok || fb.BaseSequenceNumber != 6 || fb.SenderSSRC != r.session.control.ssrc {
		t.Errorf("%v", list[0])
	}
	r.now += 2000 * ms
	r.gate.tick(r.now)
	var rr *rtcp.ReceiverReport
	for _, p := range r.take() {
		if x, ok := p.(*rtcp.ReceiverReport); ok {
			rr = x
		}
	}
	if rr == nil || len(rr.Reports) != 1 {
		t.Fatalf("%+v", rr)
	}
	if b := rr.Reports[0]; b.SSRC != 1 || b.TotalLost != 2 || b.LastSequenceNumber != 6 || b.LastSenderReport != 0x5678_9abc || b.Delay != 65536*2060/1000 {
		t.Errorf("%+v", b)
	}
	if e, l := r.session.received(); e != 6 || l != 2 {
		t.Errorf("%d of %d lost", l, e)
	}
}

// Keyframes are asked for with the session's own source.
func TestGateUpstream(t *testing.T) {
	r := newGateRig(t).keyed(media.AEADGCM128)
	r.comes(shot(screenSSRC, 108, 1))
	r.take()
	in := r.host.pictures[0].in
	in.RequestKeyframe(0)
	in.RequestKeyframe(2)
	list := r.take()
	if len(list) != 3 {
		t.Fatalf("%v", list)
	}
	pli, fir := list[0].(*rtcp.PictureLossIndication), list[2].(*rtcp.FullIntraRequest)
	if pli.MediaSSRC != screenSSRC || pli.SenderSSRC != r.session.control.ssrc || fir.FIR[0].SSRC != screenSSRC || fir.FIR[0].SequenceNumber != 1 {
		t.Errorf("%v %v", pli, fir)
	}
}

func TestGateDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	for _, suite := range []media.Suite{media.AEADGCM128, media.AESCM80} {
		r := newGateRig(t).keyed(suite)
		r.host.quiet, r.sent.lose = true, true
		const n, rounds = 7, 200
		layers := []string{"h", "m", "l"}
		var data [rounds + 50][][]byte
		number := 0
		for i := range data {
			for j := range n {
				seq := uint16(i*n + j)
				data[i] = append(data[i], r.seal(shot(uint32(1+j%3), 108, seq, midID, "1", ridID, layers[j%3], twccID, number)))
				number++
			}
			level := shot(micSSRC, 111, uint16(i), twccID, number)
			_ = level.SetExtension(levelID, []byte{20})
			data[i] = append(data[i], r.seal(level), r.seal(again(5, uint16(i), uint16(i*n+3), midID, "1", rridID, "h")))
			number++
		}
		i := 0
		round := func() {
			r.now += 30 * ms
			if !r.gate.receive(data[i], r.now, &r.work) {
				t.Fatal("refused")
			}
			i++
		}
		for range 30 {
			round()
		}
		if got := testing.AllocsPerRun(rounds, round); got != 0 {
			t.Errorf("%v: %v allocations for a batch of %d packets", suite, got, n+2)
		}
	}
}

func FuzzGate(f *testing.F) {
	p := shot(1, 108, 1, midID, "1", ridID, "h", twccID, 7)
	f.Add(marshal(f, p), false)
	f.Add(marshal(f, again(5, 1, 2, midID, "1", rridID, "h")), false)
	f.Add(marshal(f, shot(micSSRC, 111, 1)), false)
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 4, 210, 0, 1, 0, 2, 0, 0, 1, 1, 0x20, 2, 4, 8}, true)
	f.Fuzz(func(t *testing.T, b []byte, control bool) {
		r := newGateRig(t).keyed(media.AEADGCM128)
		r.come(bytes.Clone(b)) // as a stranger sends it
		var err error
		if control {
			b, err = r.out.SealRTCP(nil, b)
		} else {
			b, err = r.out.Seal(nil, b)
		}
		if err == nil && len(b) <= packet.MaxSize {
			r.come(b)
			r.now += 1e9
			r.gate.tick(r.now)
		}
	})
}

func BenchmarkGate(b *testing.B) {
	r := newGateRig(b).keyed(media.AEADGCM128)
	r.host.quiet, r.sent.lose = true, true
	const n = 7
	plain := marshal(b, func() rtp.Packet {
		p := shot(1, 108, 0, midID, "1", ridID, "h", twccID, 0)
		p.Payload = make([]byte, 1200)
		return p
	}())
	var data [n][]byte
	for i := range data {
		data[i] = make([]byte, len(plain)+16)
	}
	seq := uint16(0)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for i := range data {
			copy(data[i], plain)
			binary.BigEndian.PutUint16(data[i][2:], seq)
			var err error
			if data[i], err = r.out.Seal(data[i][:0], data[i][:len(plain)]); err != nil {
				b.Fatal(err)
			}
			seq++
		}
		r.now += 30 * ms
		b.StartTimer()
		r.gate.receive(data[:], r.now, &r.work)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/packet")
}

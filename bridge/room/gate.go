package room

import (
	"encoding/binary"
	"sync"

	"github.com/roombridge/roombridge/bridge/feedback"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/secure"
)

// gate is where a browser's media comes in: it admits sources, opens their
// packets, turns retransmissions back into what they repeat, and publishes.
// What it learns on the way it tells the browser: losses, arrivals, reception.
//
// Its lock is held while packets go all the way to their receivers. The
// room's lock may be taken under it, never the other way round.
type gate struct {
	s     *session
	now   func() int64
	pool  *packet.Pool
	drops *dropCounts

	mu      sync.Mutex
	in      *secure.Inbound  // nil before there are keys, and after the end
	early   []*packet.Buffer // came before there were keys: the browser has them first
	over    bool
	terms   *agreed
	sources []*source
	last    *source // of the last packet
	mic     hearing

	arrivals feedback.Arrivals
	proved   bool // the browser has sent authentic media
	told     toldWhen
}

const (
	maxEarly = 32
	// Sources of a browser are few: microphone, three layers and the screen,
	// and what repairs them. Each has its place in the replay protection.
	maxSources = maxSSRCs
)

// workbench is what a receiving goroutine needs for one batch.
type workbench struct {
	opened [wire.BatchSize]opened
	batch  [wire.BatchSize]packet.Packet
}

// opened is a packet of a source, ready to be published.
type opened struct {
	source *source
	packet packet.Packet
}

func newGate(s *session, t *transport) *gate {
	return &gate{s: s, now: s.link.now, pool: t.pool, drops: &t.mux.drops, terms: &agreed{}}
}

// agree takes what offer and answer say.
func (g *gate) agree(a *agreed) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.terms = a
	for _, s := range g.sources {
		s.pt = -1
		if s.named.line != nil {
			s.named.line = a.line(s.named.line.mid) // its formats may have changed
		}
		if n, ok := a.sources[s.ssrc]; ok {
			s.named = n
		}
		if s.named.line == nil {
			g.retire(s)
		}
	}
}

// open begins to take packets.
func (g *gate) open(in *secure.Inbound) {
	in.Limit(maxSources + secure.MaxSSRCs) // of RTP that stay, and of RTCP
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		in.Close()
		return
	}
	g.in = in
	early := g.early
	g.early = nil
	w := &workbench{}
	for _, e := range early {
		g.take([][]byte{e.Bytes}, g.now(), w)
		e.Release()
	}
}

// close takes nothing more and ends all sources.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = true
	for _, e := range g.early {
		e.Release()
	}
	g.early = nil
	if g.in != nil {
		g.in.Close()
		g.in = nil
	}
	for _, s := range g.sources {
		g.retire(s)
	}
	g.sources, g.last = nil, nil
	if g.mic.sink != nil {
		g.mic = hearing{}
		g.s.host.silent(g.s)
	}
}

// receive takes SRTP and SRTCP datagrams that came together from one address.
// It tells whether any of them was the browser's.
func (g *gate) receive(data [][]byte, now int64, w *workbench) (authentic bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in == nil {
		g.keep(data)
		return false
	}
	return g.take(data, now, w)
}

func (g *gate) keep(data [][]byte) {
	for _, d := range data {
		if g.over || len(g.early) >= maxEarly {
			return
		}
		buf := g.pool.Get()
		buf.Bytes = buf.Bytes[:copy(buf.Bytes, d)]
		g.early = append(g.early, buf)
	}
}

func (g *gate) take(data [][]byte, now int64, w *workbench) (authentic bool) {
	n := 0
	for _, d := range data {
		if packet.Classify(d) == packet.RTCP {
			b, err := g.in.OpenNewRTCP(d[:0], d)
			if err != nil {
				g.drops.add(dropForged)
				continue
			}
			authentic = true
			g.s.feedback(b, now)
			continue
		}
		o := &w.opened[n]
		ok, ready := g.packet(d, now, o)
		authentic = authentic || ok
		if ready {
			n++
		}
	}
	g.proved = g.proved || authentic
	g.publish(w, n, now)
	g.react(now)
	return authentic
}

// packet opens one packet. ready tells whether o is to be published.
func (g *gate) packet(d []byte, now int64, o *opened) (authentic, ready bool) {
	if len(d) < packet.HeaderSize {
		return false, false
	}
	ssrc := binary.BigEndian.Uint32(d[8:])
	s := g.find(ssrc)
	var b []byte
	var err error
	if s != nil {
		b, err = g.in.Open(d[:0], d)
	} else {
		s, b, err = g.admit(ssrc, d)
	}
	if err != nil {
		g.drops.add(dropForged)
		return false, false
	}
	if s == nil {
		return false, false
	}
	if e := g.terms.extension(b, g.terms.transport); len(e) == 2 {
		g.arrivals.Record(binary.BigEndian.Uint16(e), now)
	}
	if again := g.terms.again[b[1]&0x7f]; again != 0 {
		if s, b = g.repaired(s, b, again, now); s == nil {
			return true, false
		}
	} else if !s.count(b, now) {
		return true, false
	}
	if parseRTP(b, g.terms.level, &o.packet) != nil {
		return true, false
	}
	o.source, o.packet.Arrived, o.packet.Keyframe = s, now, false
	return true, true
}

func (g *gate) find(ssrc uint32) *source {
	if g.last != nil && g.last.ssrc == ssrc {
		return g.last
	}
	for _, s := range g.sources {
		if s.ssrc == ssrc {
			g.last = s
			return s
		}
	}
	return nil
}

// admit opens the first packet of a source that belongs to one of the page's
// lines. Nothing is decrypted for others.
func (g *gate) admit(ssrc uint32, d []byte) (*source, []byte, error) {
	n, ok := g.terms.name(ssrc, d)
	if !ok || len(g.sources) >= maxSources {
		g.drops.add(dropSource)
		return nil, nil, nil
	}
	b, err := g.in.OpenNew(d[:0], d)
	if err != nil {
		return nil, nil, err
	}
	if err := g.in.Admit(ssrc); err != nil {
		return nil, nil, err
	}
	s := newSource(ssrc, n, n.line.formats[b[1]&0x7f].ClockRate)
	if !n.repair {
		for _, old := range g.sources {
			if old.named.line == n.line && old.named.rid == n.rid && !old.named.repair {
				old.replaced = true
				g.retire(old)
			}
		}
	}
	g.sources = append(g.sources, s)
	return s, b, nil
}

// publish gives the packets of a batch to their receivers, source by source.
func (g *gate) publish(w *workbench, n int, now int64) {
	for i := range n {
		s := w.opened[i].source
		if s == nil {
			continue
		}
		batch := w.batch[:0]
		for j := i; j < n; j++ {
			o := &w.opened[j]
			if o.source != s {
				continue
			}
			o.source = nil
			if int(o.packet.PT) != s.pt {
				g.flush(s, batch)
				batch = batch[:0]
				if !g.retype(s, o.packet.PT) {
					continue
				}
			}
			batch = append(batch, o.packet)
			o.packet.Payload = nil
		}
		g.flush(s, batch)
		clear(batch)
	}
}

// retype takes the format of another payload type; false when it was not agreed.
func (g *gate) retype(s *source, pt uint8) bool {
	s.pt = -1
	if s.named.line == nil || s.replaced {
		return false
	}
	f, ok := s.named.line.formats[pt]
	if !ok {
		return false
	}
	s.pt = int(pt)
	switch {
	case s.named.line.kind == media.Audio:
		g.mic.tune(g.s, f)
	case s.in == nil:
		s.in = g.s.picture(s, f)
	default:
		s.in.track.SetFormat(f)
	}
	return true
}

func (g *gate) flush(s *source, batch []packet.Packet) {
	switch {
	case len(batch) == 0:
	case s.in != nil:
		s.in.track.Publish(batch)
	default:
		for i := range batch {
			if len(batch[i].Payload) > 0 {
				g.mic.sink(&batch[i])
			}
		}
	}
}

// retire ends the picture of a source. Its place stays: what it sent must not
// be taken again.
func (g *gate) retire(s *source) {
	if s.in != nil {
		g.s.retire(s.in)
		s.in, s.pt = nil, -1
	}
}

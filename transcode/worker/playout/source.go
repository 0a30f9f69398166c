package playout

import (
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/worker/dsp"
)

// Rate is the sample rate of what a Source gives.
const Rate = 48000

const (
	piece    = 10 * ms  // filled in at a time
	longGap  = 120 * ms // longer ones are waited out instead of filled in
	giveUp   = 500 * ms // without packets: the sender has paused
	gain     = 0.1      // share of a delay error that is made up for in a second
	fastest  = 0.005    // most that playing speeds up or slows down, inaudible as pitch
	dead     = 1 * ms   // delay error that is left alone
	tooLate  = 40 * ms  // delay error beyond which whole periods are left out
	tooEarly = 25 * ms  // and inserted
	spacing  = 60 * ms  // between two such cuts
)

// Stats counts what became of a source's packets.
type Stats struct {
	Packets, Lost, Late, Duplicate, Invalid, Resyncs uint64

	Concealed int64 // ns
	Jitter    int64 // ns
	Delay     int64 // ns
	Target    int64 // ns
	Skew      float64
}

// Source is one sender's sound.
type Source struct {
	buf  *buffer
	dec  codec.Decoder
	plc  codec.Concealer // dec, when it conceals by itself
	fec  codec.Recoverer // dec, when packets can help against the loss of others
	fill *dsp.Concealer
	re   *dsp.Resampler

	playing bool
	next    int64 // timestamp of the next sample to decode
	frame   int64 // ticks of the last packet
	seq     int64 // of the last packet played
	starved int64 // ns played without packets, since the last one
	cut     int64 // when a period was last left out or inserted
	filled  bool  // the gap is filled by fill, not by plc

	pcm    []float32
	other  []float32
	scaled []float32
	stats  Stats
}

// NewSource plays the stream of one decoder, whose RTP timestamps run at clock Hz.
func NewSource(dec codec.Decoder, clock int) *Source {
	s := &Source{
		buf: newBuffer(clock), dec: dec, re: dsp.NewResampler(dec.Rate(), Rate),
		pcm: make([]float32, codec.MaxFrame), other: make([]float32, codec.MaxFrame), scaled: make([]float32, 0, 2*codec.MaxFrame),
		fill: dsp.NewConcealer(dec.Rate()),
	}
	s.plc, _ = dec.(codec.Concealer)
	s.fec, _ = dec.(codec.Recoverer)
	s.frame = s.buf.ticks(2 * piece)
	return s
}

// Push takes a packet that came now.
func (s *Source) Push(seq uint16, ts uint32, payload []byte, now int64) {
	s.stats.Packets++
	switch s.buf.push(seq, ts, payload, now) {
	case duplicate:
		s.stats.Duplicate++
	case late:
		s.stats.Late++
	case refused:
		s.stats.Invalid++
	case resync:
		s.stats.Resyncs++
		s.playing, s.next = false, 0
	}
}

// Pull fills out with the sound for now.
func (s *Source) Pull(out []float32, now int64) {
	for s.re.Need(len(out)) > 0 {
		s.more(now)
	}
	s.re.Read(out)
	s.steer(now + int64(len(out))*1_000_000_000/Rate)
}

// delay is how much later than it could be a sample of this timestamp is
// heard, if it is the next that goes into the resampler now.
func (s *Source) delay(ts, now int64) int64 {
	return s.buf.age(ts, now) + int64(s.re.Delay()*1e9/float64(s.dec.Rate()))
}

// steer moves the speed so that the delay comes to its target.
func (s *Source) steer(now int64) {
	if !s.playing {
		s.re.Adjust(0)
		return
	}
	s.stats.Delay = s.delay(s.next, now)
	off := s.stats.Delay - s.target()
	by := 0.0
	if off > dead || off < -dead {
		by = min(max(float64(off)/1e9*gain, -fastest), fastest)
	}
	s.re.Adjust(by)
	s.stats.Skew += (by - s.stats.Skew) / 512
}

// target is the delay to keep. Where redundancy helps against loss, the packet
// after a lost one must have come when the lost one is missed.
func (s *Source) target() int64 {
	t := s.buf.delay.target()
	if s.fec != nil && s.stats.Lost > 0 {
		t = max(t, s.buf.nanos(s.frame)+2*piece)
	}
	return min(t, maxTarget)
}

// more writes at least one sample to the resampler.
func (s *Source) more(now int64) {
	s.buf.played = s.next
	if !s.playing {
		s.wait(now)
		return
	}
	s.discard(now)
	p := s.buf.first()
	switch {
	case p == nil:
		s.starve()
	case p.ts <= s.next+s.buf.ticks(ms):
		s.play(p, now)
	default:
		s.gap(p, now)
	}
}

// wait is silence until the first packet has become as old as the target.
func (s *Source) wait(now int64) {
	p := s.buf.first()
	if p == nil {
		s.conceal(piece)
		return
	}
	if early := s.early(p, now); early > 0 {
		s.conceal(min(early, piece))
		return
	}
	s.begin(p)
	s.play(p, now)
}

// early is how much time is left until a packet is due.
func (s *Source) early(p *packet, now int64) int64 {
	return s.target() - s.delay(p.ts, now)
}

func (s *Source) begin(p *packet) {
	s.playing = true
	s.next, s.seq, s.starved = p.ts, p.seq-1, 0
}

// discard drops packets after a burst that came so late that the delay would
// be beyond all bounds.
func (s *Source) discard(now int64) {
	for len(s.buf.waiting) > 1 && s.buf.age(s.buf.waiting[1].ts, now) > maxTarget+piece {
		s.stats.Late++
		s.buf.drop()
		s.next = max(s.next, s.buf.first().ts)
	}
	s.buf.played = s.next
}

// starve is a moment without any packet. The timestamps stand still: a packet
// that is merely late is played when it comes, which makes the delay longer.
func (s *Source) starve() {
	s.starved += piece
	s.conceal(piece)
	if s.starved >= giveUp {
		s.playing = false
	}
}

// gap is missing media before the oldest packet. Lost packets are filled in;
// a pause of the sender is waited out until the packet is due.
func (s *Source) gap(p *packet, now int64) {
	if s.starved > 0 { // that much of the gap has been played already
		s.next = min(s.next+s.buf.ticks(s.starved), p.ts)
		s.starved = 0
		return
	}
	missing := s.buf.nanos(p.ts - s.next)
	lost := p.seq - s.seq - 1
	if lost <= 0 || missing > longGap {
		if early := s.early(p, now); early > 0 {
			s.conceal(min(early, piece))
			return
		}
		s.count(lost)
		s.begin(p)
		return
	}
	s.lose(p, missing, lost)
}

// lose fills in for the packet that should come next.
func (s *Source) lose(p *packet, missing, lost int64) {
	length := min(s.buf.ticks(missing), s.frame)
	if s.fec != nil && lost == 1 && length == s.frame {
		pcm := s.pcm[:length*int64(s.dec.Rate())/s.buf.clock]
		if s.fec.Recover(pcm, p.payload) == nil {
			s.heard(pcm)
			s.re.Write(pcm)
			s.next += length
			s.count(1)
			s.seq++
			return
		}
	}
	s.conceal(s.buf.nanos(length))
	s.next += length
	if s.next >= p.ts-s.buf.ticks(ms) {
		s.count(lost)
		s.seq = p.seq - 1
	}
}

func (s *Source) count(lost int64) { s.stats.Lost += uint64(max(lost, 0)) }

// play decodes the oldest packet.
func (s *Source) play(p *packet, now int64) {
	n, err := s.dec.Decode(s.pcm, p.payload)
	ts, seq := p.ts, p.seq
	s.buf.drop()
	s.count(seq - s.seq - 1)
	s.seq, s.starved = seq, 0
	if err != nil || n == 0 {
		s.stats.Invalid++
		s.conceal(s.buf.nanos(s.frame))
		s.next = ts + s.frame
		return
	}
	s.frame = int64(n) * s.buf.clock / int64(s.dec.Rate())
	s.next = ts + s.frame
	pcm := s.pcm[:n]
	s.heard(pcm)
	s.re.Write(s.scale(pcm, s.delay(ts, now)-s.target(), now))
}

// scale leaves a period out of the sound, or inserts one, when the delay is
// far from its target.
func (s *Source) scale(pcm []float32, off, now int64) []float32 {
	if off < tooLate && off > -tooEarly || now-s.cut < spacing {
		return pcm
	}
	lag := period(pcm, s.dec.Rate())
	if lag == 0 {
		return pcm
	}
	s.cut = now
	if off > 0 {
		s.scaled = shorten(s.scaled[:0], pcm, lag)
	} else {
		s.scaled = lengthen(s.scaled[:0], pcm, lag)
	}
	return s.scaled
}

// heard blends sound in after a gap, if that was filled here.
func (s *Source) heard(pcm []float32) {
	if s.plc == nil || s.filled {
		s.fill.Good(pcm)
	} else {
		s.fill.Heard(pcm)
	}
	s.filled = false
}

// conceal makes up so much sound.
func (s *Source) conceal(length int64) {
	n := min(int(length*int64(s.dec.Rate())/1_000_000_000), len(s.pcm))
	n = max(n, 1)
	pcm := s.pcm[:n]
	switch {
	case !s.playing:
		clear(pcm)
	case s.plc == nil:
		s.fill.Fill(pcm)
	default:
		s.choose(pcm)
	}
	if s.playing {
		s.stats.Concealed += length
	}
	s.re.Write(pcm)
}

// weak is when a codec's concealment is so much quieter than what was heard
// that it has lost the sound: Opus takes a steady tone for noise.
const weak = 0.5

// choose fills pcm by the codec's concealment, which also keeps its state
// right, or by repetition where the codec's is weak. A gap is filled in one way.
func (s *Source) choose(pcm []float32) {
	if s.plc.Conceal(pcm) != nil {
		clear(pcm)
	}
	begins := !s.fill.Filling()
	other := s.other[:len(pcm)]
	s.fill.Fill(other)
	if begins {
		s.filled = dsp.Energy(pcm) < weak*dsp.Energy(other)
	}
	if s.filled {
		copy(pcm, other)
	}
}

// Stats gives the counters.
func (s *Source) Stats() Stats {
	st := s.stats
	st.Jitter, st.Target = int64(s.buf.delay.jitter), s.target()
	return st
}

// Close frees the decoder.
func (s *Source) Close() { s.dec.Close() }

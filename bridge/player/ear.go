package player

import (
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/jitter"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/player/tone"
)

// reorderWait is how long a missing packet is waited for.
const reorderWait = 60 * time.Millisecond

// maxSilence bounds the silence that is put in for a jump in time.
const maxSilence = 10 * time.Second

// ear listens to sound: it orders the packets, decodes them, records them with
// the gaps as silence, and looks for tones. It is a relay.Sink; all methods
// belong to the goroutine of the flow, but for understand.
type ear struct {
	now    func() int64
	record func(rate int) recorder // nil: not recorded; may give nil
	failed func(error)

	formats atomic.Pointer[[]media.Format] // that may arrive

	order    *jitter.Buffer
	at       int64 // time of the batch under way, 0 is none
	format   media.Format
	decoder  decoder
	rec      recorder
	recRate  int
	opened   bool
	tones    *tone.Detector
	expected uint32 // timestamp after the last packet
	last     int64  // arrival of the last packet, by the clock of the stream
	seen     EarReport
	pcm      [maxFrame]float32
	samples  []int16
}

// recorder is a file that sound goes to.
type recorder interface {
	Write(samples []int16) error
	Close() error
}

// EarReport is what an ear heard. Times are monotonic nanoseconds.
type EarReport struct {
	FirstAudio       int64 // first packet that was decoded, 0 is never
	Codec            media.Codec
	Decoded          uint64 // packets
	Undecodable      uint64
	LongestGapMS     float64 // without a packet
	LevelDBFS        float64 // of everything, -Inf is silence
	Tones            []tone.Tone
	Reordered, Lost  uint64 // packets
	Late, Duplicates uint64
}

func newEar(now func() int64, pool *packet.Pool) *ear {
	e := &ear{now: now, failed: func(error) {}}
	e.order = jitter.New(jitter.Config{MaxDelay: reorderWait, MaxPackets: 64, Pool: pool, Emit: e.take})
	return e
}

// understand says what may arrive.
func (e *ear) understand(formats []media.Format) { e.formats.Store(&formats) }

// WriteRTP implements relay.Sink.
func (e *ear) WriteRTP(p *packet.Packet) {
	if e.at == 0 {
		e.at = e.now()
	}
	e.order.Push(p, e.at)
}

// Flush implements relay.Sink.
func (e *ear) Flush() { e.at = 0 }

// take gets the packets in order.
func (e *ear) take(p *packet.Packet, _ int) {
	if !e.tune(p.PT) {
		return // digits or comfort noise
	}
	if e.at == 0 {
		e.at = e.now()
	}
	n, err := e.decoder.Decode(e.pcm[:], p.Payload)
	if err != nil || n == 0 {
		e.seen.Undecodable++
		return
	}
	e.seen.Decoded++
	if e.seen.FirstAudio == 0 {
		e.seen.FirstAudio = e.at
	} else {
		e.fill(p.Timestamp)
		e.seen.LongestGapMS = max(e.seen.LongestGapMS, ms(p.Arrived-e.last))
	}
	e.last = p.Arrived
	e.expected = p.Timestamp + e.clock(n)
	e.samples = toInt16(e.samples, e.pcm[:n])
	e.hear(e.samples)
}

// tune makes ready for the codec of a payload type, and tells whether it is sound.
func (e *ear) tune(pt uint8) bool {
	if e.decoder != nil && e.format.PT == pt {
		return true
	}
	formats := e.formats.Load()
	if formats == nil {
		return false
	}
	for _, f := range *formats {
		if f.PT != pt || f.Codec == media.DTMF {
			continue
		}
		if f.Codec == e.format.Codec && e.decoder != nil {
			e.format = f
			return true
		}
		d := newDecoder(f.Codec)
		if d == nil {
			return false
		}
		e.format, e.decoder = f, d
		e.seen.Codec = f.Codec
		e.open(d.Rate())
		return true
	}
	return false
}

// open starts the recording and the tone detector at the rate of the first codec.
func (e *ear) open(rate int) {
	if e.opened {
		return
	}
	e.opened, e.recRate = true, rate
	e.tones = tone.NewDetector(rate)
	if e.record != nil {
		e.rec = e.record(rate)
	}
}

// clock converts samples to timestamp units.
func (e *ear) clock(samples int) uint32 {
	return uint32(samples * max(e.format.ClockRate, 8000) / e.decoder.Rate())
}

// fill puts silence where packets are missing, so that the recording keeps its time.
func (e *ear) fill(timestamp uint32) {
	clock := max(e.format.ClockRate, 8000)
	missing := packet.TimeDiff(timestamp, e.expected)
	if missing <= 0 || missing > int64(maxSilence/time.Second)*int64(clock) {
		return // on time, or another source
	}
	silence := make([]int16, missing*int64(e.decoder.Rate())/int64(clock))
	e.hear(silence)
}

func (e *ear) hear(samples []int16) {
	if rate := e.decoder.Rate(); rate != e.recRate {
		samples = stretch(samples, rate, e.recRate)
	}
	e.tones.Write(samples)
	if e.rec == nil {
		return
	}
	if err := e.rec.Write(samples); err != nil {
		e.failed(err)
		_ = e.rec.Close()
		e.rec = nil
	}
}

// stretch changes the rate by taking the nearest samples: enough for the rare
// call that changes its codec.
func stretch(samples []int16, from, to int) []int16 {
	out := make([]int16, len(samples)*to/from)
	for i := range out {
		out[i] = samples[i*from/to]
	}
	return out
}

// finish ends the listening and gives the report. The ear is detached before.
func (e *ear) finish() EarReport {
	e.order.Flush()
	e.order.Reset()
	s := e.order.Stats()
	r := e.seen
	r.Reordered, r.Lost, r.Late, r.Duplicates = s.Reordered, s.Lost, s.Late, s.Duplicates
	if e.tones != nil {
		r.LevelDBFS, r.Tones = e.tones.DBFS(), e.tones.Tones()
	}
	if e.rec != nil {
		if err := e.rec.Close(); err != nil {
			e.failed(err)
		}
	}
	return r
}

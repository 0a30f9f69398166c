package playout

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/g711"
	"github.com/roombridge/roombridge/transcode/codec/g722"
	"github.com/roombridge/roombridge/transcode/internal/tone"
)

// network is a sender of a tone behind a network, in virtual time.
type network struct {
	enc      codec.Encoder
	clock    int
	hz       float64
	ptime    int     // ms
	skew     float64 // how much faster the sender's clock runs
	loss     float64
	delay    int64 // ns
	jitter   int64 // ns, standard deviation
	swap     bool  // may reorder
	double   bool  // each packet twice
	silent   func(at int64) bool
	number   func(n int) (seq uint16, ts uint32) // nil: counts from the beginning
	random   *rand.Rand
	onTheWay []flying
	sent     int
	gen      tone.Generator
	last     int64
	dropped  int
}

type flying struct {
	at      int64
	seq     uint16
	ts      uint32
	payload []byte
}

func newNetwork(enc codec.Encoder, clock int) *network {
	return &network{
		enc: enc, clock: clock, hz: 440, ptime: 20, delay: 40 * ms, random: rand.New(rand.NewPCG(7, 9)),
		gen: tone.Generator{Hz: 440, Amplitude: 0.5, Rate: enc.Rate()},
	}
}

// send makes all packets that leave until now.
func (n *network) send(now int64) {
	for {
		at := int64(float64(n.sent*n.ptime) * float64(ms) / (1 + n.skew))
		if at > now {
			return
		}
		pcm := make([]float32, n.enc.Rate()*n.ptime/1000)
		n.gen.Hz = n.hz
		n.gen.Fill(pcm)
		payload, err := n.enc.Encode(nil, pcm)
		if err != nil {
			panic(err)
		}
		f := flying{seq: uint16(n.sent + 65000), ts: uint32(n.sent*n.ptime*n.clock/1000) - 5000, payload: payload}
		if n.number != nil {
			f.seq, f.ts = n.number(n.sent)
		}
		n.sent++
		if n.silent != nil && n.silent(at) {
			continue
		}
		if n.random.Float64() < n.loss {
			n.dropped++
			continue
		}
		f.at = at + n.delay + int64(max(n.random.NormFloat64(), -2)*float64(n.jitter)) + 2*n.jitter
		if !n.swap {
			f.at = max(f.at, n.last)
			n.last = f.at
		}
		n.onTheWay = append(n.onTheWay, f)
		if n.double {
			f.at += ms
			n.onTheWay = append(n.onTheWay, f)
		}
	}
}

// deliver hands over what has arrived by now.
func (n *network) deliver(s *Source, now int64) {
	slices.SortStableFunc(n.onTheWay, func(a, b flying) int { return int(a.at - b.at) })
	for len(n.onTheWay) > 0 && n.onTheWay[0].at <= now {
		f := n.onTheWay[0]
		n.onTheWay = n.onTheWay[1:]
		s.Push(f.seq, f.ts, f.payload, f.at)
	}
}

// run plays for so long and gives what is heard.
func (n *network) run(s *Source, from, length int64) []float32 {
	out := make([]float32, 0, length/tick*480)
	piece := make([]float32, 480)
	for now := from; now < from+length; now += tick {
		n.send(now)
		n.deliver(s, now)
		s.Pull(piece, now)
		out = append(out, piece...)
	}
	return out
}

const (
	tick   = 10 * ms
	second = 1000 * ms
)

func pcmu(t *testing.T) (*network, *Source) {
	s := NewSource(g711.NewDecoder(g711.Mu), 8000)
	t.Cleanup(s.Close)
	return newNetwork(g711.NewEncoder(g711.Mu), 8000), s
}

func wide(t *testing.T) (*network, *Source) {
	s := NewSource(g722.NewDecoder(), 8000)
	t.Cleanup(s.Close)
	return newNetwork(g722.NewEncoder(), 8000), s
}

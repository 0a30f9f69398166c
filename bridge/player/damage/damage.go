// Package damage spoils pictures on purpose: it makes of the packets of a good
// terminal those of a broken or a hostile one.
package damage

import (
	"bytes"
	"math/rand/v2"

	"github.com/roombridge/roombridge/bridge/media"
)

// Bounds of what is made of one frame.
const (
	MaxPackets = 256
	MaxPayload = 1400 // bytes
)

// Vandal spoils the RTP payloads of one stream. It does the same to the same
// stream for the same seed, and is used by one goroutine.
type Vandal struct {
	codec media.Codec
	dice  *rand.Rand
	old   [][]byte // payloads of frames before
	next  int      // place in old
}

// remembered is how many payloads are kept to be mixed into later frames.
const remembered = 64

// New makes one for a codec's payload format.
func New(codec media.Codec, seed uint64) *Vandal {
	return &Vandal{codec: codec, dice: rand.New(rand.NewPCG(seed, 0x726f6f6d))}
}

// Chances, one in so many.
const (
	wholeFrame = 3  // a frame stays as it is
	wholeKey   = 2  // a keyframe does
	another    = 3  // a frame is spoiled in one more way
	rarely     = 25 // a frame comes as a flood or as a bomb, instead of any other way
)

// Frame gives the packets to be sent in place of a frame's; what is nil is lost on
// the way. The payloads given are not changed.
func (v *Vandal) Frame(payloads [][]byte, key bool) [][]byte {
	if len(payloads) == 0 {
		return nil
	}
	v.remember(payloads)
	whole := wholeFrame
	if key {
		whole = wholeKey
	}
	if v.one(whole) {
		return payloads
	}
	out := make([][]byte, len(payloads), len(payloads)+8)
	for i, p := range payloads {
		out[i] = bytes.Clone(p)
	}
	switch v.dice.IntN(rarely) {
	case 0:
		return bounded(v.flood(out))
	case 1:
		return bounded(v.bomb(out))
	}
	for again := true; again && len(out) > 0; again = v.one(another) {
		out = ways[v.dice.IntN(len(ways))](v, out)
	}
	return bounded(out)
}

func bounded(list [][]byte) [][]byte {
	list = list[:min(len(list), MaxPackets)]
	for i, p := range list {
		list[i] = p[:min(len(p), MaxPayload)]
	}
	return list
}

// one tells whether something comes that comes once in n times.
func (v *Vandal) one(n int) bool { return v.dice.IntN(n) == 0 }

func (v *Vandal) remember(payloads [][]byte) {
	for _, p := range payloads {
		if len(v.old) < remembered {
			v.old = append(v.old, p)
			continue
		}
		v.old[v.next] = p
		v.next = (v.next + 1) % remembered
	}
}

// ways are what is done to most frames. They may change and keep what they are given.
var ways = []func(*Vandal, [][]byte) [][]byte{
	(*Vandal).flip, (*Vandal).flip, (*Vandal).shorten, (*Vandal).splice, (*Vandal).noise, (*Vandal).rubbish,
	(*Vandal).lose, (*Vandal).swap, (*Vandal).double, (*Vandal).resize,
}

// any gives the index of one of a frame's packets that has bytes, -1 if none has.
func (v *Vandal) any(list [][]byte) int {
	from := v.dice.IntN(len(list))
	for i := range list {
		if k := (from + i) % len(list); len(list[k]) > 0 {
			return k
		}
	}
	return -1
}

// flip turns up to eight bits of a packet, most of them behind the payload header.
func (v *Vandal) flip(list [][]byte) [][]byte {
	i := v.any(list)
	if i < 0 {
		return list
	}
	p := list[i]
	from := head(v.codec, p)
	if from == len(p) || v.one(8) {
		from = 0
	}
	for range 1 + v.dice.IntN(8) {
		p[from+v.dice.IntN(len(p)-from)] ^= 1 << v.dice.IntN(8) // no matter if one is turned back
	}
	return list
}

// shorten takes the end of a packet away.
func (v *Vandal) shorten(list [][]byte) [][]byte {
	if i := v.any(list); i >= 0 {
		list[i] = list[i][:v.dice.IntN(len(list[i]))+1]
	}
	return list
}

// splice continues a packet with the end of another frame's.
func (v *Vandal) splice(list [][]byte) [][]byte {
	i := v.any(list)
	if i < 0 {
		return list
	}
	other := v.old[v.dice.IntN(len(v.old))]
	from := v.dice.IntN(len(list[i])) + 1
	list[i] = append(list[i][:from:from], other[min(from, len(other)):]...)
	return list
}

// noise puts random bytes behind a valid payload header.
func (v *Vandal) noise(list [][]byte) [][]byte {
	if i := v.any(list); i >= 0 {
		v.fill(list[i][head(v.codec, list[i]):])
	}
	return list
}

// rubbish puts a packet of random bytes into a frame.
func (v *Vandal) rubbish(list [][]byte) [][]byte {
	p := make([]byte, 1+v.dice.IntN(MaxPayload))
	v.fill(p)
	return v.insert(list, p)
}

func (v *Vandal) fill(b []byte) {
	for i := range b {
		b[i] = byte(v.dice.Uint32())
	}
}

func (v *Vandal) insert(list [][]byte, p []byte) [][]byte {
	i := v.dice.IntN(len(list) + 1)
	return append(list[:i:i], append([][]byte{p}, list[i:]...)...)
}

// lose has a packet not arrive.
func (v *Vandal) lose(list [][]byte) [][]byte {
	list[v.dice.IntN(len(list))] = nil
	return list
}

// swap changes the order in which packets are numbered.
func (v *Vandal) swap(list [][]byte) [][]byte {
	i, k := v.dice.IntN(len(list)), v.dice.IntN(len(list))
	list[i], list[k] = list[k], list[i]
	return list
}

// double puts a packet of this frame or of another in once more.
func (v *Vandal) double(list [][]byte) [][]byte {
	return v.insert(list, bytes.Clone(v.old[v.dice.IntN(len(v.old))]))
}

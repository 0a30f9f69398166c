package avcodec

import "github.com/roombridge/roombridge/transcode/codec/pace"

// Quantizers of H.261 and H.263. 1 gains nothing that is seen, and its levels overflow.
const (
	leastQuant = 2
	mostQuant  = 31
	// mostContent is the coarsest for slides: they come less often rather than unreadable.
	mostContent = 16
)

// A keyframe may take as many seconds of bits; what is owed is paid back in the other time.
const (
	keySeconds = 0.4
	payback    = 0.6
)

// quant chooses the quantizer of each picture, which libavcodec's own rate
// control cannot change its aim for. Bits are taken to be complexity over quantizer.
type quant struct {
	pace       *pace.Pace
	bitrate    float64
	most       int
	last       int     // quantizer of the last picture
	complexity float64 // of pictures that refer to others, bits times quantizer
	change     float64 // how different the pictures were for which that is true
}

// keyBits is how many bits a keyframe may take now.
func (q *quant) keyBits() float64 {
	return max(keySeconds*q.bitrate-max(q.pace.Debt(), 0)/2, q.pace.Due())
}

// frameBits is how many bits another picture should take.
func (q *quant) frameBits() float64 {
	due := q.pace.Due()
	return min(max(due-q.pace.Debt()/(payback*q.pace.FPS()), due/3), 3*due)
}

// next gives the quantizer of a picture that refers to others and differs so much from the last one.
func (q *quant) next(change float64) int {
	complexity := q.complexity
	if change > 1.5*q.change { // more moves than before
		complexity *= min(change/max(q.change, 0.1), 8)
	}
	n := int(complexity/q.frameBits() + 0.5)
	if q.last > 0 { // better again, but not in one step
		n = max(n, q.last-1-q.last/6)
	}
	return min(max(n, leastQuant), q.most)
}

// coded tells what a picture that refers to others took.
func (q *quant) coded(bits, quant int, change float64) {
	c := float64(bits) * float64(quant)
	if q.complexity == 0 {
		q.complexity, q.change = c, change
	}
	q.complexity += 0.4 * (c - q.complexity)
	q.change += 0.4 * (change - q.change)
	q.last = quant
}

// rehearse gives the quantizer with which a keyframe has at most so many bits, given
// what tells how many it has with one. It asks a few times at most.
func (q *quant) rehearse(bits float64, try func(quant int) (int, error)) (int, error) {
	n := q.last
	if n == 0 {
		n = 10
	}
	low, high := leastQuant, q.most
	for range 4 {
		got, err := try(n)
		if err != nil {
			return 0, err
		}
		if float64(got) > bits {
			low = min(n+1, q.most)
		} else {
			high = n
		}
		if low >= high {
			break
		}
		n = min(max(int(float64(n)*float64(got)/bits+0.9), low), high)
		if n == high && float64(got) <= bits {
			break
		}
	}
	return high, nil
}

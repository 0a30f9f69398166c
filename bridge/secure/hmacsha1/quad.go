package hmacsha1

import "crypto/sha1"

// width is how many messages are hashed side by side.
const width = 4

// quad hashes messages in lanes. A lane takes the next message when it has
// finished one, and all lanes do as many blocks at a time as the shortest has.
// It lives on the stack: lanes hold numbers and not pointers, which would
// escape.
type quad struct {
	key    *Key
	states [width]state
	lanes  [width]lane
	begun  int // messages that a lane has taken
}

// lane is where a message is.
type lane struct {
	m    int // number of the message, or idle
	step step
	off  int // where the next block is
	left int // blocks, not 0 unless idle
	tail tail
}

const idle = -1

type step uint8

const (
	body  step = iota // the whole blocks of the message
	inner             // the end of the inner hash, in tail
	outer             // the outer hash, in tail
)

func sumAll(k *Key, ms []Message) {
	q := quad{key: k}
	for i := range q.lanes {
		q.next(i, ms)
	}
	var at [width]*byte
	for {
		busy, one, n := 0, 0, 0
		for i := range q.lanes {
			l := &q.lanes[i]
			if l.m == idle {
				continue
			}
			if l.step == body {
				at[i] = &ms[l.m].Data[l.off]
			} else {
				at[i] = &l.tail[l.off]
			}
			if busy == 0 || l.left < n {
				n = l.left
			}
			busy++
			one = i
		}
		switch busy {
		case 0:
			return
		case 1:
			blocks1(&q.states[one], at[one], n)
		default:
			for i := range q.lanes {
				if q.lanes[i].m == idle {
					at[i] = at[one] // for nothing
				}
			}
			blocks4(&q.states, &at, n)
		}
		q.done(n, ms)
	}
}

// done follows the lanes over n blocks.
func (q *quad) done(n int, ms []Message) {
	for i := range q.lanes {
		l := &q.lanes[i]
		if l.m == idle {
			continue
		}
		if l.left -= n; l.left > 0 {
			l.off += n * sha1.BlockSize
			continue
		}
		switch l.step {
		case body:
			l.end(&ms[l.m])
		case inner:
			l.tail.outer(&q.states[i])
			l.step, l.off, l.left = outer, 0, 1
			q.states[i] = q.key.outer
		case outer:
			q.states[i].put(ms[l.m].Sum[:])
			q.next(i, ms)
		}
	}
}

// next begins another message.
func (q *quad) next(i int, ms []Message) {
	l := &q.lanes[i]
	if q.begun == len(ms) {
		l.m = idle
		return
	}
	l.m, q.states[i] = q.begun, q.key.inner
	q.begun++
	m := &ms[l.m]
	if l.step, l.off, l.left = body, 0, len(m.Data)/sha1.BlockSize; l.left == 0 {
		l.end(m)
	}
}

func (l *lane) end(m *Message) { l.step, l.off, l.left = inner, 0, l.tail.inner(m) }

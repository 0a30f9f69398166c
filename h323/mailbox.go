package h323

import "sync"

// maxMail bounds what may come to a leg any number of times.
const maxMail = 1 << 12

// mailbox is the one way into a leg: what is posted runs on the leg's goroutine, one
// after the other, in the order of posting. What comes once or has its own bound is
// posted: timers, answers, messages, the end. What anybody may repeat at will is
// offered. Neither blocks.
type mailbox struct {
	mu     sync.Mutex
	mail   []func()
	closed bool
	wake   chan struct{}
	slots  chan struct{} // held by messages of the far end that wait
	done   chan struct{} // closed when nothing more runs
}

// maxWaiting is how many messages of the far end may wait for a leg. Its connections
// are not read meanwhile.
const maxWaiting = 16

func newMailbox() *mailbox {
	return &mailbox{wake: make(chan struct{}, 1), slots: make(chan struct{}, maxWaiting), done: make(chan struct{})}
}

// post tells whether f will run: it does unless the leg is gone.
func (m *mailbox) post(f func()) bool { return m.put(f, false) }

// offer is post for what can be done without: too much of it is dropped.
func (m *mailbox) offer(f func()) bool { return m.put(f, true) }

func (m *mailbox) put(f func(), bounded bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || bounded && len(m.mail) >= maxMail {
		return false
	}
	m.mail = append(m.mail, f)
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return true
}

// deliver is post for what far ends send: it waits while too much is waiting. False
// says that the leg is gone.
func (m *mailbox) deliver(f func()) bool {
	select {
	case m.slots <- struct{}{}:
	case <-m.done:
		return false
	}
	return m.post(func() {
		defer func() { <-m.slots }()
		f()
	})
}

// run works until finished says so, with settle after each piece. What was posted
// before is run; later posts are refused.
func (m *mailbox) run(settle func(), finished func() bool) {
	defer close(m.done)
	for range m.wake {
		for _, f := range m.take(false) {
			f()
			settle()
		}
		if finished() {
			for _, f := range m.take(true) {
				f()
			}
			return
		}
	}
}

func (m *mailbox) take(last bool) []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	mail := m.mail
	m.mail, m.closed = nil, last
	return mail
}

package sip

import "sync"

// maxMail bounds the requests that wait for a leg. Answers and timers are
// bounded by what the leg itself started.
const maxMail = 64

// mailbox is the one way into a leg: what is posted runs on the leg's
// goroutine, one after the other, in the order of posting. post never blocks.
type mailbox struct {
	mu     sync.Mutex
	mail   []func()
	closed bool
	wake   chan struct{}
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// post tells whether f will run.
func (m *mailbox) post(f func()) bool { return m.put(f, 1<<16) }

// postRequest is post with the bound for what far ends send.
func (m *mailbox) postRequest(f func()) bool { return m.put(f, maxMail) }

func (m *mailbox) put(f func(), bound int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || len(m.mail) >= bound {
		return false
	}
	m.mail = append(m.mail, f)
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return true
}

// run works until finished says so. What was posted before is run; later
// posts are refused.
func (m *mailbox) run(finished func() bool) {
	for range m.wake {
		for _, f := range m.take(false) {
			f()
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

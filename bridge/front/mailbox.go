package front

import "sync"

// Mailbox is the one way into a leg: what is posted runs on the leg's goroutine, one after
// the other, in the order of posting. What comes once or has its own bound is posted: timers,
// answers, the end. What anybody may repeat at will is offered. Neither blocks.
type Mailbox struct {
	most int
	wake chan struct{}

	mu     sync.Mutex
	mail   []func()
	closed bool
}

// NewMailbox makes a mailbox in which so much may wait before what is offered is dropped.
func NewMailbox(most int) *Mailbox { return &Mailbox{most: most, wake: make(chan struct{}, 1)} }

// Post tells whether f will run: it does unless the leg is gone.
func (m *Mailbox) Post(f func()) bool { return m.put(f, false) }

// Offer is Post for what can be done without: too much of it is dropped.
func (m *Mailbox) Offer(f func()) bool { return m.put(f, true) }

func (m *Mailbox) put(f func(), bounded bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || bounded && len(m.mail) >= m.most {
		return false
	}
	m.mail = append(m.mail, f)
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return true
}

// Run works until finished says so, with settle after each piece, which may be nil. What was
// posted before is run; later posts are refused.
func (m *Mailbox) Run(settle func(), finished func() bool) {
	for range m.wake {
		for _, f := range m.take(false) {
			f()
			if settle != nil {
				settle()
			}
		}
		if finished() {
			for _, f := range m.take(true) {
				f()
			}
			return
		}
	}
}

func (m *Mailbox) take(last bool) []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	mail := m.mail
	m.mail, m.closed = nil, last
	return mail
}

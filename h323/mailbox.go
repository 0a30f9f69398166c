package h323

import "github.com/roombridge/roombridge/bridge/front"

const (
	// maxMail bounds what may come to a leg any number of times.
	maxMail = 1 << 12
	// maxWaiting is how many messages of the far end may wait for a leg. Its connections
	// are not read meanwhile.
	maxWaiting = 16
)

// mailbox is a leg's, into which what far ends send is delivered.
type mailbox struct {
	*front.Mailbox
	slots chan struct{} // held by messages of the far end that wait
	done  chan struct{} // closed when nothing more runs
}

func newMailbox() *mailbox {
	return &mailbox{Mailbox: front.NewMailbox(maxMail), slots: make(chan struct{}, maxWaiting), done: make(chan struct{})}
}

// deliver is Post for what far ends send: it waits while too much is waiting. False
// says that the leg is gone.
func (m *mailbox) deliver(f func()) bool {
	select {
	case m.slots <- struct{}{}:
	case <-m.done:
		return false
	}
	return m.Post(func() {
		defer func() { <-m.slots }()
		f()
	})
}

// run is Run, at whose end nobody waits any longer to deliver.
func (m *mailbox) run(settle func(), finished func() bool) {
	defer close(m.done)
	m.Run(settle, finished)
}

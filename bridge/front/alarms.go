package front

import "time"

// Alarms are those of a leg. They belong to the leg's goroutine.
type Alarms struct {
	box *Mailbox
	set map[*Alarm]struct{}
}

// NewAlarms makes alarms that ring in a mailbox.
func NewAlarms(box *Mailbox) *Alarms { return &Alarms{box: box, set: make(map[*Alarm]struct{})} }

// Alarm runs a function on the leg's goroutine after a while.
type Alarm struct {
	of      *Alarms
	timer   *time.Timer
	stopped bool
}

// After sets an alarm.
func (s *Alarms) After(d time.Duration, f func()) *Alarm {
	a := &Alarm{of: s}
	s.set[a] = struct{}{}
	a.timer = time.AfterFunc(d, func() {
		s.box.Post(func() {
			if !a.stopped {
				a.Stop()
				f()
			}
		})
	})
	return a
}

// Stop keeps an alarm from ringing, also one whose time is over. It is safe on nil and more than once.
func (a *Alarm) Stop() {
	if a == nil || a.stopped {
		return
	}
	a.stopped = true
	a.timer.Stop()
	delete(a.of.set, a)
}

// Stop stops them all.
func (s *Alarms) Stop() {
	for a := range s.set {
		a.Stop()
	}
}

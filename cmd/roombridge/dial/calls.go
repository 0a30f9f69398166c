package dial

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// run makes or takes the calls and returns what became of them. Of each one events tell, until unsubscribe is called.
func (d *dialer) run(ctx context.Context, events <-chan bridge.Event, unsubscribe func()) []Call {
	var watching sync.WaitGroup
	arrived := make(chan *bridge.Call, d.s.Calls)
	watching.Go(func() { d.watch(events, arrived) })
	defer watching.Wait()
	defer unsubscribe()

	calls := make([]Call, d.s.Calls)
	var running sync.WaitGroup
	for i := range calls {
		if d.s.Answer {
			running.Go(func() { calls[i] = d.answer(ctx, arrived) })
			continue
		}
		running.Go(func() { calls[i] = d.place(ctx, d.s.Ramp*time.Duration(i)/time.Duration(len(calls))) })
	}
	running.Wait()
	return calls
}

// watch notes when calls ring and which ones come in.
func (d *dialer) watch(events <-chan bridge.Event, arrived chan<- *bridge.Call) {
	for ev := range events {
		if ev.Type == bridge.EventCallUpdated && ev.Call.State() == bridge.StateRinging {
			d.progress(ev.Call.ID()).rings()
		}
		if ev.Type == bridge.EventCallStarted && ev.Call.Status().Direction == bridge.Inbound {
			select {
			case arrived <- ev.Call:
			default: // more than are counted; they are answered all the same
			}
		}
	}
}

// progress is what is known of a call on its way.
type progress struct {
	mu   sync.Mutex
	rang time.Time
}

func (p *progress) rings() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rang.IsZero() {
		p.rang = time.Now()
	}
}

func (p *progress) ringing() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rang
}

func (d *dialer) progress(id string) *progress {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.events[id]
	if p == nil {
		p = &progress{}
		d.events[id] = p
	}
	return p
}

// place makes one call after a delay.
func (d *dialer) place(ctx context.Context, delay time.Duration) Call {
	wait := time.NewTimer(delay)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return notPlaced()
	}
	placed := time.Now()
	call, err := d.core.Place(context.WithoutCancel(ctx), bridge.Target{
		Scheme: d.s.scheme, URI: d.s.target, From: d.s.From, Name: d.s.Name,
	}, "terminal")
	if err != nil {
		r := bridge.AsRefusal(err)
		return failed(r.Cause, r.Reason)
	}
	return d.follow(ctx, call, placed)
}

// answer takes the next call that comes.
func (d *dialer) answer(ctx context.Context, arrived <-chan *bridge.Call) Call {
	select {
	case call := <-arrived:
		return d.follow(ctx, call, call.Status().Since)
	case <-ctx.Done():
		return notPlaced()
	}
}

// follow stays with a call to its end and makes its report.
func (d *dialer) follow(ctx context.Context, call *bridge.Call, since time.Time) Call {
	how := d.stay(ctx, call)
	<-call.Context().Done()
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeTime)
	defer cancel()
	rep, seated := d.engine.Take(patience, call.ID())
	cause, reason := call.Outcome()
	c := newCall(call.Status(), since, d.progress(call.ID()).ringing())
	c.Transport = cmpOr(c.Transport, d.s.transport(), "auto")
	c.Cause, c.Reason = cause.String(), reason
	if seated {
		c.describe(since, rep)
	}
	c.Result = result(how, cause, seated, d.s.Answer || d.s.Duration == 0)
	d.mu.Lock()
	delete(d.events, call.ID())
	d.mu.Unlock()
	return c
}

// holdAfter is how long after the answer a call is held.
const holdAfter = 2 * time.Second

// hold holds the call for a while, unless it ends meanwhile.
func (d *dialer) hold(call *bridge.Call) {
	h := call.Handset()
	if h == nil {
		d.s.Log.Warn("the call cannot be held", "call", call.ID())
		return
	}
	wait := time.NewTimer(holdAfter)
	defer wait.Stop()
	for _, held := range []bool{true, false} {
		select {
		case <-wait.C:
		case <-call.Context().Done():
			return
		}
		h.Hold(held)
		wait.Reset(d.s.Hold)
	}
}

// ending says why we stayed no longer in a call.
type ending uint8

const (
	endedByFar  ending = iota // it ended, or never began
	endedByTime               // its time was over
	interrupted
)

// stay waits for the answer and for as long as the call shall last, and hangs up.
func (d *dialer) stay(ctx context.Context, call *bridge.Call) ending {
	if err := call.Wait(ctx); err != nil && errors.Is(err, ctx.Err()) && call.Context().Err() == nil {
		call.Hangup(bridge.CauseCancelled, "interrupted")
		return interrupted
	}
	if d.s.Hold > 0 {
		var held sync.WaitGroup
		held.Go(func() { d.hold(call) })
		defer held.Wait()
	}
	var over <-chan time.Time
	if d.s.Duration > 0 {
		t := time.NewTimer(d.s.Duration)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-call.Context().Done():
		return endedByFar
	case <-over:
		call.Hangup(bridge.CauseNormal, "")
		return endedByTime
	case <-ctx.Done():
		call.Hangup(bridge.CauseNormal, "interrupted")
		return interrupted
	}
}

// result puts a call's end into one word. open says that the far end decides
// how long the call lasts.
func result(how ending, cause bridge.Cause, seated, open bool) string {
	switch {
	case !seated && how == interrupted:
		return Interrupted
	case !seated:
		return Failed
	case how == endedByTime:
		return Completed
	case how == interrupted && open:
		return Completed // as long as the person at the keyboard liked
	case how == interrupted:
		return Interrupted
	case open && (cause == bridge.CauseNormal || cause == bridge.CauseShutdown || cause == bridge.CauseRemoved):
		return Completed
	}
	return Dropped
}

func cmpOr(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}

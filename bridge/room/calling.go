package room

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/roombridge/roombridge/bridge"
)

// calling is the calls that the hosts of a room place to terminals.
type calling struct {
	ctx   context.Context // of the room
	stop  context.CancelFunc
	pace  *rate.Limiter
	calls sync.WaitGroup
}

// How many calls hosts of one room may place, and how long one may take.
const (
	callsBurst    = 10
	callEvery     = time.Minute / 10
	callPatience  = 90 * time.Second
	maxDialTarget = 256 // bytes
	maxDeviceList = 500
)

// What hosts may call.
const (
	dialDevices   = "devices"
	dialAddresses = "addresses"
)

var (
	errNoCalls   = errors.New("calls cannot be placed from this page")
	errManyCalls = errors.New("too many calls were placed in too short a time")
	errNoTarget  = errors.New("this is nothing that can be called")
)

func newCalling() *calling {
	c := &calling{pace: rate.NewLimiter(rate.Every(callEvery), callsBurst)}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c
}

// end gives up what rings and waits for it.
func (c *calling) end() {
	c.stop()
	c.calls.Wait()
}

// dialling says what the page may call, "" is nothing. Who leads only because they
// came first may call only where the gateway says so.
func (v *visitor) dialling() string {
	cfg := &v.room.cfg
	switch {
	case cfg.Dial == nil || v.role != bridge.RoleHost || !v.proven && !cfg.DialFirst:
		return ""
	case cfg.DialAddresses:
		return dialAddresses
	}
	return dialDevices
}

// dialOut calls a terminal in. It is called with the room's mutex held; the page is told how
// it went later.
func (v *visitor) dialOut(target string) error {
	r := v.room
	target = strings.TrimSpace(target)
	switch {
	case v.dialling() == "":
		return errNoCalls
	case target == "" || len(target) > maxDialTarget || cleanName(target, "") == "":
		return errNoTarget
	case r.ended || r.calling.ctx.Err() != nil:
		return errNoCalls
	case !r.calling.pace.Allow():
		return errManyCalls
	}
	v.say(dialMsg{Type: "dial", Target: target, State: "calling"})
	r.calling.calls.Go(func() {
		ctx, cancel := context.WithTimeout(r.calling.ctx, callPatience)
		defer cancel()
		m := dialMsg{Type: "dial", Target: target, State: "answered"}
		if err := r.cfg.Dial(ctx, r.name, target); err != nil {
			no := bridge.AsRefusal(err)
			m.State, m.Cause, m.Reason = "failed", no.Cause.String(), no.Reason
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		v.say(m)
	})
	return nil
}

// listDevices tells a host which terminals there are to call.
func (v *visitor) listDevices() error {
	r := v.room
	r.mu.Lock()
	may := v.dialling() != ""
	r.mu.Unlock()
	if !may {
		return errNoCalls
	}
	m := devicesMsg{Type: "devices", List: []deviceOne{}}
	if r.cfg.Devices != nil {
		for _, d := range r.cfg.Devices(r.name) {
			m.List = append(m.List, deviceOne{Name: d.Name, Protocol: d.Protocol, Model: d.Model, Online: d.Online})
		}
	}
	slices.SortStableFunc(m.List, func(a, b deviceOne) int {
		switch {
		case a.Online == b.Online:
			return 0
		case a.Online:
			return -1
		}
		return 1
	})
	m.List = m.List[:min(len(m.List), maxDeviceList)]
	r.mu.Lock()
	defer r.mu.Unlock()
	v.say(m)
	return nil
}

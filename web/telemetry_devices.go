package web

import "strconv"

// Registrar is how SIP terminals register with us.
type Registrar struct {
	Serves     bool // we are a registrar
	Accepted   uint64
	Challenged uint64
	Denied     uint64 // wrong passwords
	LockedOut  uint64 // requests not looked at after too many of them
	Locks      uint64 // that began
	Refused    uint64 // for any other reason
}

// Doors is what became of PINs, wherever they were tried.
type Doors struct {
	Passed   uint64
	Wrong    uint64
	Unlooked uint64 // tries of who had to wait
	Locks    uint64 // that began
}

var (
	descPINs       = desc("pin_tries_total", "PINs that were tried: right, wrong, or not looked at because who tried had to wait.", "result")
	descPINLocks   = desc("pin_locks_total", "Locks that began after wrong PINs.")
	descDevices    = desc("devices", "Terminals that are registered.", "protocol", "online")
	descRegister   = desc("sip_register_requests_total", "Requests that the registrar decided about.", "result")
	descLocks      = desc("sip_register_locks_total", "Sources and users that were locked out after wrong passwords.")
	registerLabels = []string{"accepted", "challenged", "denied", "locked-out", "refused"}
)

func (o collection) devices(list []Device) {
	n := map[[2]string]int{}
	for _, p := range []string{"sip", "h323"} {
		for _, online := range []string{"true", "false"} {
			n[[2]string{p, online}] = 0 // a series that comes and goes is hard to alert on
		}
	}
	for i := range list {
		n[[2]string{list[i].Protocol, strconv.FormatBool(list[i].Online)}]++
	}
	for k, count := range n {
		o.gauge(descDevices, count, k[:]...)
	}
}

func (o collection) registrar(r Registrar) {
	if !r.Serves {
		return
	}
	for i, n := range []uint64{r.Accepted, r.Challenged, r.Denied, r.LockedOut, r.Refused} {
		o.counter(descRegister, n, registerLabels[i])
	}
	o.counter(descLocks, r.Locks)
}

func (o collection) doors(d Doors) {
	o.counter(descPINs, d.Passed, "right")
	o.counter(descPINs, d.Wrong, "wrong")
	o.counter(descPINs, d.Unlooked, "not-looked-at")
	o.counter(descPINLocks, d.Locks)
}

package h323

import (
	"net"
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/front"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// h245Transport is how a leg's H.245 travels: within call signalling (H.323 8.2.1),
// or on a TCP connection of its own, which either end may open.
type h245Transport struct {
	offered     bool // our messages say that we tunnel
	tunnel      bool // the far end does, too
	inFacility  bool // it sends Facility with a body for it, not the empty one, or needs it
	started     bool // capabilities are out
	established bool
	waiting     []per.Octets // goes into the next message
	early       []per.Octets // came before the call had its media

	sep       *conn                                  // the connection, when there is one
	rival     *conn                                  // theirs, while ours is being made
	unheard   []*h245.MultimediaSystemControlMessage // what it said so far
	strangers map[*conn]struct{}                     // accepted from elsewhere, and silent so far
	listener  net.Listener
	told      netip.AddrPort // where we wait
	theirs    netip.AddrPort // where they do
	dialling  bool
	patience  *front.Alarm
}

// maxEarly bounds what is held of a far end's H.245: of a caller's, until the call has
// its media, and of a rival connection's.
const maxEarly = 32

func (t *h245Transport) hold(list []per.Octets) {
	t.early = append(t.early, list[:min(len(list), maxEarly-len(t.early))]...)
}

// offers tells whether a message says that we tunnel: not once H.245 has a connection
// (H.323 8.2.3).
func (t *h245Transport) offers() bool { return t.offered && t.sep == nil }

func (t *h245Transport) takeWaiting() []per.Octets {
	w := t.waiting
	t.waiting = nil
	return w
}

// leave ends everything but what is on its way.
func (t *h245Transport) leave() {
	if t.listener != nil {
		_ = t.listener.Close()
	}
	for s := range t.strangers {
		s.close()
	}
	for _, s := range []*conn{t.sep, t.rival} {
		if s != nil {
			s.finish()
		}
	}
}

// startControl has H.245 begin: there is a way for it.
func (l *leg) startControl() {
	if l.h245.started || l.ctl == nil {
		return
	}
	l.h245.started = true
	how := "connection"
	if l.h245.sep == nil {
		how = "tunnel"
	}
	l.e.stats.control(how)
	l.ctl.Start(time.Now())
}

// collect encodes what H.245 has to say, and sends it where it has a connection.
func (l *leg) collect() {
	for _, m := range l.ctl.Output() {
		b, err := per.Marshal(m)
		if err != nil {
			l.log.Error("h323: H.245 message not encoded", "message", controlName(m), "error", err)
			continue
		}
		l.traceControl("sent", m)
		switch {
		case l.h245.sep != nil:
			_ = l.h245.sep.write(b) // its reader tells of the end
		case l.h245.tunnel:
			l.h245.waiting = append(l.h245.waiting, b)
		}
	}
}

// maxTunnelled is how much H.245 goes into one message, bytes.
const maxTunnelled = 8 << 10

// pump sends what H.245 has to say.
func (l *leg) pump() {
	l.collect()
	all := l.h245.takeWaiting()
	for len(all) > 0 {
		n, size := 0, 0
		for n < len(all) && (n == 0 || size+len(all[n]) <= maxTunnelled) {
			size += len(all[n])
			n++
		}
		l.h245.waiting, all = all[:n:n], all[n:]
		if l.sendTunnelled() != nil {
			return // the reader tells
		}
	}
}

// tunnelled takes H.245 that came in a call signalling message.
func (l *leg) tunnelled(list []per.Octets) {
	if len(list) == 0 || l.ctl == nil || !l.h245.tunnel {
		return
	}
	l.fastOver() // H.323 8.1.7.2: whoever begins H.245 does without fast connect
	l.startControl()
	for _, b := range list {
		m := new(h245.MultimediaSystemControlMessage)
		if err := per.Unmarshal(b, m); err != nil {
			l.e.unreadable(l.sig, err)
			continue
		}
		l.traceControl("received", m)
		l.ctl.Receive(time.Now(), m)
	}
}

func (e *Endpoint) unreadable(s *conn, err error) {
	e.stats.parseError()
	e.log.Debug("h323: unreadable message", "remote", s.remote.String(), "error", err)
}

// awaitControl gives the far end its time to agree on media.
func (l *leg) awaitControl() {
	if l.h245.established {
		return
	}
	l.h245.patience = l.alarms.After(l.e.cfg.ControlTimeout, func() {
		l.hangup(bridge.CauseMedia, "the terminal agreed on no media in time")
	})
}

// expectControl has H.245 get its own connection when we answer: to where the caller
// waits, else to where we do, which our answer tells.
func (l *leg) expectControl(theirs *h225.TransportAddress) *h225.TransportAddress {
	if theirs != nil && l.dialControl(theirs) {
		return nil
	}
	return l.listenControl()
}

// inviteControl asks the far end to open H.245's connection (H.323 8.2.3), for those
// that tell no address of theirs: Scopia VC240 waits for this.
func (l *leg) inviteControl() {
	if l.h245.sep != nil || l.h245.dialling {
		return
	}
	if at := l.listenControl(); at != nil {
		_ = l.sendFacility(h225.FacilityUUIE{Reason: h225.FacilityReason{StartH245: true}, H245Address: at, ConferenceID: l.id.conference})
	}
}

package h323

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// sinkConn takes what is written, and checks that it is TPKTs of messages that can be
// read.
type sinkConn struct {
	net.Conn
	t       *testing.T
	control bool // of H.245
}

func (c *sinkConn) Write(b []byte) (int, error) {
	content, err := wire.NewReader(bytes.NewReader(b)).Next()
	if err != nil {
		c.t.Fatalf("we wrote %x: %v", b, err)
	}
	if c.control {
		if err := per.Unmarshal(content, new(h245.MultimediaSystemControlMessage)); err != nil {
			c.t.Fatalf("we wrote H.245 %x: %v", content, err)
		}
		return len(b), nil
	}
	m, err := parseMessage(content)
	if err != nil || m.uiErr != nil {
		c.t.Fatalf("we wrote %x: %v", content, err)
	}
	for _, p := range m.ui.H323UUPDU.H245Control {
		if err := per.Unmarshal(p, new(h245.MultimediaSystemControlMessage)); err != nil {
			c.t.Fatalf("we tunnelled %x: %v", p, err)
		}
	}
	return len(b), nil
}

func (c *sinkConn) Read([]byte) (int, error)        { return 0, net.ErrClosed }
func (c *sinkConn) Close() error                    { return nil }
func (c *sinkConn) SetReadDeadline(time.Time) error { return nil }
func (c *sinkConn) SetWriteDeadline(time.Time) error {
	return nil
}

func (c *sinkConn) LocalAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:1720"))
}

func (c *sinkConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:33000"))
}

// fuzzLeg is a leg without its goroutine. flags choose what kind of call it is in.
func fuzzLeg(t *testing.T, flags byte) *leg {
	cfg := Config{NoTunnelling: flags&1 != 0}
	if flags&2 != 0 {
		cfg.FastConnect = FastConnectOffer
	}
	e := newEndpoint(cfg, newFakeBoard())
	e.dial = func(context.Context, netip.AddrPort) (net.Conn, error) { return nil, errors.New("nobody there") }
	l := newLeg(e, newConn(&sinkConn{t: t}, true, time.Time{}, time.Second), identity{
		reference: 77, answer: flags&4 == 0, call: testCallID, conference: testCallID,
	})
	l.call = &fakeCall{board: newFakeBoard()}
	l.h245.offered = !cfg.NoTunnelling
	if flags&4 != 0 {
		l.state, l.out = stateCalling, &placing{to: aliases("1001"), from: aliases("Phòng"), name: "A", result: make(chan error, 1)}
		l.place()
		return l
	}
	l.in = (&peer{ref: 77}).setup("1001", nil)
	l.h245.tunnel = l.h245.offered
	if flags&8 != 0 {
		return l // the core still thinks
	}
	l.routed(l.call, nil, nil)
	l.settle()
	return l
}

// Whatever comes on the connections of a call, in whatever state, nothing breaks, and
// what we say to it can be read.
func FuzzLeg(f *testing.F) {
	p := &peer{ref: 77}
	packet := func(list ...*message) (stream []byte) {
		for _, m := range list {
			b, err := m.encode()
			if err != nil {
				f.Fatal(err)
			}
			if stream, err = wire.AppendPacket(stream, b); err != nil {
				f.Fatal(err)
			}
		}
		return stream
	}
	o := &outgoing{peer: p, setup: p.setup("1", nil)}
	facility := p.message(wire.Facility, h225.MessageBody{Facility: &h225.FacilityUUIE{
		ProtocolIdentifier: "0.0.8.2250.0.4", Reason: h225.FacilityReason{StartH245: true},
		H245Address: h225.NewTransportAddress(netip.MustParseAddrPort("127.0.0.1:3000")),
	}})
	keypad := p.message(wire.Information, h225.MessageBody{Information: &h225.InformationUUIE{ProtocolIdentifier: "0.0.8.2250.0.4"}})
	keypad.q.Add(wire.Keypad, []byte("1#"))
	for flags := range byte(16) {
		f.Add(flags, packet(o.proceeding(), o.alerting(), o.connect(), tunnel(f, facility, roundTrip(1), endSession)))
		f.Add(flags, packet(keypad, p.setup("1002", nil), p.message(wire.StatusInquiry, *emptyBody()), p.message(wire.ReleaseComplete, *emptyBody())))
	}
	f.Fuzz(func(t *testing.T, flags byte, stream []byte) {
		l := fuzzLeg(t, flags)
		defer l.leave()
		r := wire.NewReader(bytes.NewReader(stream))
		for {
			b, err := r.Next()
			if err != nil {
				break
			}
			if flags&16 != 0 && l.ctl != nil { // on H.245's own connection
				if l.h245.sep == nil {
					l.adopt(newConn(&sinkConn{t: t, control: true}, true, time.Time{}, time.Second))
				}
				m := new(h245.MultimediaSystemControlMessage)
				if per.Unmarshal(b, m) == nil {
					l.heard(l.h245.sep, m)
				}
			} else if m, err := parseMessage(b); err == nil {
				l.received(m)
			}
			l.settle()
			if l.state == stateGone && !l.ended {
				t.Fatal("gone, and the core was not told")
			}
		}
		l.Hangup(bridge.CauseNormal, "")
		l.hangup(bridge.CauseNormal, "the end of the test")
		l.leave()
		l.e.running.Wait()
	})
}

// Whatever a Setup says, what is kept of it is bounded and fit to be shown.
func FuzzSetup(f *testing.F) {
	p := &peer{ref: 77}
	for _, m := range []*message{
		p.setup("10.0.0.5##1001##99", nil),
		p.setup("Phòng", func(m *message, s *h225.SetupUUIE) {
			s.DestCallSignalAddress = h225.NewTransportAddress(netip.MustParseAddrPort("10.0.0.5:1720"))
			s.SourceAddress = append(aliases("Phòng"), aliases("77")...)
			s.SourceInfo.Vendor = &h225.VendorIdentifier{ProductId: []byte("HDX\x00"), VersionId: []byte("3.1")}
			m.q.Add(wire.Display, []byte("Caf\xe9"))
			m.q.Add(wire.CalledPartyNumber, wire.Number{Digits: "1001"}.Called())
			m.q.Add(wire.CallingPartyNumber, wire.Number{Digits: "77"}.Calling())
		}),
	} {
		b, err := m.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	e := newEndpoint(Config{Rate: -1}, newFakeBoard())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMessage(b)
		if err != nil {
			return
		}
		s := newConn(&sinkConn{t: t}, true, time.Time{}, time.Second)
		setup := m.body().Setup
		if o, why := e.unfit(s, m); why != "" {
			e.refuse(s, m, o, why)
			return
		}
		if setup == nil {
			return
		}
		d, c := dialledIn(m.q, setup), callerOf(m.q, setup, s.remote)
		for _, text := range []string{d.number, d.pin, c.Alias, c.Name, c.Device} {
			if len(text) > maxNumber || !utf8.ValidString(text) || clean(text, maxNumber) != text {
				t.Fatalf("%q of %+v", text, setup)
			}
		}
		e.reply(s, nullStatus(m))
	})
}

package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/siptest"
)

// bubble runs a test in virtual time with an answered call over UDP in memory.
func bubble(t *testing.T, extra string, f func(t *testing.T, c *siptest.Call, call *fakeCall, e *Endpoint)) {
	synctest.Test(t, func(t *testing.T) {
		b := newFakeBoard()
		e, p := virtual(t, b, nil)
		c := p.NewCall("sip:1001@127.0.0.1")
		c.Invite(extra)
		call := b.call(t)
		call.untilConnected(t)
		f(t, c, call, e)
	})
}

// patiently gives the next message within d of virtual time.
func patiently(t *testing.T, p *siptest.Peer, d time.Duration, what string) *siptest.Message {
	t.Helper()
	m := p.Next(d)
	if m == nil {
		t.Fatalf("no %s within %v", what, d)
	}
	if f := strings.Fields(m.First); f[0] != what && f[1] != what {
		t.Fatalf("expected %s, got:\n%s", what, m.Raw)
	}
	return m
}

func TestLostAck(t *testing.T) {
	for _, x := range []struct {
		name  string
		media bool
	}{{"media keeps the call", true}, {"no media ends it", false}} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newFakeBoard()
				_, p := virtual(t, b, nil)
				c := p.NewCall("sip:1001@127.0.0.1")
				c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
				start := time.Now()
				c.Learn(c.Expect("200"))
				call := b.call(t)
				if x.media {
					time.Sleep(time.Millisecond)
					call.note(func() { call.seen = time.Now() })
				}
				n, last := 0, start
				var m *siptest.Message
				for m = c.Next(40 * time.Second); m != nil && m.Status() == 200; m = c.Next(40 * time.Second) {
					n, last = n+1, time.Now()
				}
				// 0.5, 1.5, 3.5, 7.5, then every 4 s until 32 s (RFC 3261 13.3.1.4).
				if n != 10 || last.Sub(start).Round(time.Second) != 32*time.Second && last.Sub(start).Round(time.Second) != 31*time.Second+500*time.Millisecond {
					t.Errorf("%d repetitions, the last after %v", n, last.Sub(start))
				}
				if x.media {
					if m != nil {
						t.Fatalf("unexpected:\n%s", m.Raw)
					}
					c.Hangup()
					call.untilEnded(t, bridge.CauseNormal)
					return
				}
				if m == nil || m.Method() != "BYE" {
					t.Fatalf("no BYE: %v", m)
				}
				c.Write(m.Reply(200, "OK", "", "", ""))
				call.untilEnded(t, bridge.CauseSignalling)
			})
		})
	}
}

func TestDeadTerminal(t *testing.T) {
	bubble(t, "", func(t *testing.T, c *siptest.Call, call *fakeCall, e *Endpoint) {
		start := time.Now()
		call.leg.Hangup(bridge.CauseRemoved, "")
		call.untilEnded(t, bridge.CauseRemoved)
		if d := time.Since(start); d > time.Second {
			t.Errorf("the core waited %v", d)
		}
		for m := c.Next(time.Minute); m != nil; m = c.Next(time.Minute) {
			if m.Method() != "BYE" {
				t.Fatalf("unexpected:\n%s", m.Raw)
			}
		}
		if s := e.Stats(); s.Dialogs != 0 || s.Retransmissions < 5 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestSessionTimerTheirs(t *testing.T) {
	for _, x := range []struct {
		name  string
		media bool
	}{{"media keeps the call", true}, {"without media it ends", false}} {
		t.Run(x.name, func(t *testing.T) {
			bubble(t, "Supported: timer\nSession-Expires: 900;refresher=uac", func(t *testing.T, c *siptest.Call, call *fakeCall, _ *Endpoint) {
				c.Silence(800 * time.Second)
				c.Send("UPDATE", "Supported: timer\nSession-Expires: 900;refresher=uac", "")
				patiently(t, c.Peer, time.Second, "200")
				start := time.Now()
				if x.media {
					stop := time.AfterFunc(0, func() {
						for range 250 {
							call.note(func() { call.seen = time.Now() })
							time.Sleep(10 * time.Second)
						}
					})
					defer stop.Stop()
					c.Silence(2000 * time.Second)
					bye := patiently(t, c.Peer, 1000*time.Second, "BYE") // the media stopped, too
					c.Write(bye.Reply(200, "OK", "", "", ""))
					call.untilEnded(t, bridge.CauseSignalling)
					return
				}
				bye := patiently(t, c.Peer, 900*time.Second, "BYE")
				if d := time.Since(start).Round(time.Second); d != 868*time.Second {
					t.Errorf("ended after %v", d)
				}
				c.Write(bye.Reply(200, "OK", "", "", ""))
				call.untilEnded(t, bridge.CauseSignalling)
			})
		})
	}
}

func TestSessionTimerOurs(t *testing.T) {
	bubble(t, "Allow: INVITE, UPDATE\nSupported: timer\nSession-Expires: 1800;refresher=uas", func(t *testing.T, c *siptest.Call, call *fakeCall, _ *Endpoint) {
		for range 2 {
			start := time.Now()
			up := patiently(t, c.Peer, time.Hour, "UPDATE")
			if d := time.Since(start).Round(time.Second); d != 900*time.Second {
				t.Errorf("refreshed after %v", d)
			}
			if up.Body != "" || up.Get("session-expires") != "1800;refresher=uac" {
				t.Errorf("odd refresh:\n%s", up.Raw)
			}
			c.Write(up.Reply(200, "OK", "", "Session-Expires: 1800;refresher=uac\nRequire: timer", ""))
		}
		// The far end forgets UPDATE: we refresh by re-INVITE.
		up := patiently(t, c.Peer, time.Hour, "UPDATE")
		c.Write(up.Reply(501, "Not Implemented", "", "", ""))
		re := patiently(t, c.Peer, time.Second, "INVITE")
		if !strings.Contains(re.Body, "m=video 30002") {
			t.Errorf("no full offer:\n%s", re.Raw)
		}
		c.Write(re.Reply(422, "Session Interval Too Small", "", "Min-SE: 3600", ""))
		patiently(t, c.Peer, time.Second, "ACK")
		re = patiently(t, c.Peer, time.Second, "INVITE")
		if re.Get("session-expires") != "3600;refresher=uac" || re.Get("min-se") != "3600" {
			t.Errorf("not raised:\n%s", re.Raw)
		}
		c.Write(re.Reply(200, "OK", "", "Contact: <sip:new@127.0.0.1:7060>\nContent-Type: application/sdp\nSession-Expires: 3600;refresher=uac", answerTo(re.Body)))
		ack := patiently(t, c.Peer, time.Second, "ACK")
		if !strings.Contains(ack.First, "sip:new@") {
			t.Errorf("the target was not refreshed: %s", ack.First)
		}
		// Nobody answers the next one, and no media comes.
		patiently(t, c.Peer, time.Hour, "INVITE")
		for m := c.Next(time.Minute); ; m = c.Next(time.Minute) {
			if m == nil {
				t.Fatal("no BYE")
			}
			if m.Method() == "BYE" {
				c.Write(m.Reply(200, "OK", "", "", ""))
				break
			}
		}
		call.untilEnded(t, bridge.CauseSignalling)
	})
}

func TestRefreshMeets481(t *testing.T) {
	bubble(t, "Allow: UPDATE\nSupported: timer\nSession-Expires: 1800;refresher=uas", func(t *testing.T, c *siptest.Call, call *fakeCall, _ *Endpoint) {
		call.note(func() { call.seen = time.Now().Add(time.Hour) })
		up := patiently(t, c.Peer, time.Hour, "UPDATE")
		c.Write(up.Reply(481, "Call/Transaction Does Not Exist", "", "", ""))
		c.Write(patiently(t, c.Peer, time.Second, "BYE").Reply(481, "Gone", "", "", ""))
		call.untilEnded(t, bridge.CauseSignalling)
	})
}

// TestGlareRefused: 491 to our re-INVITE, which comes again after the time of
// RFC 3261 14.1. We do not own the Call-ID: 0 to 2 s.
func TestGlareRefused(t *testing.T) {
	bubble(t, "Supported: timer\nSession-Expires: 1800;refresher=uas", func(t *testing.T, c *siptest.Call, call *fakeCall, _ *Endpoint) {
		re := patiently(t, c.Peer, time.Hour, "INVITE")
		applied := get(call, func() int { return len(call.applied) })
		c.Write(re.Reply(491, "Request Pending", "", "", ""))
		start := time.Now()
		patiently(t, c.Peer, time.Second, "ACK")
		if get(call, func() int { return len(call.applied) }) != applied {
			t.Error("a refused offer changed the media")
		}
		re = patiently(t, c.Peer, 3*time.Second, "INVITE")
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("again after %v", d)
		}
		c.Write(re.Reply(200, "OK", "", "Contact: <sip:room7@127.0.0.1:7060>\nContent-Type: application/sdp\nSession-Expires: 1800;refresher=uac", answerTo(re.Body)))
		patiently(t, c.Peer, time.Second, "ACK")
		c.Hangup()
	})
}

// TestGlareYield: the terminal re-INVITEs while ours is on its way. Its offer
// is answered at once, ours is given up and made again later; neither the
// answer to the abandoned one nor the ACK to a 491 reaches the media.
func TestGlareYield(t *testing.T) {
	for _, answer := range []int{491, 200} {
		bubble(t, "Supported: timer\nSession-Expires: 1800;refresher=uas", func(t *testing.T, c *siptest.Call, call *fakeCall, _ *Endpoint) {
			ours := patiently(t, c.Peer, time.Hour, "INVITE")
			c.Send("INVITE", "Supported: timer\nSession-Expires: 1800;refresher=uas", siptest.SDP(2, "sendonly"))
			patiently(t, c.Peer, time.Second, "100")
			ok := patiently(t, c.Peer, time.Second, "200")
			if !strings.Contains(ok.Body, "a=recvonly") {
				t.Errorf("odd answer:\n%s", ok.Body)
			}
			c.Send("ACK", "", "")
			applied := get(call, func() int { return len(call.applied) })
			c.Write(ours.Reply(answer, "Whatever", "", "Contact: <sip:room7@127.0.0.1:7060>\nContent-Type: application/sdp", answerTo(ours.Body)))
			patiently(t, c.Peer, time.Second, "ACK")
			synctest.Wait()
			if get(call, func() int { return len(call.applied) }) != applied {
				t.Error("the answer to an abandoned offer changed the media")
			}
			again := patiently(t, c.Peer, 5*time.Second, "INVITE")
			c.Write(again.Reply(200, "OK", "", "Contact: <sip:room7@127.0.0.1:7060>\nContent-Type: application/sdp\nSession-Expires: 1800;refresher=uac", answerTo(again.Body)))
			patiently(t, c.Peer, time.Second, "ACK")
			synctest.Wait()
			if get(call, func() int { return len(call.applied) }) != applied+1 {
				t.Error("our offer was not made again")
			}
			c.Hangup()
		})
	}
}

func TestMissingPrack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFakeBoard()
		_, p := virtual(t, b, nil)
		c := p.NewCall("sip:1001@127.0.0.1")
		c.Send("INVITE", "Require: 100rel", siptest.SDP(1, "sendrecv"))
		n := 0
		var m *siptest.Message
		for m = c.Expect("183"); m != nil && m.Status() == 183; m = c.Next(time.Minute) {
			n++
		}
		if m == nil || m.Status() != 504 || n != 7 {
			t.Errorf("after %d repetitions: %v", n, m)
		}
		c.RemoteTag = m.Param("to", "tag")
		c.Write(c.Again("ACK", "", ""))
		b.call(t).untilEnded(t, bridge.CauseProtocol)
	})
}

func TestInviteAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFakeBoard()
		b.hold = make(chan struct{})
		_, p := virtual(t, b, nil)
		c := p.NewCall("sip:1001@127.0.0.1")
		invite := c.Request("INVITE", "", siptest.SDP(1, "sendrecv"))
		c.Write(invite)
		c.Expect("100")
		c.Write(invite) // the same again: the last answer, and no second call
		c.Expect("100")
		close(b.hold)
		ok := c.Expect("200")
		c.Write(invite)
		c.Learn(ok)
		c.Send("ACK", "", "")
		b.call(t).untilConnected(t)
		if len(b.calls) != 0 {
			t.Error("a repetition made a second call")
		}
		c.Hangup()
	})
}

// TestShutdown: every terminal is told, and Serve does not wait for the dead.
func TestShutdown(t *testing.T) {
	bubble(t, "", func(t *testing.T, c *siptest.Call, call *fakeCall, e *Endpoint) {
		go func() {
			bye := c.Next(5 * time.Second)
			if bye == nil || bye.Method() != "BYE" {
				t.Error("no goodbye")
			}
			d := c.Peer.NewCall("sip:1002@127.0.0.1")
			d.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
			for m := d.Next(5 * time.Second); m != nil; m = d.Next(5 * time.Second) {
				if m.Status() == 503 && m.Get("retry-after") != "" {
					return
				}
			}
			t.Error("a new call was not refused")
		}()
		start := time.Now()
		e.goodbye()
		if d := time.Since(start); d > e.cfg.Goodbye {
			t.Errorf("waited %v", d)
		}
		call.untilEnded(t, bridge.CauseShutdown)
		time.Sleep(2 * time.Second)
		// Serve says goodbye once more when the test ends; make that harmless.
		e.mu.Lock()
		e.empty = make(chan struct{})
		e.mu.Unlock()
	})
}

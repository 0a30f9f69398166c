package control

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

const silent = "media-timeout: the far end had no channel to us for too long"

// lasts checks when a session fails.
func (l *lone) lasts(what string, d time.Duration, failure string) {
	l.t.Helper()
	if l.wait(d - time.Millisecond); l.failed != "" {
		l.t.Errorf("%s: failed too early: %s", what, l.failed)
	}
	l.wait(time.Millisecond)
	equal(l.t, what, l.failed, failure)
}

// Proposals that nobody answers are no media.
func TestNothingAnswered(t *testing.T) {
	l := newLone(t, nil)
	l.only(l.settle(receives(alaw())))
	l.lasts("no answer", 2*tMedia, "media: no answer to openLogicalChannel")
}

// A far end that takes ours and opens none would be sent to without end.
func TestNothingOpened(t *testing.T) {
	for _, x := range []struct{ timeout, want time.Duration }{
		{0, time.Minute},
		{20 * time.Second, 20 * time.Second},
		{5 * time.Second, t103}, // channels take their time
	} {
		l := newLone(t, func(c *Config) { c.MediaTimeout = x.timeout })
		o := l.only(l.settle(receives(alaw())))
		l.ack(o.ForwardLogicalChannelNumber, 7000)
		l.lasts(x.timeout.String(), x.want, silent)
	}
}

func TestEverythingClosed(t *testing.T) {
	l, _, _ := talk(t, nil)
	l.wait(time.Hour)
	l.request(closes(2))
	l.wait(time.Hour) // of their camera alone
	l.request(closes(1))
	l.wait(59 * time.Second)
	equal(t, "opened again", l.answerTo(channel(3, 1, audioData(alaw()))), "ack")
	l.wait(time.Hour)
	l.request(closes(3))
	l.lasts("closed", time.Minute, silent)
}

// Fast connect that brought sound towards the far end only.
func TestFastNothingOpened(t *testing.T) {
	l := newLone(t, func(c *Config) { c.Caller = true })
	for _, o := range sameOnTheWire(t, l.FastOffer()) {
		if c, _ := readFast(o); !c.reverse && c.data.AudioData != nil {
			c.p.MediaChannel = address(7000)
			if err := l.FastAnswered(l.now, []*h245.OpenLogicalChannel{o}); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	equal(t, "sound", l.stream(media.Audio).Direction, media.Send)
	l.lasts("one way", time.Minute, silent)
}

// On hold nothing need come, for an hour; a second empty set does not prolong it. When it
// ends channels have their time again.
func TestHoldIsBounded(t *testing.T) {
	held := func() *lone {
		l, _, _ := talk(t, nil)
		empty := offer(&h245.TerminalCapabilitySet{SequenceNumber: 2, ProtocolIdentifier: h245.Version})
		l.request(closes(1))
		l.request(closes(2))
		l.request(empty)
		l.wait(tHold / 2)
		l.request(empty)
		return l
	}
	held().lasts("on hold", tHold/2, "media-timeout: on hold for too long")

	l := held()
	l.request(offer(set(3, receives(alaw()))))
	l.respond(capsAck(2))
	l.ack(l.only(l.respond(decision(true))).ForwardLogicalChannelNumber, 7000)
	l.lasts("held no more", time.Minute, silent)

	l, _, _ = talk(t, nil) // what still comes then is not watched by the relay
	l.request(offer(&h245.TerminalCapabilitySet{SequenceNumber: 2, ProtocolIdentifier: h245.Version}))
	l.lasts("on hold and sending", tHold, "media-timeout: on hold for too long")
}

// Our own hold is not the far end's silence.
func TestOwnHold(t *testing.T) {
	l, _, _ := talk(t, nil)
	l.Hold(l.now, true)
	l.request(closes(1))
	l.request(closes(2))
	l.respond(capsAck(2))
	l.wait(2 * time.Hour)
	equal(t, "failure", l.failed, "")
	l.Hold(l.now, false)
	l.respond(capsAck(3))
	l.lasts("held no more", time.Minute, silent)
}

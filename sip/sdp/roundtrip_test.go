package sdp

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

// farEnd is a second gateway on other ports.
func farEnd(change func(*Local)) *State {
	return with(func(l *Local) {
		l.Address, l.SessionID = netip.MustParseAddr("127.0.0.2"), 9
		l.Streams[0].Port, l.Streams[0].RTCPPort = 6000, 6001
		l.Streams[1].Port, l.Streams[1].RTCPPort = 6002, 6003
		keys := l.Keys
		l.Keys = func(s media.Suite) (media.Key, error) {
			k, err := keys(s)
			k[0] |= 0x80 // never one of the other end's
			return k, err
		}
		if change != nil {
			change(l)
		}
	})
}

// exchange runs one offer and answer and compares what both ends made of it.
func exchange(t *testing.T, from, to *State) (media.Session, media.Session) {
	t.Helper()
	offer := mustOffer(t, from)
	body, far, err := to.Answer(mustParse(t, []byte(offer)))
	if err != nil {
		t.Fatalf("answer: %v\n%s", err, offer)
	}
	near, err := from.ApplyAnswer(mustParse(t, body))
	if err != nil {
		t.Fatalf("apply: %v\n%s", err, body)
	}
	for i := range near.Streams {
		matches(t, near.Streams[i], far.Streams[i])
		matches(t, far.Streams[i], near.Streams[i])
	}
	if t.Failed() {
		t.Logf("offer\n%s\nanswer\n%s", offer, body)
	}
	return near, far
}

// matches checks that what a sends is what b awaits.
func matches(t *testing.T, a, b media.Stream) {
	t.Helper()
	if a.Direction != b.Direction.Reverse() || a.Held != b.Held && a.Direction == media.SendRecv {
		t.Errorf("%s: %s and %s", a.Kind, a.Direction, b.Direction)
	}
	if (a.Send.Codec == "") != (b.Send.Codec == "") {
		t.Fatalf("%s: one end only", a.Kind)
	}
	if a.Send.Codec == "" {
		return
	}
	found := false
	for _, f := range b.Recv {
		found = found || f.PT == a.Send.PT && f.Matches(a.Send)
	}
	if !found {
		t.Errorf("%s: %d %s is not awaited in %+v", a.Kind, a.Send.PT, a.Send.Codec, b.Recv)
	}
	if a.SendDTMF != b.RecvDTMF || a.DTMFClock != b.DTMFClock {
		t.Errorf("events %d and %d", a.SendDTMF, b.RecvDTMF)
	}
	if b.RecvBitrate > 0 && a.SendBitrate > b.RecvBitrate {
		t.Errorf("%s: sends %d, awaits %d", a.Kind, a.SendBitrate, b.RecvBitrate)
	}
	if a.Mux != b.Mux || a.Feedback != b.Feedback {
		t.Errorf("%s: mux %v and %v, feedback %b and %b", a.Kind, a.Mux, b.Mux, a.Feedback, b.Feedback)
	}
	x, y := a.Security, b.Security
	if x.Keying != y.Keying || x.Suite != y.Suite || !bytes.Equal(x.LocalKey, y.RemoteKey) {
		t.Errorf("%s: keys differ: %+v and %+v", a.Kind, x, y)
	}
	if x.Keying == media.DTLS && x.DTLSClient == y.DTLSClient {
		t.Errorf("%s: both ends in one role", a.Kind)
	}
	if x.Keying == media.SDES && bytes.Equal(x.LocalKey, x.RemoteKey) {
		t.Errorf("%s: one key both ways", a.Kind)
	}
}

var variants = map[string]func(*Local){
	"usual":         nil,
	"off":           policy(media.EncryptionOff),
	"require":       policy(media.EncryptionRequire),
	"DTLS":          func(l *Local) { l.Caps.Suites = nil },
	"DTLS required": func(l *Local) { l.Caps.Suites, l.Caps.Encryption = nil, media.EncryptionRequire },
	"GCM":           func(l *Local) { l.Caps.Suites = []media.Suite{media.AEADGCM256, media.AESCM80} },
	"mode 0":        func(l *Local) { l.Caps.Video = []media.Format{cb(0)} },
	"high, VP8":     func(l *Local) { l.Caps.Video = []media.Format{high(1), vp8} },
	"narrow":        func(l *Local) { l.Caps.Audio, l.Caps.RecvBitrate = []media.Format{pcma, event}, 512_000 },
	"hears only":    func(l *Local) { l.Streams[0].Direction, l.Streams[1].Direction = media.Recv, media.Recv },
	"sound only":    func(l *Local) { l.Streams[1].Port = 0 },
	"no feedback":   func(l *Local) { l.Caps.Feedback = 0 },
	"odd RTCP port": func(l *Local) { l.Streams[0].RTCPPort = 9999 },
	"small":         func(l *Local) { l.MTU = 600 },
}

func TestRoundTrip(t *testing.T) {
	for a, one := range variants {
		for b, two := range variants {
			t.Run(fmt.Sprintf("%s with %s", a, b), func(t *testing.T) {
				from, to := with(one), farEnd(two)
				offer := mustParse(t, []byte(mustOffer(t, from)))
				if _, _, err := to.clone().Answer(offer); err != nil {
					if _, ok := err.(*Mismatch); !ok {
						t.Fatal(err)
					}
					return // nothing in common, and it says so
				}
				near, far := exchange(t, from, to)
				// Later exchanges either way change nothing.
				near2, far2 := exchange(t, from, to)
				for i := range near.Streams {
					sameStream(t, near.Streams[i], near2.Streams[i])
					sameStream(t, far.Streams[i], far2.Streams[i])
				}
				exchange(t, to, from)
				exchange(t, from, to)
			})
		}
	}
}

func sameStream(t *testing.T, a, b media.Stream) {
	t.Helper()
	if a.Send != b.Send || a.Remote != b.Remote || a.Direction != b.Direction || !bytes.Equal(a.Security.LocalKey, b.Security.LocalKey) ||
		a.Security.DTLSClient != b.Security.DTLSClient {
		t.Errorf("%+v\nbecame\n%+v", a, b)
	}
}

func TestGlare(t *testing.T) {
	from, to := with(nil), farEnd(nil)
	exchange(t, from, to)
	mustOffer(t, from)
	theirs := mustOffer(t, to)
	from.Rollback() // we yield
	body, _, err := from.Answer(mustParse(t, []byte(theirs)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.ApplyAnswer(mustParse(t, body)); err != nil {
		t.Fatal(err)
	}
	exchange(t, from, to)
}

func TestRestartBothWays(t *testing.T) {
	from, to := with(nil), farEnd(nil)
	before, _ := exchange(t, from, to)
	from.Restart()
	after, _ := exchange(t, from, to)
	x, y := before.Streams[0].Security, after.Streams[0].Security
	if bytes.Equal(x.LocalKey, y.LocalKey) || bytes.Equal(x.RemoteKey, y.RemoteKey) {
		t.Error("a key outlived the change")
	}
}

func TestHoldAndResume(t *testing.T) {
	from, to := with(nil), farEnd(nil)
	before, _ := exchange(t, from, to)
	for _, step := range []struct {
		want, seen media.Direction
		held       bool
	}{
		{media.Send, media.Recv, true},
		{media.Inactive, media.Inactive, true},
		{media.SendRecv, media.SendRecv, false},
	} {
		from.SetDirection(0, step.want)
		near, far := exchange(t, from, to)
		if far.Streams[0].Direction != step.seen || far.Streams[0].Held != step.held || near.Streams[0].Held {
			t.Errorf("%s: %+v", step.want, far.Streams[0])
		}
		if !bytes.Equal(near.Streams[0].Security.LocalKey, before.Streams[0].Security.LocalKey) {
			t.Error("hold changed the key")
		}
	}
}

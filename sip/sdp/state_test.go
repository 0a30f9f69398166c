package sdp

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge/media"
)

var compareSessions = cmp.Options{
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmp.Comparer(func(a, b media.Key) bool { return bytes.Equal(a, b) }),
}

func TestSameOfferSameAnswer(t *testing.T) {
	for name, body := range everything(t) {
		s := with(dualStack)
		first, one, err := s.Answer(mustParse(t, body))
		if err != nil {
			continue
		}
		second, two, err := s.Answer(mustParse(t, body))
		if err != nil || string(first) != string(second) {
			t.Errorf("%s: %v\n%s\nthen\n%s", name, err, first, second)
		}
		if d := cmp.Diff(one, two, compareSessions); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func version(body string) string { return strings.Fields(body)[3] }

const plainOffer = `
m=audio 5000 RTP/AVP 9 0 101
a=rtpmap:101 telephone-event/8000
m=video 5002 RTP/AVP 97 126
a=rtpmap:97 H264/90000
a=fmtp:97 profile-level-id=42801f
a=rtpmap:126 H264/90000
a=fmtp:126 profile-level-id=42801f;packetization-mode=1
`

func TestVersionRisesWithChangesOnly(t *testing.T) {
	s := with(nil)
	steps := []struct {
		offer, version string
	}{
		{plainOffer, "1"},
		{plainOffer, "1"},
		{strings.Replace(plainOffer, "a=rtpmap:97", "a=sendonly\na=rtpmap:97", 1), "2"},
		{plainOffer, "3"},
		{strings.Replace(plainOffer, "5002", "5012", 1), "3"}, // their port is not in our answer
		{strings.Replace(plainOffer, "video 5002", "video 0", 1), "4"},
	}
	for i, step := range steps {
		out, _ := answer(t, s, offerOf(step.offer))
		if got := version(out); got != step.version {
			t.Errorf("step %d: version %s, want %s", i, got, step.version)
		}
	}
	offer, err := s.Offer()
	if err != nil || version(string(offer)) != "5" {
		t.Errorf("offer: %v\n%s", err, offer)
	}
	s.Rollback()
	again, err := s.Offer()
	if err != nil || string(again) != string(offer) {
		t.Errorf("the same offer again: %v\n%s", err, again)
	}
	s.Rollback()
	if out, _ := answer(t, s, offerOf(plainOffer)); version(out) != "6" {
		t.Errorf("a changed description with version %s", version(out))
	}
}

func TestOrderOfOffersAndAnswers(t *testing.T) {
	s := with(nil)
	if s.Established() || s.Pending() {
		t.Error("a new state has a past")
	}
	if _, err := s.ApplyAnswer(mustParse(t, offerOf(plainOffer))); !errors.Is(err, ErrNoOfferPending) {
		t.Error("answer without offer:", err)
	}
	first, err := s.Offer()
	if err != nil || !s.Pending() {
		t.Fatal(err)
	}
	second, err := s.Offer()
	if err != nil || !bytes.Equal(first, second) {
		t.Error("a pending offer is not repeated:", err)
	}
	if _, _, err := s.Answer(mustParse(t, offerOf(plainOffer))); !errors.Is(err, ErrOfferPending) {
		t.Error("an offer crosses ours:", err)
	}
	s.Rollback() // yield
	if _, _, err := s.Answer(mustParse(t, offerOf(plainOffer))); err != nil || !s.Established() {
		t.Error(err)
	}
}

func TestErrorsLeaveTheStateAlone(t *testing.T) {
	s := with(policy(media.EncryptionRequire))
	secure := fixtures(t)["poly-srtp"]
	first, want := answer(t, s, secure)
	for _, bad := range []string{plainOffer, "m=audio 5000 RTP/AVP 18\n", "m=application 5000 UDP/BFCP *\nm=audio 4 RTP/AVP 3\n"} {
		if _, _, err := s.Answer(mustParse(t, offerOf(bad))); err == nil {
			t.Fatal("answered:", bad)
		}
		if d := cmp.Diff(want, s.Session(), compareSessions); d != "" {
			t.Error(d)
		}
	}
	if again, _ := answer(t, s, secure); again != first {
		t.Errorf("%s\nthen\n%s", first, again)
	}
	offer, err := s.Offer()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := with(nil).ApplyAnswer(mustParse(t, offer)); err == nil {
		t.Error("an answer to nothing")
	}
}

func TestFailingKeySource(t *testing.T) {
	broken := errors.New("no entropy")
	s := with(func(l *Local) { l.Keys = func(media.Suite) (media.Key, error) { return nil, broken } })
	if _, _, err := s.Answer(mustParse(t, fixtures(t)["poly-srtp"])); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := s.Offer(); !errors.Is(err, broken) {
		t.Error(err)
	}
	if s.Established() || s.Pending() {
		t.Error("a failure was remembered")
	}
}

func TestSettersCountFromTheNextDescription(t *testing.T) {
	s := with(nil)
	answer(t, s, offerOf(plainOffer))
	s.SetDirection(1, media.Recv)
	if s.Session().Streams[1].Direction != media.SendRecv {
		t.Error("a direction changed without a negotiation")
	}
	out, session := answer(t, s, offerOf(plainOffer))
	if session.Streams[1].Direction != media.Recv {
		t.Error(session.Streams[1].Direction)
	}
	wantLine(t, sectionOf(t, out, 1), "a=recvonly")

	caps := ourCaps()
	caps.RecvBitrate = 500_000
	s.SetCapabilities(caps)
	out, _ = answer(t, s, offerOf(plainOffer))
	wantLine(t, sectionOf(t, out, 1), "b=TIAS:500000")

	s.SetAddress(netip.MustParseAddr("127.0.0.5"))
	out, _ = answer(t, s, offerOf(plainOffer))
	wantLine(t, out, "c=IN IP4 127.0.0.5")
}

func TestAStreamWithoutPortIsRefused(t *testing.T) {
	s := with(func(l *Local) { l.Streams[1].Port = 0 })
	out, session := answer(t, s, offerOf(plainOffer))
	wantLine(t, out, "m=video 0 RTP/AVP 97")
	if session.Streams[1].Send.Codec != "" {
		t.Error("a stream without a port is in use")
	}
}

func TestNothingLeftInAnEstablishedCall(t *testing.T) {
	off := strings.NewReplacer("audio 5000", "audio 0", "video 5002", "video 0").Replace(plainOffer)
	if _, _, err := with(nil).Answer(mustParse(t, offerOf(off))); err == nil {
		t.Error("a call begins with nothing")
	}
	s := with(nil)
	answer(t, s, offerOf(plainOffer))
	out, session := answer(t, s, offerOf(off))
	wantLine(t, out, "m=audio 0 RTP/AVP 9")
	if session.Streams[0].Active() || session.Streams[1].Active() {
		t.Errorf("%+v", session)
	}
	if _, session = answer(t, s, offerOf(plainOffer)); !session.Streams[1].Active() {
		t.Error("media did not come back")
	}
}

func TestNoLinesInAnEstablishedCall(t *testing.T) {
	s := with(nil)
	_, before := answer(t, s, offerOf(plainOffer))
	if _, _, err := s.Answer(mustParse(t, offerOf(""))); err == nil {
		t.Error("a far end took its lines back")
	}
	if d := cmp.Diff(before, s.Session(), compareSessions); d != "" {
		t.Error(d)
	}
}

func TestSizeBound(t *testing.T) {
	all := everything(t)
	for name, body := range all {
		s := with(dualStack)
		full, _, err := s.Answer(mustParse(t, body))
		if err != nil {
			continue
		}
		small := with(func(l *Local) { dualStack(l); l.MTU = len(full) - 1 })
		out, session, err := small.Answer(mustParse(t, body))
		if err != nil || len(out) > len(full) {
			t.Errorf("%s: %d bytes, %v", name, len(out), err)
		}
		for _, b := range breaches(mustParse(t, body), string(out), session) {
			t.Errorf("%s, small: %s", name, b)
		}
		if len(full) > 1000 {
			t.Errorf("%s: an answer of %d bytes does not fit a datagram", name, len(full))
		}
	}
}

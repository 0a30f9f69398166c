package sdp

import (
	"errors"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

func seed(f *testing.F) {
	for _, body := range fixtures(f) {
		f.Add(body)
	}
	f.Add([]byte("v=0\r\nm=audio 1 RTP/AVP 0\r\n"))
	f.Add([]byte("m=video 1 RTP/SAVP 96\ra=rtpmap:96 H264/90000\ra=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "\r"))
}

func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := Parse(body)
		if err != nil {
			var e *SyntaxError
			if !errors.As(err, &e) || d != nil {
				t.Fatalf("%v", err)
			}
			return
		}
		if len(d.Media) > maxMedia || d.Skipped > maxSkipped {
			t.Fatal("bounds")
		}
		d.MediaAddr()
		for _, r := range view(d) {
			readPayloads(r.m)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		offer, err := Parse(body)
		if err != nil {
			return
		}
		for _, p := range []media.Policy{media.EncryptionOff, media.EncryptionPrefer, media.EncryptionRequire} {
			s := with(func(l *Local) { dualStack(l); l.Caps.Encryption = p })
			out, session, err := s.Answer(offer)
			if err != nil {
				var m *Mismatch
				if !errors.As(err, &m) || s.Established() {
					t.Fatalf("%v", err)
				}
				continue
			}
			for _, b := range breaches(offer, string(out), session) {
				t.Errorf("%s: %s", p, b)
			}
			again, _, err := s.Answer(offer)
			if err != nil || string(again) != string(out) {
				t.Errorf("%s: the same offer again: %v\n%s\n%s", p, err, out, again)
			}
			checkReoffer(t, s, len(offer.Media))
			if t.Failed() {
				t.Logf("%q\n%s", body, out)
			}
		}
	})
}

// checkReoffer: whatever was agreed, our own offer keeps the lines.
func checkReoffer(t *testing.T, s *State, lines int) {
	body, err := s.Offer()
	if err != nil {
		var m *Mismatch
		if !errors.As(err, &m) {
			t.Fatalf("%v", err)
		}
		return
	}
	d, err := Parse(body)
	if err != nil || len(d.Media) != lines {
		t.Errorf("offer: %v, %d lines for %d\n%s", err, len(d.Media), lines, body)
	}
}

func FuzzApplyAnswer(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := Parse(body)
		if err != nil {
			return
		}
		for _, p := range []media.Policy{media.EncryptionPrefer, media.EncryptionRequire} {
			s := with(policy(p))
			if _, err := s.Offer(); err != nil {
				t.Fatal(err)
			}
			session, err := s.ApplyAnswer(d)
			if err != nil {
				if !s.Pending() || s.Established() {
					t.Fatal("an error changed the state")
				}
				continue
			}
			for _, st := range session.Streams {
				if st.Send.Codec == "" {
					continue
				}
				if len(st.Recv) == 0 || p == media.EncryptionRequire && st.Security.Keying == media.Plain {
					t.Errorf("%+v", st)
				}
			}
		}
	})
}

// FuzzTalk: a far end that says first one thing and then another gets legal
// answers, and our own offers keep to what the lines are.
func FuzzTalk(f *testing.F) {
	all := fixtures(f)
	f.Add(all["cisco-best-effort"], all["cucm-music-on-hold"])
	f.Add(all["dtls-phone"], all["acano"])
	f.Add(all["hexmeet-srtp"], all["old-hold"])
	f.Fuzz(func(t *testing.T, one, two []byte) {
		s := with(dualStack)
		for _, body := range [][]byte{one, two, one} {
			d, err := Parse(body)
			if err != nil {
				continue
			}
			out, session, err := s.Answer(d)
			if err != nil {
				continue
			}
			for _, b := range breaches(d, string(out), session) {
				t.Errorf("%s", b)
			}
			checkTalk(t, s, d)
			if t.Failed() {
				t.Logf("%q\n%q\n%s", one, two, out)
			}
		}
	})
}

// checkTalk offers in the session and takes the far end's words as its answer.
func checkTalk(t *testing.T, s *State, d *Description) {
	s = s.clone()
	body, err := s.Offer()
	if err != nil {
		return
	}
	ours := mustParse(t, body)
	if len(ours.Media) != len(d.Media) {
		t.Errorf("%d lines for %d", len(ours.Media), len(d.Media))
		return
	}
	for i := range ours.Media {
		m := &ours.Media[i]
		if m.Type != d.Media[i].Type {
			t.Errorf("line %d: %s becomes %s", i, d.Media[i].Type, m.Type)
		}
		for _, p := range readPayloads(m) {
			if k := p.Codec.Kind(); m.Port != 0 && k.String() != m.Type && !m.is(k.String()) {
				t.Errorf("line %d: %s in %s", i, p.Codec, m.Type)
			}
		}
	}
	if _, err := s.ApplyAnswer(d); err == nil && s.Pending() {
		t.Error("still pending")
	}
}

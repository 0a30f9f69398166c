package sdp

import (
	"github.com/roombridge/roombridge/bridge/media"
)

// offerProtection settles how a line of our offer is encrypted and which
// transport protocol says so. Encryption that is preferred is offered beside
// plain media on RTP/AVP (RFC 8643), as terminals do it.
func (s *State) offerProtection(i int, l *lineState, made *madeStream) error {
	caps, st := s.local.Caps, &s.streams[i]
	made.secure = caps.Encryption == media.EncryptionRequire
	was := profileOf(l.proto)
	var err error
	switch {
	case caps.Encryption != media.EncryptionPrefer && caps.Encryption != media.EncryptionRequire:
	case caps.DTLS && (was.dtls || st.security.Keying == media.DTLS || len(caps.Suites) == 0):
		made.dtls = true
		made.mux = !was.rtp || s.session.Streams[i].Mux
	default:
		made.crypto, err = s.offerCrypto(st, caps.Suites)
	}
	if err != nil {
		return err
	}
	encrypted := made.dtls || len(made.crypto) > 0
	if made.secure && !encrypted {
		return &Mismatch{Code: WarnMisc, Encryption: true, Text: "encryption is required, but there is none to offer"}
	}
	if !was.rtp || was.secure && !encrypted {
		l.proto = offerProto(made)
	}
	made.secure = made.secure || profileOf(l.proto).secure
	return nil
}

func offerProto(made *madeStream) string {
	switch {
	case !made.secure:
		return "RTP/AVP"
	case made.dtls:
		return "UDP/TLS/RTP/SAVPF"
	}
	return "RTP/SAVP"
}

// offerCrypto gives our crypto lines. Keys stay from offer to offer. Once a
// suite is in use only that one is offered, unless its key was dropped (Restart).
func (s *State) offerCrypto(st *streamState, list []media.Suite) ([]crypto, error) {
	if inUse := st.security; inUse.Keying == media.SDES && st.offerKeys[inUse.Suite] != nil {
		list = []media.Suite{inUse.Suite}
	}
	var out []crypto
	for i, suite := range list {
		if st.offerKeys[suite] == nil {
			key, err := s.newKey(suite)
			if err != nil {
				return nil, err
			}
			st.offerKeys[suite] = key
		}
		out = append(out, crypto{tag: offerTag(i), suite: suite, key: st.offerKeys[suite]})
	}
	return out, nil
}

// addKeying writes what a line of our offer has to encrypt with. All but the
// first suite go when the body is too large. An offer
// leaves the DTLS roles to its answer (RFC 5763 5).
func (s *State) addKeying(x *section, made *madeStream) {
	for i, c := range made.crypto {
		x.attributes = append(x.attributes, attr{"crypto:" + writeCrypto(c), i > 0})
	}
	if made.dtls {
		x.add("fingerprint:" + s.local.Fingerprint.Hash + " " + s.local.Fingerprint.Value)
		x.add("setup:actpass")
	}
	if made.mux {
		x.add("rtcp-mux")
	}
}

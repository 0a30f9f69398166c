package sdp

import (
	"github.com/roombridge/roombridge/bridge/media"
)

// protection is how a line will be encrypted, and what our line says of it.
type protection struct {
	media.Security
	tag string // SDES: of the crypto line chosen
}

// offered is what a far end's line has to encrypt with, within our policy.
type offered struct {
	profile profile
	crypto  []crypto
	dtls    dtlsOffer
}

func readOffered(d *Description, r *remote, caps media.Capabilities) offered {
	o := offered{profile: r.profile}
	if caps.Encryption == media.EncryptionOff {
		return o
	}
	if !r.profile.dtls {
		o.crypto = readCrypto(r.m, caps.Suites)
	}
	if caps.DTLS {
		o.dtls = readDTLS(d, r.m)
	}
	return o
}

// protect chooses how to encrypt a line that the far end offered. A line that
// must be encrypted is; on a plain one encryption is taken when it is offered
// (best effort, as Cisco does it); plain media only when the policy lets it.
func (s *State) protect(o offered, st *streamState) (protection, error) {
	switch {
	case o.profile.secure && s.local.Caps.Encryption == media.EncryptionOff:
		return protection{}, &Mismatch{Code: WarnMisc, Encryption: true,
			Text: "encrypted media is switched off here: offer RTP/AVP"}
	case len(o.crypto) > 0:
		return s.protectSDES(o.crypto, st)
	case o.dtls.hash != "":
		return protectDTLS(o.dtls, st), nil
	case o.profile.dtls:
		return protection{}, &Mismatch{Code: WarnMisc, Encryption: true, Text: "DTLS-SRTP offered without a usable fingerprint"}
	case o.profile.secure:
		return protection{}, &Mismatch{Code: WarnMisc, Encryption: true, Text: "no SRTP suite in common"}
	case s.local.Caps.Encryption == media.EncryptionRequire:
		return protection{}, &Mismatch{Code: WarnMisc, Encryption: true, Text: "encryption is required: offer RTP/SAVP"}
	}
	return protection{}, nil
}

// protectSDES takes the far end's first choice. Our key stays as long as
// theirs does; a new key or suite of theirs means a new stream at their end,
// which must not meet our old packet counter, so ours changes too.
func (s *State) protectSDES(list []crypto, st *streamState) (protection, error) {
	for _, c := range list {
		if st.isOurs(c.key) {
			continue // our own key sent back: both directions would use one keystream
		}
		p := protection{tag: c.tag, Security: media.Security{Keying: media.SDES, Suite: c.suite, RemoteKey: c.key}}
		old := st.security
		if old.Keying == media.SDES && old.Suite == c.suite && sameKey(old.RemoteKey, c.key) {
			p.LocalKey = old.LocalKey
			return p, nil
		}
		key, err := s.newKey(c.suite)
		p.LocalKey = key
		return p, err
	}
	return protection{}, &Mismatch{Code: WarnMisc, Encryption: true, Text: "the offered SRTP key is our own"}
}

func protectDTLS(o dtlsOffer, st *streamState) protection {
	old := st.security
	up := old.Keying == media.DTLS && old.Fingerprint == o.value && old.FingerprintHash == o.hash
	return protection{Security: media.Security{
		Keying: media.DTLS, DTLSClient: o.weAreClient(up, old.DTLSClient),
		FingerprintHash: o.hash, Fingerprint: o.value,
	}}
}

// acceptProtection settles encryption from an answer to our own offer. What we
// offered encrypted only does not become plain.
func (s *State) acceptProtection(o offered, st *streamState, made *madeStream) (protection, error) {
	for _, c := range o.crypto {
		for _, own := range made.crypto {
			if c.suite != own.suite || st.isOurs(c.key) || sameKey(c.key, own.key) {
				continue
			}
			if c.tag != own.tag && len(o.crypto) > 1 {
				continue
			}
			return protection{tag: own.tag, Security: media.Security{
				Keying: media.SDES, Suite: c.suite, LocalKey: own.key, RemoteKey: c.key}}, nil
		}
	}
	if made.dtls && o.dtls.hash != "" {
		return protection{Security: media.Security{
			Keying: media.DTLS, DTLSClient: o.dtls.setup == "passive",
			FingerprintHash: o.dtls.hash, Fingerprint: o.dtls.value}}, nil
	}
	if made.secure || s.local.Caps.Encryption == media.EncryptionRequire {
		return protection{}, &Mismatch{Code: WarnMisc, Encryption: true, Text: "the answer does not encrypt media"}
	}
	return protection{}, nil
}

// isOurs tells whether a key is one that we told the far end.
func (st *streamState) isOurs(k media.Key) bool {
	if st.security.Keying == media.SDES && sameKey(st.security.LocalKey, k) {
		return true
	}
	for _, own := range st.offerKeys {
		if sameKey(own, k) {
			return true
		}
	}
	return false
}

func (s *State) newKey(suite media.Suite) (media.Key, error) {
	source := s.local.Keys
	if source == nil {
		source = randomKey
	}
	return source(suite)
}

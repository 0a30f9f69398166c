// Package rtc is a light WebRTC endpoint: it proves its address by ICE, agrees
// on keys by DTLS-SRTP, and leaves the media to the generator. It has one
// candidate, always offers, and so always controls.
package rtc

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/netip"
)

// STUN (RFC 8489) as far as ICE (RFC 8445) needs it.
const (
	bindingRequest  = 0x0001
	bindingResponse = 0x0101
	bindingError    = 0x0111

	attrUsername       = 0x0006
	attrIntegrity      = 0x0008
	attrXORAddress     = 0x0020
	attrPriority       = 0x0024
	attrUseCandidate   = 0x0025
	attrFingerprint    = 0x8028
	attrICEControlling = 0x802a

	stunHeader  = 20
	magicCookie = 0x2112a442
	xorCRC      = 0x5354554e
)

var errSTUN = errors.New("rtc: not a STUN message of the far end")

// message is a received STUN message.
type message struct {
	kind     uint16
	id       [12]byte
	username string
}

// begin starts a message.
func begin(kind uint16, id [12]byte) []byte {
	b := make([]byte, stunHeader, 128)
	binary.BigEndian.PutUint16(b, kind)
	binary.BigEndian.PutUint32(b[4:], magicCookie)
	copy(b[8:], id[:])
	return b
}

// attribute appends one, padded to four bytes.
func attribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// finish adds MESSAGE-INTEGRITY and FINGERPRINT. Each is computed with the
// length that the message has with it.
func finish(b []byte, password string) []byte {
	setLength(b, len(b)+24)
	b = attribute(b, attrIntegrity, integrity(b, password))
	setLength(b, len(b)+8)
	return attribute(b, attrFingerprint, binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)^xorCRC))
}

func setLength(b []byte, whole int) { binary.BigEndian.PutUint16(b[2:], uint16(whole-stunHeader)) }

func integrity(b []byte, password string) []byte {
	h := hmac.New(sha1.New, []byte(password))
	h.Write(b)
	return h.Sum(nil)
}

// request makes a connectivity check that nominates its pair (RFC 8445 7.1).
func request(id [12]byte, username, password string, tie uint64) []byte {
	const priority = 110<<24 | 65535<<8 | 255 // peer reflexive, the only interface, component 1
	b := attribute(begin(bindingRequest, id), attrUsername, []byte(username))
	b = attribute(b, attrPriority, binary.BigEndian.AppendUint32(nil, priority))
	b = attribute(b, attrICEControlling, binary.BigEndian.AppendUint64(nil, tie))
	b = attribute(b, attrUseCandidate, nil)
	return finish(b, password)
}

// response answers a check that came from an address.
func response(id [12]byte, from netip.AddrPort, password string) []byte {
	family, mask := byte(1), binary.BigEndian.AppendUint32(nil, magicCookie)
	if from.Addr().Is6() {
		family, mask = 2, append(mask, id[:]...)
	}
	v := []byte{0, family}
	v = binary.BigEndian.AppendUint16(v, from.Port()^magicCookie>>16)
	for i, c := range from.Addr().AsSlice() {
		v = append(v, c^mask[i])
	}
	return finish(attribute(begin(bindingResponse, id), attrXORAddress, v), password)
}

// parse reads a message and verifies it with the password that it should be
// made with: ours for requests, the far end's for responses.
func parse(b []byte, ours, theirs string) (m message, err error) {
	if len(b) < stunHeader || binary.BigEndian.Uint32(b[4:]) != magicCookie || int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader {
		return m, errSTUN
	}
	m.kind = binary.BigEndian.Uint16(b)
	copy(m.id[:], b[8:])
	password := theirs
	if m.kind == bindingRequest {
		password = ours
	}
	verified := m.kind == bindingError // may come without integrity (RFC 8489 9.1.3.1)
	for at := stunHeader; at+4 <= len(b); {
		kind, n := binary.BigEndian.Uint16(b[at:]), int(binary.BigEndian.Uint16(b[at+2:]))
		if at+4+n > len(b) {
			return m, errSTUN
		}
		value := b[at+4 : at+4+n]
		switch kind {
		case attrUsername:
			m.username = string(value)
		case attrIntegrity:
			head := append([]byte(nil), b[:at]...)
			setLength(head, at+24)
			if verified = hmac.Equal(integrity(head, password), value); !verified {
				return m, errSTUN
			}
		}
		at += 4 + (n+3)&^3
	}
	if !verified {
		return m, errSTUN
	}
	return m, nil
}

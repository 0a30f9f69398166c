// Package secure protects media: SRTP and SRTCP contexts (RFC 3711, RFC 7714)
// for keys that came by signalling (SDES, RFC 4568) or out of a DTLS handshake
// (RFC 5763, 5764), and that handshake.
//
// Indexes, rollover, replay windows and the lifetime of keys are kept here, for
// each SSRC that was admitted; transforms below are stateless. So nothing
// that a stranger sends makes the gateway keep anything.
//
// Packets are sealed and opened in place and without allocation. A context
// takes 1 kB with AES-CM and 2 kB with AES-GCM, of which 180 bytes are for its
// one SSRC; an Inbound that begins behind a rollover holds a copy of one packet
// until it knows the count. TestMemory and TestNoAllocation hold these.
package secure

import "errors"

// Reasons for which a packet is refused. They are compared with errors.Is.
var (
	ErrMalformed   = errors.New("secure: malformed packet")
	ErrUnknownSSRC = errors.New("secure: SSRC not admitted")
	ErrTooMany     = errors.New("secure: too many SSRCs")
	ErrReplayed    = errors.New("secure: packet replayed or too old")
	ErrAuth        = errors.New("secure: authentication failed")
	ErrReused      = errors.New("secure: packet index used before")
	ErrKeyLifetime = errors.New("secure: master key used up")
	ErrClosed      = errors.New("secure: context closed")
	ErrKey         = errors.New("secure: key does not fit the suite")
	ErrSuite       = errors.New("secure: unknown suite")
)

package sip

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/netip"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/sip/sdp"
)

// negotiation is the memory of a leg's offers and answers; *sdp.State is one.
type negotiation interface {
	Answer(offer *sdp.Description) ([]byte, media.Session, error)
	Offer() ([]byte, error)
	ApplyAnswer(answer *sdp.Description) (media.Session, error)
	Expected() media.Session
	Restart()
	Rollback()
	Pending() bool
}

// legMedia joins a leg's negotiation to its call: every completed exchange
// configures the streams before anything that depends on it is sent.
type legMedia struct {
	call call
	neg  negotiation
}

// openMedia takes the call's ports and starts its negotiation. remote is the
// far end of the signalling; the address told follows the offer's media.
func (e *Endpoint) openMedia(c call, remote netip.Addr, datagrams bool) (legMedia, error) {
	list, err := c.ports()
	if err != nil {
		return legMedia{}, err
	}
	local := sdp.Local{
		Address: c.LocalAddr(remote), AddressFor: c.LocalAddr,
		SessionID: randomID(), Version: 1, Caps: c.Capabilities(),
	}
	if datagrams {
		local.MTU = maxDatagram - inviteHead
	}
	local.Fingerprint.Hash, local.Fingerprint.Value = c.Fingerprint()
	for _, p := range list {
		local.Streams = append(local.Streams, sdp.LocalStream{
			Kind: p.kind, Role: p.role, Port: p.rtp, RTCPPort: p.rtcp, Direction: media.SendRecv,
		})
	}
	return legMedia{c, e.negotiate(local)}, nil
}

// answer answers an offer of the far end; on error nothing has changed.
func (m legMedia) answer(offer *sdp.Description) ([]byte, error) {
	body, session, err := m.neg.Answer(offer)
	if err != nil {
		return nil, err
	}
	return body, m.call.Apply(session)
}

// ready prepares the streams for the sound and digits that may come before
// the answer to our offer. Pictures wait: they begin with a keyframe, which is
// asked for when the answer is here.
func (m legMedia) ready() error {
	s := m.neg.Expected()
	for i := range s.Streams {
		if s.Streams[i].Kind == media.Video {
			s.Streams[i] = media.Stream{Kind: media.Video, Role: s.Streams[i].Role}
		}
	}
	return m.call.Apply(s)
}

// offer is our full current offer.
func (m legMedia) offer() ([]byte, error) { return m.neg.Offer() }

// accept takes the answer to our offer.
func (m legMedia) accept(body []byte) error {
	d, err := sdp.Parse(body)
	if err != nil {
		return err
	}
	session, err := m.neg.ApplyAnswer(d)
	if err != nil {
		return err
	}
	return m.call.Apply(session)
}

// rollback gives our pending offer up.
func (m legMedia) rollback() {
	if m.neg != nil && m.neg.Pending() {
		m.neg.Rollback()
	}
}

// randomID is the session id of o=, RFC 8866 5.2: unique, and small enough
// for terminals that read it into 32 bits with a sign.
func randomID() uint64 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return uint64(binary.BigEndian.Uint32(b[:]) >> 1)
}

// mediaRefusal says how an exchange that failed is refused.
func mediaRefusal(err error, agent string) (status int, cause bridge.Cause, headers []sipgo.Header) {
	var syntax *sdp.SyntaxError
	var mismatch *sdp.Mismatch
	var refusal *bridge.Refusal
	switch {
	case errors.Is(err, errBodyType):
		return 415, bridge.CauseProtocol, []sipgo.Header{sipgo.NewHeader("Accept", accepts), sipgo.NewHeader("Accept-Encoding", "identity")}
	case errors.As(err, &syntax):
		return 400, bridge.CauseProtocol, []sipgo.Header{warning(399, agent, syntax.Error())}
	case errors.As(err, &mismatch):
		cause = bridge.CauseMedia
		if mismatch.Encryption {
			cause = bridge.CauseEncryption
		}
		return 488, cause, append(outcomeOf(cause).explain(agent, ""), warning(mismatch.Code, agent, mismatch.Text))
	case errors.Is(err, sdp.ErrOfferPending):
		return 491, bridge.CauseProtocol, nil
	case errors.As(err, &refusal):
		o := outcomeOf(refusal.Cause)
		return o.status, refusal.Cause, o.explain(agent, refusal.Reason)
	}
	return 500, bridge.CauseInternal, outcomeOf(bridge.CauseInternal).explain(agent, "")
}

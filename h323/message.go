package h323

import (
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// message is a call signalling message: Q.931 with what H.225.0 put into it.
type message struct {
	q  *wire.Message
	ui h225.H323UserInformation
	// uiErr tells that there was user information that could not be read, or none
	// (errNoPayload).
	uiErr error
}

type errText string

func (e errText) Error() string { return string(e) }

const errNoPayload errText = "no user information of H.323"

// parseMessage reads the content of a packet. A message whose user information is
// missing or cannot be read is one all the same: a bare ReleaseComplete is common.
func parseMessage(b []byte) (*message, error) {
	q, err := wire.Parse(b)
	if q == nil {
		return nil, err
	}
	m := &message{q: q, uiErr: errNoPayload}
	if p, ok := q.Payload(); ok {
		if m.uiErr = per.Unmarshal(p, &m.ui); m.uiErr != nil {
			m.ui = h225.H323UserInformation{}
		}
	}
	return m, nil
}

func (m *message) body() *h225.MessageBody { return &m.ui.H323UUPDU.H323MessageBody }

// tunnels tells whether the sender takes H.245 within call signalling. A gatekeeper
// may answer before it knows (H.323 8.2.2): that says nothing.
func (m *message) tunnels() bool {
	u := &m.ui.H323UUPDU
	said := u.H245Tunnelling != nil && *u.H245Tunnelling || len(u.H245Control) > 0
	return said && !u.ProvisionalRespToH245Tunnelling
}

// denies tells whether the sender takes no H.245 within call signalling.
func (m *message) denies() bool {
	u := &m.ui.H323UUPDU
	return u.H245Tunnelling != nil && !*u.H245Tunnelling && len(u.H245Control) == 0 && !u.ProvisionalRespToH245Tunnelling
}

// encode gives the content of a packet.
func (m *message) encode() ([]byte, error) {
	p, err := per.Marshal(&m.ui)
	if err != nil {
		return nil, err
	}
	q := *m.q
	q.Elements = q.Elements[:len(q.Elements):len(q.Elements)]
	q.SetPayload(p)
	return q.Append(nil)
}

// destination is what answers a Setup, as far as a message says it.
func (m *message) destination() *h225.EndpointType {
	b := m.body()
	switch {
	case b.CallProceeding != nil:
		return &b.CallProceeding.DestinationInfo
	case b.Alerting != nil:
		return &b.Alerting.DestinationInfo
	case b.Progress != nil:
		return &b.Progress.DestinationInfo
	case b.Connect != nil:
		return &b.Connect.DestinationInfo
	}
	return nil
}

// offered is what a message can say of H.245, in whatever body it has.
type offered struct {
	address   *h225.TransportAddress
	fastStart []per.Octets
	refused   bool // fast connect
}

func (m *message) offered() offered {
	b := m.body()
	switch {
	case b.Setup != nil:
		return offered{b.Setup.H245Address, b.Setup.FastStart, false}
	case b.CallProceeding != nil:
		return offered{b.CallProceeding.H245Address, b.CallProceeding.FastStart, b.CallProceeding.FastConnectRefused}
	case b.Alerting != nil:
		return offered{b.Alerting.H245Address, b.Alerting.FastStart, b.Alerting.FastConnectRefused}
	case b.Progress != nil:
		return offered{b.Progress.H245Address, b.Progress.FastStart, b.Progress.FastConnectRefused}
	case b.Connect != nil:
		return offered{b.Connect.H245Address, b.Connect.FastStart, b.Connect.FastConnectRefused}
	case b.Facility != nil:
		return offered{b.Facility.H245Address, b.Facility.FastStart, b.Facility.FastConnectRefused}
	case b.Information != nil:
		return offered{nil, b.Information.FastStart, b.Information.FastConnectRefused}
	}
	return offered{}
}

// callID is the identifier of the call that a message says it belongs to; nil if it
// does not (version 1 has none).
func (m *message) callID() h225.GloballyUniqueID {
	b := m.body()
	var id *h225.CallIdentifier
	switch {
	case b.Setup != nil:
		id = b.Setup.CallIdentifier
	case b.Connect != nil:
		id = b.Connect.CallIdentifier
	case b.Facility != nil:
		id = b.Facility.CallIdentifier
	case b.Status != nil:
		id = &b.Status.CallIdentifier
	case b.StatusInquiry != nil:
		id = &b.StatusInquiry.CallIdentifier
	}
	if id == nil {
		return nil
	}
	return id.GUID
}

package inspect

import (
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// Kind says what a message is.
type Kind string

// Kinds of messages.
const (
	H225 Kind = "h225" // H323-UserInformation, alone or in a Q.931 message
	H245 Kind = "h245" // MultimediaSystemControlMessage
	RAS  Kind = "ras"  // RasMessage
)

// Message is a message with all that is in it and around it.
type Message struct {
	TPKT  bool                                 `json:"tpkt,omitzero"` // it came in a TPKT; one that holds nothing else is a keep-alive
	Q931  *Q931                                `json:"q931,omitzero"`
	H225  *h225.H323UserInformation            `json:"h225,omitzero"`
	H245  *h245.MultimediaSystemControlMessage `json:"h245,omitzero"`
	RAS   *h225.RasMessage                     `json:"ras,omitzero"`
	After per.Octets                           `json:"after,omitzero"` // what follows the message and is none of it

	// Messages inside an H.225.0 message, whose own fields show them as octets.
	Tunnelled []*h245.MultimediaSystemControlMessage `json:"tunnelled,omitzero"` // h245Control
	Parallel  []*h245.MultimediaSystemControlMessage `json:"parallel,omitzero"`  // parallelH245Control
	FastStart []*h245.OpenLogicalChannel             `json:"fastStart,omitzero"`
}

// value is what the message itself is, if anything.
func (m *Message) value() per.Value {
	switch {
	case m.H225 != nil:
		return m.H225
	case m.H245 != nil:
		return m.H245
	case m.RAS != nil:
		return m.RAS
	}
	return nil
}

// Encode gives the message encoded again with everything in it and around it. What
// followed it is left out.
func (m *Message) Encode() ([]byte, error) {
	if err := m.encodeInner(); err != nil {
		return nil, err
	}
	var b []byte
	var err error
	if v := m.value(); v != nil {
		if b, err = per.Marshal(v); err != nil {
			return nil, err
		}
	}
	if m.Q931 != nil {
		if b, err = m.Q931.encode(b); err != nil {
			return nil, err
		}
	}
	if m.TPKT {
		return wire.AppendPacket(nil, b)
	}
	return b, nil
}

// encodeInner writes the inner messages back to where they are carried.
func (m *Message) encodeInner() error {
	if m.H225 == nil {
		return nil
	}
	for _, err := range []error{
		encodeEach(m.H225.H323UUPDU.H245Control, m.Tunnelled),
		encodeEach(parallel(m.H225), m.Parallel),
		encodeEach(fastStart(m.H225), m.FastStart),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func encodeEach[T any, P interface {
	*T
	per.Value
}](carried []per.Octets, list []P) error {
	for i, v := range list {
		b, err := per.Marshal(v)
		if err != nil {
			return err
		}
		carried[i] = b
	}
	return nil
}

// parallel gives the H.245 messages that a Setup brings beside fast connect.
func parallel(v *h225.H323UserInformation) []per.Octets {
	if s := v.H323UUPDU.H323MessageBody.Setup; s != nil {
		return s.ParallelH245Control
	}
	return nil
}

// fastStart gives the channels that a message proposes or accepts (H.323 8.1.7).
func fastStart(v *h225.H323UserInformation) []per.Octets {
	switch b := v.H323UUPDU.H323MessageBody; {
	case b.Setup != nil:
		return b.Setup.FastStart
	case b.CallProceeding != nil:
		return b.CallProceeding.FastStart
	case b.Alerting != nil:
		return b.Alerting.FastStart
	case b.Progress != nil:
		return b.Progress.FastStart
	case b.Connect != nil:
		return b.Connect.FastStart
	case b.Facility != nil:
		return b.Facility.FastStart
	case b.Information != nil:
		return b.Information.FastStart
	}
	return nil
}

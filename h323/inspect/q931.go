package inspect

import (
	"fmt"
	"slices"

	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// Q931 is the Q.931 message around an H.225.0 one (H.225.0 7), which is not among its
// elements.
type Q931 struct {
	Type      string    `json:"type"`
	Reference uint16    `json:"reference"`
	Answer    bool      `json:"answer"` // from the called side
	Elements  []Element `json:"elements,omitzero"`

	whole *wire.Message
}

// Element is an information element.
type Element struct {
	Name    string     `json:"name"`
	Codeset uint8      `json:"codeset,omitzero"`
	Data    per.Octets `json:"data"`
	Text    string     `json:"text,omitzero"`  // of those that say something to people
	Cause   *uint8     `json:"cause,omitzero"` // Q.850
}

var elementNames = map[wire.ID]string{
	wire.BearerCapability: "bearerCapability", wire.Cause: "cause", wire.CallState: "callState",
	wire.ChannelIdentification: "channelIdentification", wire.FacilityElement: "facility",
	wire.ProgressIndicator: "progressIndicator", wire.NotificationIndicator: "notificationIndicator",
	wire.Display: "display", wire.DateTime: "dateTime", wire.Keypad: "keypad", wire.Signal: "signal",
	wire.ConnectedNumber: "connectedNumber", wire.CallingPartyNumber: "callingPartyNumber",
	wire.CallingPartySub: "callingPartySubaddress", wire.CalledPartyNumber: "calledPartyNumber",
	wire.CalledPartySub: "calledPartySubaddress", wire.RedirectingNumber: "redirectingNumber",
	wire.UserUser: "userUser", wire.MoreData: "moreData", wire.SendingComplete: "sendingComplete",
}

func describe(m *wire.Message) *Q931 {
	q := &Q931{Type: m.Type.String(), Reference: m.Reference, Answer: m.Answer, whole: m}
	payload := q.payload()
	for i, e := range m.Elements {
		if i != payload {
			q.Elements = append(q.Elements, element(e))
		}
	}
	return q
}

// payload tells which element is the H.225.0 message; -1 is none.
func (q *Q931) payload() int {
	if _, ok := q.whole.Payload(); !ok {
		return -1
	}
	return slices.IndexFunc(q.whole.Elements, func(e wire.Element) bool { return e.ID == wire.UserUser && e.Codeset == 0 })
}

func element(e wire.Element) Element {
	out := Element{Name: fmt.Sprintf("element %#02x", uint8(e.ID)), Codeset: e.Codeset, Data: e.Data}
	if e.Codeset != 0 {
		return out
	}
	if name, ok := elementNames[e.ID]; ok {
		out.Name = name
	}
	switch e.ID {
	case wire.Display, wire.Keypad:
		out.Text = wire.Text(e.Data)
	case wire.CallingPartyNumber, wire.CalledPartyNumber, wire.ConnectedNumber:
		if n, err := wire.ParseNumber(e.Data); err == nil {
			out.Text = n.Digits
		}
	case wire.Cause:
		if c, err := wire.ParseCause(e.Data); err == nil {
			out.Cause = &c.Value
		}
	}
	return out
}

// encode gives the message around an encoded H.225.0 one, if it has one.
func (q *Q931) encode(payload []byte) ([]byte, error) {
	m := *q.whole
	if i := q.payload(); i >= 0 {
		m.Elements = slices.Delete(slices.Clone(m.Elements), i, i+1)
		m.SetPayload(payload)
	}
	return m.Append(nil)
}

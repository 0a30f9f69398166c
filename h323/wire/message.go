package wire

import (
	"errors"
	"fmt"
)

// Type is the type of a Q.931 message (Q.931 4.4, H.225.0 7.3).
type Type uint8

// Types of messages.
const (
	Alerting        Type = 0x01
	CallProceeding  Type = 0x02
	Progress        Type = 0x03
	Setup           Type = 0x05
	Connect         Type = 0x07
	SetupAck        Type = 0x0d
	ConnectAck      Type = 0x0f
	UserInformation Type = 0x20
	Disconnect      Type = 0x45
	Release         Type = 0x4d
	ReleaseComplete Type = 0x5a
	Facility        Type = 0x62
	Notify          Type = 0x6e
	StatusInquiry   Type = 0x75
	Information     Type = 0x7b
	Status          Type = 0x7d
)

var typeNames = map[Type]string{
	Alerting: "Alerting", CallProceeding: "CallProceeding", Progress: "Progress", Setup: "Setup", Connect: "Connect",
	SetupAck: "SetupAcknowledge", ConnectAck: "ConnectAcknowledge", UserInformation: "UserInformation",
	Disconnect: "Disconnect", Release: "Release", ReleaseComplete: "ReleaseComplete", Facility: "Facility",
	Notify: "Notify", StatusInquiry: "StatusInquiry", Information: "Information", Status: "Status",
}

// String gives the name of a type.
func (t Type) String() string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return fmt.Sprintf("message %#02x", uint8(t))
}

// discriminator is the protocol discriminator of Q.931 (4.2).
const discriminator = 8

// maxElements bounds what a reader takes; terminals send about ten.
const maxElements = 64

// Errors of messages.
var (
	ErrNotQ931   = errors.New("wire: not a Q.931 message")
	ErrTruncated = errors.New("wire: message ends early")
	ErrElement   = errors.New("wire: malformed information element")
)

// Message is a Q.931 message.
type Message struct {
	Type Type
	// Reference is the call reference without its flag; Answer is the flag, set in
	// what the called side sends (Q.931 4.3).
	Reference uint16
	Answer    bool
	Elements  []Element
}

// Element is an information element. One that is a single octet has no Data, or its
// four bits of content there, which are zero in its ID then.
type Element struct {
	ID      ID
	Codeset uint8
	Data    []byte
}

// Parse reads a message. Its elements refer to b. Call references of any length are
// taken, and a user-user element that claims more than is there gets what is.
func Parse(b []byte) (*Message, error) {
	if len(b) < 3 || b[0] != discriminator {
		return nil, ErrNotQ931
	}
	n := int(b[1] & 0xf)
	if len(b) < 3+n {
		return nil, ErrTruncated
	}
	m := &Message{Type: Type(b[2+n])}
	for i, o := range b[2 : 2+n] {
		if i == 0 {
			m.Answer = o&0x80 != 0
			o &= 0x7f
		}
		m.Reference = m.Reference<<8 | uint16(o)
	}
	var err error
	m.Elements, err = parseElements(b[3+n:])
	return m, err
}

func parseElements(b []byte) (list []Element, err error) {
	var locked uint8 // codeset that a locking shift has set (Q.931 4.5.3)
	once := -1       // codeset of the next element alone (4.5.4)
	for len(b) > 0 && len(list) < maxElements {
		if ID(b[0]&0xf0) == shift {
			if b[0]&8 == 0 {
				locked = b[0] & 7
			} else {
				once = int(b[0] & 7)
			}
			b = b[1:]
			continue
		}
		e := Element{Codeset: locked}
		if once >= 0 {
			e.Codeset, once = uint8(once), -1
		}
		if b, err = e.parse(b); err != nil {
			return list, err
		}
		list = append(list, e)
	}
	return list, nil
}

// parse reads one element and gives what follows it.
func (e *Element) parse(b []byte) (rest []byte, err error) {
	e.ID = ID(b[0])
	if e.ID.single() {
		if e.ID&0xf0 != 0xa0 { // type 1: the lower half is content (4.5.1)
			e.ID, e.Data = e.ID&0xf0, []byte{b[0] & 0xf}
		}
		return b[1:], nil
	}
	n, head := 0, 2
	if e.ID == UserUser && e.Codeset == 0 {
		head = 3 // H.225.0 7.2.2.31: two octets of length
	}
	if len(b) < head {
		return nil, ErrTruncated
	}
	for _, o := range b[1:head] {
		n = n<<8 | int(o)
	}
	b = b[head:]
	if n > len(b) {
		if head == 2 {
			return nil, ErrTruncated
		}
		n = len(b)
	}
	e.Data = b[:n:n]
	return b[n:], nil
}

// Find gives the content of the first element with an ID in codeset 0.
func (m *Message) Find(id ID) (data []byte, ok bool) {
	for _, e := range m.Elements {
		if e.ID == id && e.Codeset == 0 {
			return e.Data, true
		}
	}
	return nil, false
}

// Add puts an element of codeset 0 at the end.
func (m *Message) Add(id ID, data []byte) {
	m.Elements = append(m.Elements, Element{ID: id, Data: data})
}

// Payload gives the encoded H323-UserInformation that a message carries (H.225.0
// 7.2.2.31).
func (m *Message) Payload() (b []byte, ok bool) {
	data, ok := m.Find(UserUser)
	if !ok || len(data) < 2 || data[0] != asn1Coded {
		return nil, false
	}
	return data[1:], true
}

// SetPayload puts an encoded H323-UserInformation in the message.
func (m *Message) SetPayload(b []byte) {
	m.Add(UserUser, append([]byte{asn1Coded}, b...))
}

// asn1Coded says that user information is encoded by ASN.1 (H.225.0 table 7-14).
const asn1Coded = 5

package control

import (
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// maxDigits bounds the keys of one message, either way.
const maxDigits = 64

// pressed is how long a key is said to be held, ms.
const pressed = 120

// keys are what a telephone has.
const keys = "0123456789*#ABCD"

// receiveInput takes user input in any of its forms (H.245 B.15.7).
func (s *Session) receiveInput(u *h245.UserInputIndication) {
	switch {
	case u.Alphanumeric != nil:
		s.keysPressed(*u.Alphanumeric)
	case u.ExtendedAlphanumeric != nil && !s.alsoInRTP(u.ExtendedAlphanumeric.RTPPayloadIndication):
		s.keysPressed(u.ExtendedAlphanumeric.Alphanumeric)
	case u.Signal != nil && !s.alsoInRTP(u.Signal.RTPPayloadIndication): // signalUpdate only tells how long
		s.keysPressed(u.Signal.SignalType)
	}
}

// alsoInRTP tells whether a key comes as RFC 4733 too, where it is heard already.
func (s *Session) alsoInRTP(said bool) bool {
	st := s.find(media.Audio)
	return said && st != nil && s.flow(st).RecvDTMF != 0
}

// keysPressed gives on what is a key. Letters may be small; the rest is no key.
func (s *Session) keysPressed(text string) {
	n := 0
	for _, r := range strings.ToUpper(text[:min(len(text), 4*maxDigits)]) {
		if n < maxDigits && strings.ContainsRune(keys, r) {
			s.user.Digit(r)
			n++
		}
	}
}

// SendDigits sends keys in the form that the far end understands: signals, or else a
// string, which every terminal has (H.323 6.2.8.3).
func (s *Session) SendDigits(now time.Time, digits string) {
	s.now = now
	if s.done() || !s.started {
		return
	}
	var list []rune
	for _, r := range strings.ToUpper(digits) {
		if len(list) < maxDigits && strings.ContainsRune(keys, r) {
			list = append(list, r)
		}
	}
	if len(list) == 0 {
		return
	}
	if r := s.caps.remote; r == nil || !r.Input.Signal {
		s.indicate(h245.IndicationMessage{UserInput: &h245.UserInputIndication{Alphanumeric: new(string(list))}})
		return
	}
	for _, r := range list {
		s.indicate(h245.IndicationMessage{UserInput: &h245.UserInputIndication{
			Signal: &h245.UserInputSignal{SignalType: string(r), Duration: new(uint16(pressed))},
		}})
	}
}

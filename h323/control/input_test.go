package control

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

type userInput = h245.UserInputIndication

func TestInputFromThem(t *testing.T) {
	signal := func(s string, inRTP bool) userInput {
		return userInput{Signal: &h245.UserInputSignal{SignalType: s, RTPPayloadIndication: inRTP}}
	}
	for _, x := range []struct {
		name string
		in   userInput
		want string
	}{
		{"string", userInput{Alphanumeric: new("12#")}, "12#"},
		{"letters", userInput{Alphanumeric: new("aBcD")}, "ABCD"},
		{"what is no key", userInput{Alphanumeric: new("1!, \x00é2")}, "12"},
		{"nothing", userInput{Alphanumeric: new("")}, ""},
		{"too much", userInput{Alphanumeric: new(strings.Repeat("1", 500))}, strings.Repeat("1", 64)},
		{"signal", signal("*", false), "*"},
		{"hookflash", signal("!", false), ""},
		{"signal that comes as telephone-event too", signal("5", true), ""},
		{"how long it was", userInput{SignalUpdate: &h245.UserInputSignalUpdate{Duration: 100}}, ""},
		{"extended", userInput{ExtendedAlphanumeric: &h245.UserInputIndicationExtendedAlphanumeric{Alphanumeric: "9"}}, "9"},
		{"what they support", userInput{UserInputSupportIndication: &h245.UserInputIndicationUserInputSupportIndication{BasicString: true}}, ""},
	} {
		l, _, _ := talk(t, nil)
		equal(t, x.name+", answer", kinds(l.indicate(h245.IndicationMessage{UserInput: &x.in})), []string(nil))
		equal(t, x.name, l.heard, x.want)
	}
}

// Where telephone-event was not negotiated, a signal is all there is of a key.
func TestSignalWithoutEvents(t *testing.T) {
	l, _, _ := talk(t, func(c *Config) { c.Caps.Audio = sound(media.PCMA) })
	l.indicate(h245.IndicationMessage{UserInput: &userInput{Signal: &h245.UserInputSignal{SignalType: "5", RTPPayloadIndication: true}}})
	equal(t, "keys", l.heard, "5")
}

func TestInputToThem(t *testing.T) {
	says := func(list []*message) (out []string) {
		for _, m := range list {
			switch u := m.Indication.UserInput; {
			case u.Alphanumeric != nil:
				out = append(out, "string "+*u.Alphanumeric)
			case u.Signal != nil:
				out = append(out, "signal "+u.Signal.SignalType)
			}
		}
		return out
	}
	for _, x := range []struct {
		name   string
		takes  h245.UserInputCapability
		digits string
		want   []string
	}{
		{"signals", h245.UserInputCapability{Dtmf: true}, "1a#", []string{"signal 1", "signal A", "signal #"}},
		{"strings", h245.UserInputCapability{BasicString: true}, "12*", []string{"string 12*"}},
		{"nothing said", h245.UserInputCapability{Hookflash: true}, "7", []string{"string 7"}},
		{"no keys", h245.UserInputCapability{Dtmf: true}, "xyz ", nil},
		{"too many", h245.UserInputCapability{BasicString: true}, strings.Repeat("3", 1000), []string{"string " + strings.Repeat("3", 64)}},
	} {
		l := newLone(t, nil)
		l.settle(receives(alaw()), &h245.Capability{ReceiveUserInputCapability: &x.takes})
		l.SendDigits(l.now, x.digits)
		equal(t, x.name, says(l.take()), x.want)
	}
	l := newLone(t, nil)
	l.SendDigits(l.now, "1")
	equal(t, "before the start", kinds(l.take()), []string(nil))
}

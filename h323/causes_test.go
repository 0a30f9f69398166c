package h323

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// Every cause of the core has its words, and both of them go out.
func TestEveryCauseHasAnOutcome(t *testing.T) {
	for c := bridge.CauseNormal; c <= bridge.CauseInternal; c++ {
		o, ok := outcomes[c]
		if !ok || o.q850 == 0 || per.Alternative(o.reason) == "" {
			t.Errorf("%v is %+v", c, o)
		}
	}
	if outcomeOf(250).q850 != 38 {
		t.Error("an unknown cause is not our own fault")
	}
}

// What we would say to refuse a call is understood as the same by us.
func TestRefusalsComeBack(t *testing.T) {
	for c, want := range map[bridge.Cause]bridge.Cause{
		bridge.CauseNoRoute: bridge.CauseNoRoute, bridge.CauseBusy: bridge.CauseBusy, bridge.CauseNoAnswer: bridge.CauseNoAnswer,
		bridge.CauseCapacity: bridge.CauseCapacity, bridge.CauseMedia: bridge.CauseMedia, bridge.CauseUnreachable: bridge.CauseUnreachable,
		bridge.CauseDeclined: bridge.CauseDeclined, bridge.CauseProtocol: bridge.CauseProtocol,
	} {
		o := outcomeOf(c)
		q := &wire.Message{}
		q.Add(wire.Cause, wire.CauseValue{Value: o.q850}.Bytes())
		if got, text := released(q, &h225.ReleaseCompleteUUIE{Reason: &o.reason}, false); got != want || text == "" {
			t.Errorf("%v comes back as %v: %s", c, got, text)
		}
	}
}

func TestReleased(t *testing.T) {
	cause := func(v uint8) *wire.Message {
		q := &wire.Message{}
		if v != 0 {
			q.Add(wire.Cause, wire.CauseValue{Value: v}.Bytes())
		}
		return q
	}
	shown := cause(17)
	shown.Add(wire.Display, []byte("In a meeting"))
	for name, c := range map[string]struct {
		q         *wire.Message
		reason    *h225.ReleaseCompleteReason
		connected bool
		want      bridge.Cause
		text      string
	}{
		"nothing said":                    {cause(0), nil, false, bridge.CauseDeclined, "refused"},
		"nothing said after the answer":   {cause(0), nil, true, bridge.CauseNormal, "hung up"},
		"busy with words":                 {shown, nil, false, bridge.CauseBusy, "In a meeting"},
		"normal clearing before answer":   {cause(16), nil, false, bridge.CauseDeclined, "cause 16"},
		"the reason says more than 16":    {cause(16), &h225.ReleaseCompleteReason{InConf: true}, false, bridge.CauseBusy, "inConf"},
		"the cause says more":             {cause(1), &h225.ReleaseCompleteReason{UndefinedReason: true}, false, bridge.CauseNoRoute, "cause 1"},
		"no permission":                   {cause(0), &h225.ReleaseCompleteReason{NoPermission: true}, false, bridge.CauseForbidden, "noPermission"},
		"security":                        {cause(0), &h225.ReleaseCompleteReason{SecurityDenied: true}, false, bridge.CauseEncryption, "securityDenied"},
		"not registered":                  {cause(0), &h225.ReleaseCompleteReason{CalledPartyNotRegistered: true}, false, bridge.CauseUnreachable, ""},
		"no bandwidth":                    {cause(0), &h225.ReleaseCompleteReason{NoBandwidth: true}, false, bridge.CauseCapacity, ""},
		"an older revision":               {cause(0), &h225.ReleaseCompleteReason{InvalidRevision: true}, false, bridge.CauseProtocol, ""},
		"a reason of the future":          {cause(0), &h225.ReleaseCompleteReason{Addition: &per.Addition{}}, false, bridge.CauseDeclined, "addition"},
		"destination out of order":        {cause(27), nil, false, bridge.CauseUnreachable, ""},
		"a protocol error":                {cause(99), nil, false, bridge.CauseProtocol, ""},
		"a cause nobody knows":            {cause(5), nil, false, bridge.CauseUnreachable, ""},
		"forbidden by subscription":       {cause(57), nil, false, bridge.CauseForbidden, ""},
		"temporary failure":               {cause(41), nil, false, bridge.CauseSignalling, ""},
		"temporary failure in the middle": {cause(41), nil, true, bridge.CauseSignalling, ""},
		"busy in the middle":              {cause(17), nil, true, bridge.CauseNormal, ""},
	} {
		var r *h225.ReleaseCompleteUUIE
		if c.reason != nil {
			r = &h225.ReleaseCompleteUUIE{Reason: c.reason}
		}
		if got, text := released(c.q, r, c.connected); got != c.want || !strings.Contains(text, c.text) {
			t.Errorf("%s: %v, %q, want %v with %q", name, got, text, c.want, c.text)
		}
	}
}

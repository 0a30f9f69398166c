package control

import (
	"testing"

	"github.com/roombridge/roombridge/h323/h245"
)

func modes(list ...h245.ModeElementType) h245.RequestMessage {
	r := &h245.RequestMode{SequenceNumber: 5}
	for _, t := range list {
		r.RequestedModes = append(r.RequestedModes, h245.ModeDescription{{Type: t}})
	}
	return h245.RequestMessage{RequestMode: r}
}

func audioMode(m h245.AudioMode) h245.ModeElementType { return h245.ModeElementType{AudioMode: &m} }
func videoMode(m h245.VideoMode) h245.ModeElementType { return h245.ModeElementType{VideoMode: &m} }

// The session sends A-law, and could send mu-law and H.264 too.
func TestRequestMode(t *testing.T) {
	h264Mode := videoMode(h245.VideoMode{GenericVideoMode: h264(64).GenericVideoCapability})
	for _, x := range []struct {
		name  string
		modes []h245.ModeElementType
		says  []string
	}{
		{"as it is", []h245.ModeElementType{audioMode(h245.AudioMode{G711Alaw64k: true})}, []string{"requestModeAck"}},
		{"another codec", []h245.ModeElementType{audioMode(h245.AudioMode{G711Ulaw64k: true})},
			[]string{"requestModeAck", "closeLogicalChannel", "openLogicalChannel"}},
		{"the second choice", []h245.ModeElementType{audioMode(h245.AudioMode{G728: true}), audioMode(h245.AudioMode{G711Ulaw64k: true})},
			[]string{"requestModeAck", "closeLogicalChannel", "openLogicalChannel"}},
		{"pictures as they are", []h245.ModeElementType{h264Mode}, []string{"requestModeAck"}},
		{"pictures in another profile", []h245.ModeElementType{videoMode(h245.VideoMode{GenericVideoMode: h264(8).GenericVideoCapability})},
			[]string{"requestModeReject"}},
		{"H.261", []h245.ModeElementType{videoMode(h245.VideoMode{H261VideoMode: &h245.H261VideoMode{Resolution: h245.H261VideoModeResolution{Cif: true}, BitRate: 1}})},
			[]string{"requestModeReject"}},
		{"what the far end does not take", []h245.ModeElementType{audioMode(h245.AudioMode{G72264k: true})}, []string{"requestModeReject"}},
		{"data", []h245.ModeElementType{{DataMode: &h245.DataMode{Application: h245.DataModeApplication{DsvdControl: true}}}},
			[]string{"requestModeReject"}},
	} {
		l := newLone(t, nil)
		for _, o := range opens(l.settle(receives(alaw()), receives(ulaw()), &h245.Capability{ReceiveVideoCapability: h264(64)})) {
			l.ack(o.ForwardLogicalChannelNumber, 7000)
		}
		out := l.request(modes(x.modes...))
		equal(t, x.name, kinds(out), x.says)
		if a := out[0].Response.RequestModeAck; a != nil {
			if a.SequenceNumber != 5 || a.Response.WillTransmitMostPreferredMode != (len(x.modes) == 1) {
				t.Errorf("%s: %+v", x.name, a)
			}
		}
		if len(out) == 3 && l.only(out).ForwardLogicalChannelParameters.DataType.AudioData.G711Ulaw64k == nil {
			t.Errorf("%s: opened %+v", x.name, l.only(out).ForwardLogicalChannelParameters.DataType)
		}
	}
}

func TestRequestModeTooEarly(t *testing.T) {
	l := newLone(t, nil)
	equal(t, "before capabilities", kinds(l.request(modes(audioMode(h245.AudioMode{G711Ulaw64k: true})))), []string{"requestModeReject"})
}

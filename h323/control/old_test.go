package control

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// old gives a format of a codec from before H.264.
func old(c media.Codec) media.Format {
	s := media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1, CIF4: 1}
	if c == media.H261 {
		s = media.Sizes{QCIF: 1, CIF: 1}
	}
	return media.Format{Codec: c, ClockRate: 90000, Sizes: s}
}

// everyCodec is a gateway whose media worker has all codecs.
func everyCodec(c *Config) {
	c.Caps.Video = append(video(), media.Format{Codec: media.VP8, ClockRate: 90000}, old(media.H263P), old(media.H263), old(media.H261))
}

func h263(change func(*h245.H263VideoCapability)) *h245.VideoCapability {
	c := &h245.H263VideoCapability{QcifMPI: new(uint8(1)), CifMPI: new(uint8(2)), MaxBitRate: 3840}
	if change != nil {
		change(c)
	}
	return &h245.VideoCapability{H263VideoCapability: c}
}

func h261() *h245.VideoCapability {
	return &h245.VideoCapability{H261VideoCapability: &h245.H261VideoCapability{QcifMPI: new(uint8(1)), CifMPI: new(uint8(1)), MaxBitRate: 1280}}
}

func takesPicture(v *h245.VideoCapability) *h245.Capability {
	return &h245.Capability{ReceiveVideoCapability: v}
}

func pictures(list []*message) *h245.OpenLogicalChannel {
	for _, o := range opens(list) {
		if o.ForwardLogicalChannelParameters.DataType.VideoData != nil {
			return o
		}
	}
	return nil
}

// A scripted terminal that has one old codec: what we open to it and take from it.
func TestOldTerminals(t *testing.T) {
	options := h263(func(c *h245.H263VideoCapability) {
		c.H263Options = &h245.H263Options{DeblockingFilterMode: true, CustomPictureFormat: []h245.CustomPictureFormat{{
			MaxCustomPictureWidth: 176, MaxCustomPictureHeight: 120, MinCustomPictureWidth: 176, MinCustomPictureHeight: 120,
			MPI:                    h245.CustomPictureFormatMPI{StandardMPI: new(uint8(1))},
			PixelAspectInformation: h245.CustomPictureFormatPixelAspectInformation{AnyPixelAspectRatio: new(true)},
		}}}
	})
	qcif := h263(func(c *h245.H263VideoCapability) { c.CifMPI = nil })
	for _, x := range []struct {
		name      string
		takes     *h245.VideoCapability
		codec     media.Codec
		pt        uint8
		w, h, fps int
		rate      int
	}{
		{"H.263", h263(nil), media.H263, 34, 352, 288, 15, 384_000},
		{"H.263 with options", options, media.H263, 34, 352, 288, 15, 384_000},
		{"H.263 in QCIF alone", qcif, media.H263, 34, 176, 144, 30, 384_000},
		{"H.261", h261(), media.H261, 31, 352, 288, 15, 128_000},
	} {
		l := newLone(t, everyCodec)
		o := pictures(l.settle(receives(alaw()), takesPicture(x.takes)))
		if o == nil {
			t.Errorf("%s: no picture is opened", x.name)
			continue
		}
		p := o.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters
		if p.DynamicRTPPayloadType != nil || p.MediaPacketization != nil || p.SessionID != 2 {
			t.Errorf("%s: %+v", x.name, p)
		}
		if c := o.ForwardLogicalChannelParameters.DataType.VideoData.H263VideoCapability; c != nil && c.H263Options != nil {
			t.Errorf("%s: annexes are announced: %+v", x.name, c)
		}
		l.ack(o.ForwardLogicalChannelNumber, 7002)
		v := l.stream(media.Video)
		if v.Send.Codec != x.codec || v.Send.PT != x.pt || v.SendBitrate != x.rate || v.Direction != media.Send || v.Remote.Port() != 7002 {
			t.Errorf("%s: %+v", x.name, v)
		}
		if w, h, fps := media.PictureFor(v.Send, v.SendBitrate); w != x.w || h != x.h || fps != x.fps {
			t.Errorf("%s: %dx%d %d/s", x.name, w, h, fps)
		}
		// And the terminal's own channel, in the codec that it has.
		if got := l.answerTo(channel(257, 2, h245.DataType{VideoData: x.takes})); got != "ack" {
			t.Errorf("%s: their channel: %s", x.name, got)
		}
		v = l.stream(media.Video)
		if v.Direction != media.SendRecv || len(v.Recv) != 1 || v.Recv[0].Codec != x.codec || v.Recv[0].PT != x.pt {
			t.Errorf("%s: receives %+v", x.name, v.Recv)
		}
		// A keyframe is asked for and asked of us as with any codec.
		l.RequestKeyframe(l.now)
		l.command(h245.CommandMessage{MiscellaneousCommand: &h245.MiscellaneousCommand{
			LogicalChannelNumber: o.ForwardLogicalChannelNumber, Type: h245.MiscellaneousCommandType{VideoFastUpdateGOB: &h245.MiscellaneousCommandTypeVideoFastUpdateGOB{}},
		}})
		if l.keyframes != 1 {
			t.Errorf("%s: %d keyframes wanted", x.name, l.keyframes)
		}
	}
}

// H.263+ in the packetization of RFC 2429, under the payload types that each end names.
func TestOldTerminalsWithRFC2429(t *testing.T) {
	l := newLone(t, everyCodec)
	l.Start(l.now)
	l.take()
	s := set(1, receives(alaw()), takesPicture(h263(nil)))
	m := &s.MultiplexCapability.H2250Capability.MediaPacketizationCapability
	m.RTPPayloadType = []h245.RTPPayloadType{{
		PayloadDescriptor: h245.RTPPayloadTypePayloadDescriptor{RfcNumber: new(int64(2429))}, PayloadType: new(uint8(111)),
	}}
	l.request(h245.RequestMessage{TerminalCapabilitySet: s})
	l.respond(h245.ResponseMessage{TerminalCapabilitySetAck: &h245.TerminalCapabilitySetAck{SequenceNumber: 1}})
	o := pictures(l.respond(h245.ResponseMessage{MasterSlaveDeterminationAck: &h245.MasterSlaveDeterminationAck{
		Decision: h245.MasterSlaveDeterminationAckDecision{Master: true},
	}}))
	p := o.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters
	if *p.DynamicRTPPayloadType != 111 || *p.MediaPacketization.RTPPayloadType.PayloadDescriptor.RfcNumber != 2429 {
		t.Errorf("%+v", p)
	}
	l.ack(o.ForwardLogicalChannelNumber, 7002)
	theirs := channel(257, 2, h245.DataType{VideoData: h263(nil)})
	q := theirs.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters
	q.DynamicRTPPayloadType = new(uint8(96))
	q.MediaPacketization = &h245.H2250LogicalChannelParametersMediaPacketization{RTPPayloadType: &h245.RTPPayloadType{
		PayloadDescriptor: h245.RTPPayloadTypePayloadDescriptor{RfcNumber: new(int64(4629))},
	}}
	if got := l.answerTo(theirs); got != "ack" {
		t.Error(got)
	}
	v := l.stream(media.Video)
	if v.Send.Codec != media.H263P || v.Send.PT != 111 || v.Recv[0].Codec != media.H263P || v.Recv[0].PT != 96 {
		t.Errorf("%+v", v)
	}
}

// Without a media worker such a terminal has sound, and the reason is told.
func TestOldTerminalWithoutWorker(t *testing.T) {
	l := newLone(t, nil)
	o := l.only(l.settle(receives(alaw()), takesPicture(h263(nil)), takesPicture(h261())))
	l.ack(o.ForwardLogicalChannelNumber, 7000)
	if got := l.answerTo(channel(257, 2, h245.DataType{VideoData: h261()})); got != "dataTypeNotSupported" {
		t.Errorf("their channel: %s", got)
	}
	const why = "no video codec in common: the far end has H263, H261, we have H264"
	if v := l.stream(media.Video); v.Direction != media.Inactive || v.Refused != why {
		t.Errorf("%+v", v)
	}
	if a := l.stream(media.Audio); a.Refused != "" || a.Direction != media.Send {
		t.Errorf("%+v", a)
	}
}

// H.264 goes before the old codecs, which are alternatives to it, and they before each other.
func TestOldAndNew(t *testing.T) {
	for _, x := range []struct {
		name  string
		takes []*h245.VideoCapability
		codec media.Codec
	}{
		{"all", []*h245.VideoCapability{h261(), h263(nil), h264(64)}, media.H264},
		{"all the old", []*h245.VideoCapability{h261(), h263(nil)}, media.H263},
	} {
		l := newLone(t, everyCodec)
		l.Start(l.now)
		l.take()
		list := []*h245.Capability{receives(alaw())}
		together := []h245.AlternativeCapabilitySet{{1}, nil}
		for _, v := range x.takes {
			list = append(list, takesPicture(v))
			together[1] = append(together[1], uint16(len(list)))
		}
		s := set(1, list...)
		s.CapabilityDescriptors[0].SimultaneousCapabilities = together
		l.request(h245.RequestMessage{TerminalCapabilitySet: s})
		l.respond(h245.ResponseMessage{TerminalCapabilitySetAck: &h245.TerminalCapabilitySetAck{SequenceNumber: 1}})
		o := pictures(l.respond(h245.ResponseMessage{MasterSlaveDeterminationAck: &h245.MasterSlaveDeterminationAck{
			Decision: h245.MasterSlaveDeterminationAckDecision{Master: true},
		}}))
		l.ack(o.ForwardLogicalChannelNumber, 7002)
		if got := l.stream(media.Video).Send.Codec; got != x.codec {
			t.Errorf("%s: %s", x.name, got)
		}
		// One that refuses it gets the next.
		if x.codec == media.H264 {
			l = newLone(t, everyCodec)
			o = pictures(l.settle(append(list[:1:1], takesPicture(h264(64)), takesPicture(h261()))...))
			o = pictures(l.reject(o.ForwardLogicalChannelNumber, h245.OpenLogicalChannelRejectCause{DataTypeNotAvailable: true}))
			if o == nil || o.ForwardLogicalChannelParameters.DataType.VideoData.H261VideoCapability == nil {
				t.Errorf("after a refusal: %+v", o)
			}
		}
	}
}

// Two gateways with one old codec each open it both ways.
func TestOldCall(t *testing.T) {
	for _, c := range []media.Codec{media.H263, media.H263P, media.H261} {
		a, b := config("127.0.0.1", "127.0.0.2", 5000), config("127.0.0.2", "127.0.0.1", 6000)
		everyCodec(&a)
		b.Caps.Video = []media.Format{old(c)}
		r := newRig(t, a, b)
		r.call()
		for _, e := range []*end{r.a, r.b} {
			if v := e.stream(media.Video); v.Direction != media.SendRecv || v.Send.Codec != c || v.Recv[0].Codec != c || v.Send.Sizes != old(c).Sizes {
				t.Errorf("%s: %+v", c, v)
			}
		}
	}
}

// Old codecs in fast connect, answered and offered.
func TestOldFastConnect(t *testing.T) {
	for _, c := range []media.Codec{media.H263, media.H263P, media.H261} {
		for _, caller := range []bool{true, false} {
			a, b := config("127.0.0.1", "127.0.0.2", 5000), config("127.0.0.2", "127.0.0.1", 6000)
			a.Caller = true
			everyCodec(&a)
			everyCodec(&b)
			if caller {
				a.Caps.Video = []media.Format{old(c)}
			} else {
				b.Caps.Video = []media.Format{old(c)}
			}
			r := newRig(t, a, b)
			answer := sameOnTheWire(t, r.b.FastAnswer(r.now, sameOnTheWire(t, r.a.FastOffer())))
			if err := r.a.FastAnswered(r.now, answer); err != nil {
				t.Fatal(err)
			}
			for _, e := range []*end{r.a, r.b} {
				if v := e.stream(media.Video); v.Direction != media.SendRecv || v.Send.Codec != c || v.Recv[0].Codec != c || v.Send.Sizes.CIF != 1 {
					t.Errorf("%s: %+v", c, v)
				}
			}
			r.a.Start(r.now)
			r.b.Start(r.now)
			r.run(5 * time.Second)
			if v := r.b.stream(media.Video); v.Direction != media.SendRecv || v.Send.Codec != c {
				t.Errorf("%s, once H.245 has begun: %+v", c, v)
			}
		}
	}
}

// An MCU wants another codec, and a smaller picture.
func TestRequestOldMode(t *testing.T) {
	l := newLone(t, everyCodec)
	for _, o := range opens(l.settle(receives(alaw()), takesPicture(h264(64)), takesPicture(h261()), takesPicture(h263(nil)))) {
		l.ack(o.ForwardLogicalChannelNumber, 7002)
	}
	mode := func(r h245.H261VideoModeResolution, rate uint16) []*message {
		return l.request(modes(videoMode(h245.VideoMode{H261VideoMode: &h245.H261VideoMode{Resolution: r, BitRate: rate}})))
	}
	out := mode(h245.H261VideoModeResolution{Qcif: true}, 640)
	equal(t, "H.261 in QCIF", kinds(out), []string{"requestModeAck", "closeLogicalChannel", "openLogicalChannel"})
	l.ack(pictures(out).ForwardLogicalChannelNumber, 7002)
	v := l.stream(media.Video)
	if v.Send.Codec != media.H261 || v.Send.Sizes != (media.Sizes{QCIF: 1}) || v.SendBitrate != 64_000 {
		t.Errorf("%+v", v)
	}
	equal(t, "then in CIF", kinds(mode(h245.H261VideoModeResolution{Cif: true}, 19200)), []string{"requestModeAck"})
	v = l.stream(media.Video)
	if v.Send.Codec != media.H261 || v.Send.Sizes != (media.Sizes{CIF: 1}) || v.SendBitrate != 128_000 {
		t.Errorf("%+v", v)
	}
	out = l.request(modes(videoMode(h245.VideoMode{H263VideoMode: &h245.H263VideoMode{Resolution: h245.H263VideoModeResolution{Cif4: true}, BitRate: 1}})))
	equal(t, "H.263 in a size that is not listed", kinds(out), []string{"requestModeReject"})
}

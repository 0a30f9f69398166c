package control

import (
	"net/netip"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

type cause = h245.OpenLogicalChannelRejectCause

func params(o *h245.OpenLogicalChannel) *h245.H2250LogicalChannelParameters {
	return o.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters
}

func closes(n uint16) h245.RequestMessage {
	return h245.RequestMessage{CloseLogicalChannel: &h245.CloseLogicalChannel{
		ForwardLogicalChannelNumber: n, Source: h245.CloseLogicalChannelSource{User: true},
	}}
}

func closeAck(n uint16) h245.ResponseMessage {
	return h245.ResponseMessage{CloseLogicalChannelAck: &h245.CloseLogicalChannelAck{ForwardLogicalChannelNumber: n}}
}

// What a proposal of ours says.
func TestOpen(t *testing.T) {
	l := newLone(t, nil)
	list := opens(l.settle(receives(alaw()), &h245.Capability{ReceiveVideoCapability: h264(64)}))
	if len(list) != 2 {
		t.Fatalf("%d channels", len(list))
	}
	a, v := params(list[0]), params(list[1])
	if a.SessionID != 1 || v.SessionID != 2 || a.MediaChannel != nil || v.MediaChannel != nil {
		t.Errorf("sound %+v, pictures %+v", a, v)
	}
	for i, p := range []*h245.H2250LogicalChannelParameters{a, v} {
		if c, _ := p.MediaControlChannel.AddrPort(); c != netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(5001+2*i)) {
			t.Errorf("RTCP at %v", c)
		}
	}
	if a.DynamicRTPPayloadType != nil || v.DynamicRTPPayloadType == nil || *v.DynamicRTPPayloadType != 96 {
		t.Errorf("payload types %v and %v", a.DynamicRTPPayloadType, v.DynamicRTPPayloadType)
	}
	if id := v.MediaPacketization.RTPPayloadType.PayloadDescriptor.OID; *id != "0.0.8.241.0.0.0.0" {
		t.Errorf("packetization %s", *id)
	}
	if rate := list[1].ForwardLogicalChannelParameters.DataType.VideoData.GenericVideoCapability.MaxBitRate; *rate != 10240 {
		t.Errorf("at most %d00 bit/s", *rate)
	}
}

// An answer settles address, payload type and whether to begin.
func TestOpenAck(t *testing.T) {
	answer := func(change func(*h245.OpenLogicalChannelAck, *h245.H2250LogicalChannelAckParameters)) (*lone, []*message) {
		l := newLone(t, nil)
		o := l.only(l.settle(&h245.Capability{ReceiveVideoCapability: h264(64)}))
		p := &h245.H2250LogicalChannelAckParameters{MediaChannel: address(7002), MediaControlChannel: address(7003)}
		a := &h245.OpenLogicalChannelAck{
			ForwardLogicalChannelNumber:   o.ForwardLogicalChannelNumber,
			ForwardMultiplexAckParameters: &h245.ForwardMultiplexAckParameters{H2250LogicalChannelAckParameters: p},
		}
		change(a, p)
		return l, l.respond(h245.ResponseMessage{OpenLogicalChannelAck: a})
	}
	type acked = h245.H2250LogicalChannelAckParameters
	for _, x := range []struct {
		name   string
		change func(*h245.OpenLogicalChannelAck, *acked)
		want   media.Direction
		pt     uint8
		says   []string
	}{
		{"plain", func(_ *h245.OpenLogicalChannelAck, p *acked) {}, media.Send, 96, nil},
		{"payload type", func(_ *h245.OpenLogicalChannelAck, p *acked) { p.DynamicRTPPayloadType = new(uint8(109)) }, media.Send, 109, nil},
		{"payload type that is none", func(_ *h245.OpenLogicalChannelAck, p *acked) { p.DynamicRTPPayloadType = new(uint8(9)) }, media.Send, 96, nil},
		{"not yet", func(_ *h245.OpenLogicalChannelAck, p *acked) { p.FlowControlToZero = new(true) }, media.Inactive, 96, nil},
		{"of another channel", func(a *h245.OpenLogicalChannelAck, _ *acked) { a.ForwardLogicalChannelNumber++ }, media.Inactive, 0, nil},
		{"no address", func(_ *h245.OpenLogicalChannelAck, p *acked) { p.MediaChannel = nil }, media.Inactive, 0, []string{"closeLogicalChannel"}},
		{"port 0", func(_ *h245.OpenLogicalChannelAck, p *acked) { p.MediaChannel = address(0) }, media.Inactive, 0, []string{"closeLogicalChannel"}},
		{"no parameters", func(a *h245.OpenLogicalChannelAck, _ *acked) { a.ForwardMultiplexAckParameters = nil }, media.Inactive, 0, []string{"closeLogicalChannel"}},
	} {
		l, out := answer(x.change)
		s := l.stream(media.Video)
		if s.Direction != x.want || s.Send.PT != x.pt {
			t.Errorf("%s: %v with payload type %d", x.name, s.Direction, s.Send.PT)
		}
		equal(t, x.name, kinds(out), x.says)
	}
}

// Refusals by cause: another codec where that may help, nothing where not.
func TestOpenReject(t *testing.T) {
	for _, x := range []struct {
		name  string
		cause cause
		again bool
	}{
		{"dataTypeNotSupported", cause{DataTypeNotSupported: true}, true},
		{"dataTypeNotAvailable", cause{DataTypeNotAvailable: true}, true},
		{"unknownDataType", cause{UnknownDataType: true}, true},
		{"dataTypeALCombinationNotSupported", cause{DataTypeALCombinationNotSupported: true}, true},
		{"masterSlaveConflict", cause{MasterSlaveConflict: true}, true},
		{"unspecified", cause{Unspecified: true}, true},
		{"insufficientBandwidth", cause{InsufficientBandwidth: true}, false},
		{"invalidSessionID", cause{InvalidSessionID: true}, false},
		{"securityDenied", cause{SecurityDenied: true}, false},
		{"one that is new", cause{Addition: &per.Addition{Index: 40, Data: per.Octets{0}}}, false},
	} {
		l := newLone(t, nil)
		o := l.only(l.settle(receives(alaw()), receives(ulaw())))
		out := l.reject(o.ForwardLogicalChannelNumber, x.cause)
		if !x.again {
			equal(t, x.name, kinds(out), []string(nil))
			continue
		}
		next := l.only(out)
		if next.ForwardLogicalChannelParameters.DataType.AudioData.G711Ulaw64k == nil {
			t.Errorf("%s: then %+v", x.name, next.ForwardLogicalChannelParameters.DataType.AudioData)
		}
		equal(t, x.name+", both", kinds(l.reject(next.ForwardLogicalChannelNumber, x.cause)), []string(nil))
		l.wait(tMedia)
		equal(t, x.name+", in the end", l.failed, "media: no codec in common")
	}
}

// A slave takes the codec of the master after a conflict.
func TestConflictAsSlave(t *testing.T) {
	l := newLone(t, nil)
	l.Start(l.now)
	l.take()
	l.request(offer(set(1, both(alaw()), both(ulaw()))))
	l.respond(capsAck(1))
	first := l.only(l.respond(decision(false)))
	if first.ForwardLogicalChannelParameters.DataType.AudioData.G711Alaw64k == nil {
		t.Fatalf("opened %+v", first)
	}
	out := l.request(h245.RequestMessage{OpenLogicalChannel: channel(1, 1, audioData(ulaw()))})
	equal(t, "the master's channel", kinds(out), []string{"openLogicalChannelAck", "closeLogicalChannel", "openLogicalChannel"})
	second := l.only(out)
	if second.ForwardLogicalChannelParameters.DataType.AudioData.G711Ulaw64k == nil {
		t.Errorf("then %+v", second.ForwardLogicalChannelParameters.DataType.AudioData)
	}
	equal(t, "late refusal", kinds(l.reject(first.ForwardLogicalChannelNumber, cause{MasterSlaveConflict: true})), []string(nil))
	l.ack(second.ForwardLogicalChannelNumber, 7000)
	if s := l.stream(media.Audio); s.Direction != media.SendRecv || s.Send.Codec != s.Recv[0].Codec {
		t.Errorf("sound %+v", s)
	}
}

// A master refuses what a far end cannot do at once, but not to those that would give up.
func TestConflictAsMaster(t *testing.T) {
	for _, x := range []struct{ device, want string }{
		{"Polycom HDX 8000", "masterSlaveConflict"},
		{"Microsoft NetMeeting 3.0", "ack"},
		{"Tandberg T1000", "ack"},
	} {
		l := newLone(t, func(c *Config) { c.Device = func() string { return x.device } })
		l.only(l.settle(both(alaw()), both(ulaw())))
		equal(t, x.device, l.answerTo(channel(1, 1, audioData(ulaw()))), x.want)
		equal(t, x.device+" with our codec", l.answerTo(channel(2, 1, audioData(alaw()))), "ack")
	}
	l := newLone(t, nil)
	l.only(l.settle(receives(alaw()), receives(ulaw())))
	equal(t, "codecs that may differ", l.answerTo(channel(1, 1, audioData(ulaw()))), "ack")
}

// Packetizations may differ between the directions, whatever the far end says of codecs.
func TestNoConflictInPackets(t *testing.T) {
	l := newLone(t, nil)
	l.Start(l.now)
	l.take()
	s := set(1, &h245.Capability{ReceiveAndTransmitVideoCapability: h264(64)})
	s.MultiplexCapability.H2250Capability.MediaPacketizationCapability.RTPPayloadType = []h245.RTPPayloadType{{
		PayloadDescriptor: h245.RTPPayloadTypePayloadDescriptor{OID: new(per.OID("0.0.8.241.0.0.0.1"))},
	}}
	l.request(offer(s))
	l.respond(capsAck(1))
	equal(t, "their pictures", l.answerTo(channel(2, 2, h245.DataType{VideoData: h264(64)})), "ack")
	o := l.only(l.respond(decision(true)))
	l.ack(o.ForwardLogicalChannelNumber, 7002)
	equal(t, "and again", l.answerTo(channel(2, 2, h245.DataType{VideoData: h264(64)})), "ack")
	if v := l.stream(media.Video); v.Send.H264.Mode != 1 || v.Recv[0].H264.Mode != 0 {
		t.Errorf("sent in mode %d, received in %d", v.Send.H264.Mode, v.Recv[0].H264.Mode)
	}
}

func TestT103(t *testing.T) {
	l := newLone(t, nil)
	o := l.only(l.settle(receives(alaw()), receives(ulaw())))
	equal(t, "their channel", l.answerTo(channel(1, 1, audioData(alaw()))), "ack")
	equal(t, "early", kinds(l.wait(t103-time.Millisecond)), []string(nil))
	equal(t, "late", kinds(l.wait(time.Millisecond)), []string{"closeLogicalChannel"})
	l.ack(o.ForwardLogicalChannelNumber, 7000)
	if l.stream(media.Audio).Direction != media.Recv {
		t.Error("the answer came too late, and counted")
	}
	equal(t, "nothing more", kinds(l.wait(time.Minute)), []string(nil))
	if len(l.closing) != 0 {
		t.Errorf("%d channels are never closed", len(l.closing))
	}
}

// Channels of the far end, by what is wrong with them.
func TestAccept(t *testing.T) {
	video := h245.DataType{VideoData: h264(64)}
	for _, x := range []struct {
		name   string
		master bool
		open   func() *h245.OpenLogicalChannel
		want   string
	}{
		{"sound", true, func() *h245.OpenLogicalChannel { return channel(1, 1, audioData(g722())) }, "ack"},
		{"sound in long packets", true, func() *h245.OpenLogicalChannel {
			return channel(1, 1, audioData(h245.AudioCapability{G711Ulaw64k: new(uint16(240))}))
		}, "ack"},
		{"pictures", true, func() *h245.OpenLogicalChannel { return channel(1, 2, video) }, "ack"},
		{"session 0 from a slave", true, func() *h245.OpenLogicalChannel { return channel(1, 0, video) }, "ack"},
		{"session 0 from the master", false, func() *h245.OpenLogicalChannel { return channel(1, 0, video) }, "invalidSessionID"},
		{"a session of the master's", false, func() *h245.OpenLogicalChannel { return channel(1, 32, video) }, "ack"},
		{"a session that nobody named", true, func() *h245.OpenLogicalChannel { return channel(1, 32, video) }, "invalidSessionID"},
		{"sound in the session of pictures", true, func() *h245.OpenLogicalChannel { return channel(1, 2, audioData(alaw())) }, "invalidSessionID"},
		{"pictures in the session of data", true, func() *h245.OpenLogicalChannel { return channel(1, 3, video) }, "invalidSessionID"},
		{"a codec that is not ours", true, func() *h245.OpenLogicalChannel {
			return channel(1, 1, audioData(h245.AudioCapability{G728: new(uint16(1))}))
		}, "dataTypeNotSupported"},
		{"a profile that is not ours", true, func() *h245.OpenLogicalChannel {
			return channel(1, 2, h245.DataType{VideoData: h264(32)})
		}, "dataTypeNotSupported"},
		{"no profile (Tandberg MXP)", true, func() *h245.OpenLogicalChannel {
			return channel(1, 2, h245.DataType{VideoData: h264(0)})
		}, "dataTypeNotSupported"},
		{"camera control", true, func() *h245.OpenLogicalChannel {
			return channel(1, 3, h245.DataType{Data: &h245.DataApplicationCapability{
				Application: h245.DataApplicationCapabilityApplication{H224: &h245.DataProtocolCapability{HdlcFrameTunnelling: true}}, MaxBitRate: 64,
			}})
		}, "dataTypeNotSupported"},
		{"a presentation", true, func() *h245.OpenLogicalChannel { return presentation(0) }, "dataTypeNotSupported"},
		{"a presentation of Huawei's MCU", false, func() *h245.OpenLogicalChannel { return presentation(10) }, "dataTypeNotSupported"},
		{"something of its own", true, func() *h245.OpenLogicalChannel {
			return channel(1, 1, h245.DataType{NonStandard: &h245.NonStandardParameter{NonStandardIdentifier: h245.NonStandardIdentifier{Object: new(per.OID("1.3.6"))}}})
		}, "unknownDataType"},
		{"nothing", true, func() *h245.OpenLogicalChannel { return channel(1, 1, h245.DataType{NullData: true}) }, "dataTypeNotSupported"},
		{"encrypted", true, func() *h245.OpenLogicalChannel {
			return channel(1, 1, h245.DataType{H235Media: &h245.H235Media{MediaType: h245.H235MediaMediaType{AudioData: new(alaw())}}})
		}, "securityDenied"},
		{"both ways at once", true, func() *h245.OpenLogicalChannel {
			o := channel(1, 1, audioData(alaw()))
			o.ReverseLogicalChannelParameters = &h245.ReverseLogicalChannelParameters{DataType: audioData(alaw())}
			return o
		}, "unsuitableReverseParameters"},
		{"multicast", true, func() *h245.OpenLogicalChannel {
			o := channel(1, 1, audioData(alaw()))
			params(o).MediaChannel = &h245.TransportAddress{MulticastAddress: &h245.MulticastAddress{
				IPAddress: &h245.MulticastAddressIPAddress{Network: per.Octets{239, 1, 1, 1}},
			}}
			return o
		}, "multicastChannelNotAllowed"},
		{"with an address of its own", true, func() *h245.OpenLogicalChannel {
			o := channel(1, 1, audioData(alaw()))
			params(o).MediaChannel = address(7000)
			return o
		}, "ack"},
		{"without RTCP", true, func() *h245.OpenLogicalChannel {
			o := channel(1, 1, audioData(alaw()))
			params(o).MediaControlChannel = nil
			return o
		}, "ack"},
		{"for another network", true, func() *h245.OpenLogicalChannel {
			o := channel(1, 1, audioData(alaw()))
			o.ForwardLogicalChannelParameters.MultiplexParameters = h245.ForwardMultiplexParameters{None: true}
			return o
		}, "unspecified"},
		{"in place of what is not there", true, func() *h245.OpenLogicalChannel {
			o := channel(1, 1, audioData(alaw()))
			o.ForwardLogicalChannelParameters.ReplacementFor = new(uint16(44))
			return o
		}, "replacementForRejected"},
	} {
		l := newLone(t, nil)
		l.settle(receives(alaw()))
		if !x.master {
			l.request(determination(190, 7))
			l.respond(decision(false))
		}
		equal(t, x.name, l.answerTo(x.open()), x.want)
		if recv := l.stream(media.Audio).Direction|l.stream(media.Video).Direction == media.Recv; recv != (x.want == "ack") {
			t.Errorf("%s: something arrives: %v", x.name, recv)
		}
	}
}

// presentation is a channel for H.239 content.
func presentation(session uint8) *h245.OpenLogicalChannel {
	return channel(9, session, h245.DataType{VideoData: &h245.VideoCapability{ExtendedVideoCapability: &h245.ExtendedVideoCapability{
		VideoCapability: []h245.VideoCapability{*h264(64)},
		VideoCapabilityExtension: []h245.GenericCapability{{
			CapabilityIdentifier: h245.CapabilityIdentifier{Standard: new(per.OID("0.0.8.239.1.2"))},
			Collapsing: []h245.GenericParameter{{
				ParameterIdentifier: h245.ParameterIdentifier{Standard: new(uint8(1))},
				ParameterValue:      h245.ParameterValue{BooleanArray: new(uint8(1))},
			}},
		}},
	}}})
}

// What our answer says: addresses, session, payload type.
func TestAck(t *testing.T) {
	l := newLone(t, nil)
	l.settle(receives(alaw()))
	o := channel(300, 0, h245.DataType{VideoData: h264(64)})
	params(o).DynamicRTPPayloadType = new(uint8(117))
	params(o).MediaPacketization = &h245.H2250LogicalChannelParametersMediaPacketization{RTPPayloadType: &h245.RTPPayloadType{
		PayloadDescriptor: h245.RTPPayloadTypePayloadDescriptor{OID: new(per.OID("0.0.8.241.0.0.0.1"))}, PayloadType: new(uint8(117)),
	}}
	out := l.request(h245.RequestMessage{OpenLogicalChannel: o})
	a := out[0].Response.OpenLogicalChannelAck
	p := ackParameters(a)
	rtp, _ := p.MediaChannel.AddrPort()
	rtcp, _ := p.MediaControlChannel.AddrPort()
	if a.ForwardLogicalChannelNumber != 300 || *p.SessionID != 2 || *p.DynamicRTPPayloadType != 117 || rtp.Port() != 5002 || rtcp.Port() != 5003 {
		t.Errorf("%+v, RTP %v, RTCP %v", p, rtp, rtcp)
	}
	s := l.stream(media.Video)
	if s.Direction != media.Recv || s.Recv[0].PT != 117 || s.Recv[0].H264.Mode != 1 || s.Recv[0].H264.Limits().MaxFS != 8192 {
		t.Errorf("pictures %+v", s)
	}
	// RTCP is sent even while nothing else is, and RTP expected from beside it.
	if s.RemoteRTCP != netip.MustParseAddrPort("127.0.0.2:7001") || s.Remote != netip.MustParseAddrPort("127.0.0.2:7000") {
		t.Errorf("RTCP to %v, RTP with %v", s.RemoteRTCP, s.Remote)
	}
}

func TestClose(t *testing.T) {
	l := newLone(t, nil)
	l.settle(receives(alaw()))
	l.answerTo(channel(1, 1, audioData(alaw())))
	equal(t, "close", kinds(l.request(closes(1))), []string{"closeLogicalChannelAck"})
	if d := l.stream(media.Audio).Direction; d != media.Inactive {
		t.Errorf("sound is %v", d)
	}
	equal(t, "again", kinds(l.request(closes(1))), []string{"closeLogicalChannelAck"})
	equal(t, "opened anew", l.answerTo(channel(1, 1, audioData(g722()))), "ack")
	if f := l.stream(media.Audio).Recv; len(f) != 1 || f[0].Codec != media.G722 {
		t.Errorf("sound %+v", f)
	}
}

// Huawei's MCU opens a channel anew without closing the one before; the new one counts.
func TestNewChannelWithoutClose(t *testing.T) {
	l := newLone(t, nil)
	l.settle(receives(alaw()))
	for n := uint16(1); n < 20; n++ {
		a := alaw()
		if n%2 == 0 {
			a = g722()
		}
		equal(t, "channel", l.answerTo(channel(n, 1, audioData(a))), "ack")
	}
	f := l.stream(media.Audio).Recv
	if len(f) != 2 || f[0].Codec != media.PCMA || f[1].Codec != media.G722 {
		t.Errorf("sound %+v", f)
	}
	if n := len(l.Status().Channels); n != 1+maxIncoming {
		t.Errorf("%d channels are kept", n)
	}
	l.request(closes(19))
	if f := l.stream(media.Audio).Recv; f[0].Codec != media.G722 {
		t.Errorf("sound %+v", f)
	}
}

// A second picture in a session of its own is no main picture, even if nothing marks it
// as a presentation (Tandberg before H.239).
func TestSecondPicture(t *testing.T) {
	pictures := h245.DataType{VideoData: h264(64)}
	for role, id := range map[Role]uint8{Master: 0, Slave: 32} {
		l := newLone(t, nil)
		l.settle(receives(alaw()))
		if role == Slave {
			l.request(determination(190, 7))
			l.respond(decision(false))
		}
		equal(t, "main", l.answerTo(channel(1, 2, pictures)), "ack")
		equal(t, "second", l.answerTo(channel(2, id, pictures)), "dataTypeNotAvailable")
		l.request(closes(1))
		equal(t, "second alone", l.answerTo(channel(2, id, pictures)), "ack")
	}
}

func TestRequestClose(t *testing.T) {
	ask := func(n uint16, reason *h245.RequestChannelCloseReason) h245.RequestMessage {
		return h245.RequestMessage{RequestChannelClose: &h245.RequestChannelClose{ForwardLogicalChannelNumber: n, Reason: reason}}
	}
	for _, x := range []struct {
		name   string
		reason *h245.RequestChannelCloseReason
		says   []string
	}{
		{"for good", nil, []string{"requestChannelCloseAck", "closeLogicalChannel"}},
		{"normal", &h245.RequestChannelCloseReason{Normal: true}, []string{"requestChannelCloseAck", "closeLogicalChannel"}},
		{"to open it again", &h245.RequestChannelCloseReason{Reopen: true}, []string{"requestChannelCloseAck", "closeLogicalChannel", "openLogicalChannel"}},
	} {
		l := newLone(t, nil)
		o := l.only(l.settle(receives(alaw())))
		l.ack(o.ForwardLogicalChannelNumber, 7000)
		equal(t, "a channel that is not there", kinds(l.request(ask(9999, x.reason))), []string{"requestChannelCloseReject"})
		equal(t, x.name, kinds(l.request(ask(o.ForwardLogicalChannelNumber, x.reason))), x.says)
		if d := l.stream(media.Audio).Direction; d != media.Inactive {
			t.Errorf("%s: sound is %v", x.name, d)
		}
		l.respond(closeAck(o.ForwardLogicalChannelNumber))
		if len(l.closing) != 0 {
			t.Errorf("%s: %d channels are closing", x.name, len(l.closing))
		}
	}
}

// A far end that has channels closed and never says so is given up.
func TestNeverClosed(t *testing.T) {
	l := newLone(t, nil)
	o := l.only(l.settle(receives(alaw())))
	for range 100 {
		out := l.request(h245.RequestMessage{RequestChannelClose: &h245.RequestChannelClose{
			ForwardLogicalChannelNumber: o.ForwardLogicalChannelNumber, Reason: &h245.RequestChannelCloseReason{Reopen: true},
		}})
		if l.failed != "" {
			break
		}
		o = l.only(out)
	}
	equal(t, "failure", l.failed, "protocol: closeLogicalChannel is not answered")
}

// Numbers of ours are used again only when all have been.
func TestNumbers(t *testing.T) {
	l := newLone(t, nil)
	l.numbers = 65534
	l.closing[101] = true
	equal(t, "numbers", []uint16{l.number(), l.number(), l.number()}, []uint16{65535, 102, 103})
}

package control

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// H323Plus says that it takes single packets, and takes fragments: it gets what browsers
// send. Nobody else does unasked.
func TestPacketsForH323Plus(t *testing.T) {
	for _, x := range []struct {
		device string
		mode   uint8
	}{
		{"H323Plus CallGen 2.3.0 (H323plus v1.28.0)", 1},
		{"Tandberg MXP", 0},
		{"", 0},
	} {
		l := newLone(t, func(c *Config) { c.Device = func() string { return x.device } })
		o := l.only(l.settle(&h245.Capability{ReceiveVideoCapability: h264(64)}))
		l.ack(o.ForwardLogicalChannelNumber, 7002)
		v := l.stream(media.Video)
		if v.Send.Codec != media.H264 || v.Send.H264.Mode != x.mode || (v.Send.H264.MaxNAL == 0) != (x.mode == 1) {
			t.Errorf("%q gets %+v", x.device, v.Send)
		}
		p := o.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters
		if id := p.MediaPacketization.RTPPayloadType.PayloadDescriptor.OID; id == nil || *id != "0.0.8.241.0.0.0.0" {
			t.Errorf("%q is told %v", x.device, *id)
		}
	}
}

package packet

import (
	"testing"

	"github.com/pion/rtcp"
)

func TestClassify(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		want Class
	}{
		"nothing":             {nil, Unknown},
		"one byte":            {[]byte{0x80}, Unknown},
		"STUN request":        {[]byte{0, 1, 0, 0}, STUN},
		"STUN highest":        {[]byte{3, 0}, STUN},
		"nobody's":            {[]byte{4, 0}, Unknown},
		"ZRTP":                {[]byte{16, 0}, Unknown},
		"ChangeCipherSpec":    {[]byte{20, 254, 253}, DTLS},
		"ClientHello":         {[]byte{22, 254, 253}, DTLS},
		"DTLS highest":        {[]byte{63, 0}, DTLS},
		"TURN channel":        {[]byte{64, 0}, Unknown},
		"between":             {[]byte{127, 0}, Unknown},
		"RTP":                 {[]byte{0x80, 0}, RTP},
		"RTP with marker":     {[]byte{0x80, 0x80 | 96}, RTP},
		"RTP with everything": {[]byte{0xbf, 127}, RTP},
		"marker and type 63":  {[]byte{0x80, 191}, RTP},
		"marker and type 96":  {[]byte{0x80, 224}, RTP},
		"sender report":       {[]byte{0x80, 200}, RTCP},
		"FIR of RFC 2032":     {[]byte{0x80, 192}, RTCP},
		"highest RTCP":        {[]byte{0xbf, 223}, RTCP},
		"beyond":              {[]byte{192, 200}, Unknown},
	} {
		if got := Classify(c.b); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for _, p := range []rtcp.Packet{&rtcp.SenderReport{}, &rtcp.Goodbye{}, &rtcp.PictureLossIndication{}, &rtcp.TransportLayerNack{Nacks: []rtcp.NackPair{{}}}} {
		b, err := p.Marshal()
		if err != nil || Classify(b) != RTCP {
			t.Errorf("%T: %v, %v", p, Classify(b), err)
		}
	}
	for c, want := range map[Class]string{Unknown: "unknown", STUN: "stun", DTLS: "dtls", RTP: "rtp", RTCP: "rtcp"} {
		if c.String() != want {
			t.Errorf("%d is %q", c, c.String())
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add([]byte{0x80, 200})
	f.Fuzz(func(t *testing.T, b []byte) {
		var p Packet
		if c := Classify(b); c != RTP && c != RTCP && Parse(b, &p) == nil {
			t.Fatalf("RTP taken for %v", c)
		}
	})
}

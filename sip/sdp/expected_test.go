package sdp

import (
	"net/netip"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

func TestExpected(t *testing.T) {
	local := Local{
		Address: netip.MustParseAddr("127.0.0.1"), SessionID: 1, Version: 1,
		Streams: []LocalStream{{Kind: media.Audio, Port: 30000, RTCPPort: 30001, Direction: media.SendRecv}},
		Caps: media.Capabilities{
			Audio: []media.Format{
				{Codec: media.G722, ClockRate: 8000}, {Codec: media.DTMF, ClockRate: 8000},
			},
			Encryption: media.EncryptionOff,
		},
	}
	s := NewState(local)
	if e := s.Expected(); len(e.Streams) != 1 || e.Streams[0].Direction != media.Inactive {
		t.Errorf("without an offer: %+v", e)
	}
	if _, err := s.Offer(); err != nil {
		t.Fatal(err)
	}
	e := s.Expected().Streams[0]
	if e.Direction != media.Recv || len(e.Recv) != 1 || e.Recv[0].Codec != media.G722 || e.Recv[0].PT != 9 || e.RecvDTMF == 0 || e.Remote.IsValid() {
		t.Errorf("with an offer: %+v", e)
	}
	s.Rollback()
	if e := s.Expected().Streams[0]; e.Direction != media.Inactive {
		t.Errorf("after the offer was given up: %+v", e)
	}
	local.Caps.Encryption, local.Caps.Suites = media.EncryptionRequire, []media.Suite{media.AESCM80}
	s = NewState(local)
	if _, err := s.Offer(); err != nil {
		t.Fatal(err)
	}
	if e := s.Expected().Streams[0]; e.Direction != media.Inactive {
		t.Errorf("encrypted only: %+v", e)
	}
}

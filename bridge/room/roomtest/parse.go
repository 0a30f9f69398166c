package roomtest

import "github.com/pion/rtp"

// parse reads an RTP packet; the payload is without padding.
func parse(b []byte) (rtp.Header, []byte, error) {
	var p rtp.Packet
	if err := p.Unmarshal(b); err != nil {
		return rtp.Header{}, nil, err
	}
	return p.Header, p.Payload, nil
}

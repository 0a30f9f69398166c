package clip

import "github.com/roombridge/roombridge/bridge/h264"

// packing is a way to cut access units into packets.
type packing struct {
	mode uint8
	mtu  int
}

// Packets are the RTP payloads of a clip.
type Packets struct {
	Units   [][][]byte // of each access unit; the marker belongs on the last
	Longest int        // bytes of the longest payload
	TooLong int        // NAL units that do not fit: packetization-mode 0 cannot cut them
}

// Packets cuts the clip for a packetization mode; all callers share the
// result. NAL units too long for mode 0 are packets of their own size.
func (c *Clip) Packets(mode uint8, mtu int) (*Packets, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.cache[packing{mode, mtu}]; p != nil {
		return p, nil
	}
	p := &Packets{Units: make([][][]byte, len(c.Units))}
	for i, u := range c.Units {
		payloads, err := p.cut(u.NALs, mode, mtu)
		if err != nil {
			return nil, err
		}
		p.Units[i] = payloads
		for _, payload := range payloads {
			p.Longest = max(p.Longest, len(payload))
		}
	}
	c.cache[packing{mode, mtu}] = p
	return p, nil
}

func (p *Packets) cut(nals [][]byte, mode uint8, mtu int) ([][]byte, error) {
	if mode != 0 {
		return h264.Packetize(nals, mode, mtu)
	}
	for _, nal := range nals {
		if len(nal) > mtu {
			p.TooLong++
		}
	}
	return nals, nil
}

package clip

import (
	"bytes"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	frames "github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/payload"
)

// packing is a way to cut access units into packets.
type packing struct {
	codec media.Codec
	mode  uint8
	mtu   int
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
	return c.packets(packing{media.H264, mode, mtu}, func(p *Packets, u *Unit) ([][]byte, error) {
		return p.cut(u.NALs, mode, mtu)
	})
}

// PacketsAs cuts a clip of another codec than H.264 for a payload format: H.263 goes as
// RFC 2190 or RFC 4629 has it.
func (c *Clip) PacketsAs(codec media.Codec, mtu int) (*Packets, error) {
	z, err := payload.NewPacketizer(codec, payload.Options{MTU: mtu})
	if err != nil {
		return nil, err
	}
	return c.packets(packing{codec, 0, mtu}, func(_ *Packets, u *Unit) ([][]byte, error) {
		list, err := z.Payloads(frames.Encoded{Units: u.NALs, Key: u.Keyframe})
		kept := make([][]byte, len(list))
		for i, b := range list {
			kept[i] = bytes.Clone(b)
		}
		return kept, err
	})
}

// packets cuts all units, once for each way to do it.
func (c *Clip) packets(how packing, cut func(p *Packets, u *Unit) ([][]byte, error)) (*Packets, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.cache[how]; p != nil {
		return p, nil
	}
	p := &Packets{Units: make([][][]byte, len(c.Units))}
	for i := range c.Units {
		payloads, err := cut(p, &c.Units[i])
		if err != nil {
			return nil, err
		}
		p.Units[i] = payloads
		for _, payload := range payloads {
			p.Longest = max(p.Longest, len(payload))
		}
	}
	c.cache[how] = p
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

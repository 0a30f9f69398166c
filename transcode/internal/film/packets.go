package film

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/payload"
)

// Packet is one RTP payload.
type Packet struct {
	Seq       uint16
	Timestamp uint32
	Marker    bool
	Payload   []byte
}

// Source sends a film, 30 pictures a second.
type Source struct {
	Codec         media.Codec
	Width, Height int
	N             int // of the next picture

	encoder codec.VideoEncoder
	packets payload.Packetizer
	picture *codec.Picture
	seq     uint16
	ready   [][]Packet // frames of a loop that is ready
}

// NewSource makes a source.
func NewSource(c media.Codec, width, height, bitrate int) (*Source, error) {
	enc, err := pictures.NewVideoEncoder(c, codec.VideoSettings{Width: width, Height: height, FPS: 30, Bitrate: bitrate, Profile: 66, Level: 40})
	if err != nil {
		return nil, err
	}
	cut, err := payload.NewPacketizer(c, payload.Options{Mode: 1})
	if err != nil {
		enc.Close()
		return nil, err
	}
	return &Source{Codec: c, Width: width, Height: height, encoder: enc, packets: cut, picture: codec.Allocate(width, height)}, nil
}

// Next gives the packets of the next picture, and takes memory for them.
func (s *Source) Next(key bool) (list []Packet, err error) {
	Draw(s.picture, s.N)
	ts := uint32(s.N) * 3000
	e, err := s.encoder.Encode(s.picture, int64(s.N)*3000, key)
	s.N++
	if err != nil {
		return nil, err
	}
	payloads, err := s.packets.Payloads(e)
	for i, p := range payloads {
		list = append(list, Packet{s.seq, ts, i == len(payloads)-1, append([]byte(nil), p...)})
		s.seq++
	}
	return list, err
}

// Prepare encodes so many pictures, of which the first is a keyframe, that Loop gives
// again and again: a sender that costs nothing.
func (s *Source) Prepare(n int) error {
	for i := range n {
		list, err := s.Next(i == 0)
		if err != nil {
			return err
		}
		s.ready = append(s.ready, list)
	}
	return nil
}

// Loop gives the packets of frame i of a loop without end. They are numbered as they should be.
func (s *Source) Loop(i int) []Packet {
	list := s.ready[i%len(s.ready)]
	for j := range list {
		list[j].Seq, list[j].Timestamp = s.seq, uint32(i)*3000
		s.seq++
	}
	return list
}

// Close frees the encoder.
func (s *Source) Close() { s.encoder.Close() }

// Viewer looks at a stream of packets.
type Viewer struct {
	Frames, Keys, Damaged int
	Picture               *codec.Picture // the last good one
	Timestamp             uint32

	assembler payload.Assembler
	decoder   codec.VideoDecoder
}

// NewViewer makes a viewer.
func NewViewer(c media.Codec) (*Viewer, error) {
	a, err := payload.NewAssembler(c)
	if err != nil {
		return nil, err
	}
	d, err := pictures.NewVideoDecoder(c, "")
	if err != nil {
		return nil, err
	}
	return &Viewer{assembler: a, decoder: d}, nil
}

// Push takes a packet and tells whether there is another picture.
func (v *Viewer) Push(p Packet) bool {
	shown := false
	f, ok := v.assembler.Push(p.Seq, p.Timestamp, p.Marker, p.Payload)
	for ; ok; f, ok = v.assembler.Next() {
		shown = v.frame(f) || shown
	}
	return shown
}

func (v *Viewer) frame(f payload.Frame) bool {
	v.Frames++
	if f.Key {
		v.Keys++
	}
	p, damaged, err := v.decoder.Decode(f.Data)
	if err != nil || damaged || f.Damaged {
		v.Damaged++
		if p != nil {
			p.Release()
		}
		return false
	}
	if p == nil {
		return false
	}
	if v.Picture != nil {
		v.Picture.Release()
	}
	v.Picture, v.Timestamp = p, f.Timestamp
	return true
}

// Close frees what the viewer holds.
func (v *Viewer) Close() {
	if v.Picture != nil {
		v.Picture.Release()
	}
	v.decoder.Close()
}

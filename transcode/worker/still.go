package worker

import (
	"errors"
	"fmt"
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/payload"
)

// What a keyframe may take of a second of bits, by the encoders' own planning, and how often
// one is tried with less.
const (
	stillSeconds = 0.4
	stillTries   = 5
	stillFPS     = 5
)

// encodeStill encodes an I420 picture as the RTP payloads of one keyframe, in the best quality
// that keeps to the bounds.
func encodeStill(s transcode.Still, i420 []byte) ([][]byte, error) {
	p := codec.NewPicture(nil)
	n := s.Width * s.Height
	p.Width, p.Height, p.StrideY, p.StrideC = s.Width, s.Height, s.Width, s.Width/2
	p.Y, p.U, p.V = i420[:n], i420[n:n*5/4], i420[n*5/4:]
	size := s.MaxSize
	if size == 0 {
		size = n / 4
	}
	bitrate := float64(8*size) / stillSeconds
	if vpx(s.Codec) { // which take less than they may
		bitrate *= 4
	}
	for range stillTries {
		units, err := keyframe(s, p, int(min(max(bitrate, codec.MinBitrate), codec.MaxBitrate)))
		if err != nil {
			return nil, err
		}
		total := length(units)
		if total <= size {
			return units, nil
		}
		bitrate *= max(float64(size)/float64(total)*0.9, 0.2)
	}
	return nil, fmt.Errorf("%s: the picture does not fit into %d bytes", s.Codec, size)
}

func vpx(c media.Codec) bool { return c == media.VP8 || c == media.VP9 }

func length(units [][]byte) (n int) {
	for _, u := range units {
		n += len(u)
	}
	return n
}

func keyframe(s transcode.Still, p *codec.Picture, bitrate int) ([][]byte, error) {
	mtu := s.MaxNAL
	if mtu == 0 {
		mtu = payload.DefaultMTU
	}
	packets, err := payload.NewPacketizer(s.Codec, payload.Options{MTU: mtu})
	if err != nil {
		return nil, err
	}
	fps := stillFPS
	if vpx(s.Codec) { // which think long where they take it for having time
		fps = 30
	}
	e, err := pictures.NewVideoEncoder(s.Codec, codec.VideoSettings{
		Width: s.Width, Height: s.Height, FPS: fps, Bitrate: bitrate, MaxUnit: mtu,
	})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	out, err := e.Encode(p, 0, true)
	if err != nil {
		return nil, err
	}
	if !out.Key || len(out.Units) == 0 {
		return nil, errors.New("the encoder gave no keyframe")
	}
	units, err := packets.Payloads(out)
	if err != nil {
		return nil, err
	}
	own := make([][]byte, len(units)) // the encoder's memory ends with it
	for i, u := range units {
		own[i] = slices.Clone(u)
	}
	return own, nil
}

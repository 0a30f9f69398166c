// Package pictures knows all picture codecs of this build by name.
package pictures

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/avcodec"
	"github.com/roombridge/roombridge/transcode/codec/vpx"
)

var all = []media.Codec{media.H264, media.H265, media.VP8, media.VP9, media.AV1, media.H263P, media.H263, media.H261}

func list(has func(media.Codec) bool) (l []media.Codec) {
	for _, c := range all {
		if has(c) {
			l = append(l, c)
		}
	}
	return l
}

// Decodes lists the codecs that this build decodes.
func Decodes() []media.Codec { return list(avcodec.Decodes) }

// Encodes lists the codecs that this build encodes.
func Encodes() []media.Codec {
	return list(func(c media.Codec) bool { return avcodec.Encodes(c) || vpx.Encodes(c) })
}

// NewVideoDecoder makes a decoder. parameterSets are those of H.264 that the signalling
// gave, as media.Format has them; they may be empty, and what is no parameter set is ignored.
func NewVideoDecoder(c media.Codec, parameterSets string) (codec.VideoDecoder, error) {
	d, err := avcodec.NewDecoder(c)
	if err != nil {
		return nil, err
	}
	if c == media.H264 {
		if sets := byteStream(parameterSets); len(sets) > 0 {
			if p, _, err := d.Decode(sets); err == nil && p != nil {
				p.Release()
			}
		}
	}
	return d, nil
}

// Bounds of parameter sets from the signalling.
const maxSets, maxSet = 32, 4096

// byteStream gives parameter sets with start codes.
func byteStream(sets string) (b []byte) {
	if len(sets) > maxSets*maxSet {
		return nil
	}
	for s := range strings.SplitSeq(sets, ",") {
		u, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
		if err != nil || len(u) < 2 || len(u) > maxSet || u[0]&0x1f != 7 && u[0]&0x1f != 8 {
			continue
		}
		b = append(append(b, 0, 0, 0, 1), u...)
	}
	return b
}

// NewVideoEncoder makes an encoder.
func NewVideoEncoder(c media.Codec, s codec.VideoSettings) (codec.VideoEncoder, error) {
	if c == media.VP8 || c == media.VP9 {
		return vpx.NewEncoder(c, s)
	}
	return avcodec.NewEncoder(c, s)
}

// Warm uses each codec once, so that a process can shut itself in afterwards:
// what the libraries load and ask of the system when they are first used they have then.
func Warm() error {
	for _, c := range Encodes() {
		if err := warm(c); err != nil {
			return fmt.Errorf("warming up: %w", err)
		}
	}
	for _, c := range Decodes() {
		d, err := NewVideoDecoder(c, "")
		if err != nil {
			return fmt.Errorf("warming up: %w", err)
		}
		d.Close()
	}
	return nil
}

// warm encodes a grey picture and decodes it.
func warm(c media.Codec) error {
	e, err := NewVideoEncoder(c, codec.VideoSettings{Width: 176, Height: 144, FPS: 10, Bitrate: 64_000, Profile: 66, Level: 10})
	if err != nil {
		return err
	}
	defer e.Close()
	out, err := e.Encode(codec.Allocate(176, 144), 0, true)
	if err != nil {
		return err
	}
	d, err := NewVideoDecoder(c, "")
	if err != nil {
		return err
	}
	defer d.Close()
	var frame []byte
	for _, u := range out.Units {
		if c == media.H264 {
			frame = append(frame, 0, 0, 0, 1)
		}
		frame = append(frame, u...)
	}
	p, _, err := d.Decode(frame)
	if p != nil {
		p.Release()
	}
	return err
}

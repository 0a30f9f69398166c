package worker

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/g711"
	"github.com/roombridge/roombridge/transcode/codec/g722"
	"github.com/roombridge/roombridge/transcode/codec/g7221"
	"github.com/roombridge/roombridge/transcode/codec/g729"
	"github.com/roombridge/roombridge/transcode/codec/opus"
	"github.com/roombridge/roombridge/transcode/wire"
)

// audio is one audio codec of this build. A nil constructor is a direction it
// does not have.
type audio struct {
	name    media.Codec
	clock   int // RTP, unless another was negotiated
	decoder func(transcode.Input) (codec.Decoder, error)
	encoder func(transcode.Output) (codec.Encoder, error)
	ptimes  []int // ms that a packet may have, least first
	memory  memory
}

// memory is how much a decoder depends on the packets before.
type memory uint8

const (
	none   memory = iota // any packet decodes alone
	little               // a decoder may begin anywhere, and hears little of it
	full                 // a decoder must have heard all: what another encoder makes is a bang
)

var wholeFrames = []int{20, 40, 60}

var evenTimes = []int{10, 20, 30, 40, 60}

var audios = []audio{
	{
		name: media.Opus, clock: 48000, ptimes: []int{10, 20, 40, 60}, memory: little,
		decoder: func(transcode.Input) (codec.Decoder, error) { return opus.NewDecoder() },
		encoder: opusEncoder(),
	},
	{
		name: media.G722, clock: 8000, ptimes: evenTimes, memory: full,
		decoder: func(transcode.Input) (codec.Decoder, error) { return g722.NewDecoder(), nil },
		encoder: func(transcode.Output) (codec.Encoder, error) { return g722.NewEncoder(), nil },
	},
	{
		name: media.PCMU, clock: 8000, ptimes: evenTimes,
		decoder: func(transcode.Input) (codec.Decoder, error) { return g711.NewDecoder(g711.Mu), nil },
		encoder: func(transcode.Output) (codec.Encoder, error) { return g711.NewEncoder(g711.Mu), nil },
	},
	{
		name: media.PCMA, clock: 8000, ptimes: evenTimes,
		decoder: func(transcode.Input) (codec.Decoder, error) { return g711.NewDecoder(g711.A), nil },
		encoder: func(transcode.Output) (codec.Encoder, error) { return g711.NewEncoder(g711.A), nil },
	},
	{ // its clock is its sample rate, so that the entry is both G.722.1 and Annex C
		name: media.G7221, clock: 16000, ptimes: wholeFrames, memory: little,
		decoder: func(in transcode.Input) (codec.Decoder, error) { return g7221.NewDecoder(in.ClockRate, in.Bitrate) },
		encoder: func(o transcode.Output) (codec.Encoder, error) { return g7221.NewEncoder(o.ClockRate, o.Bitrate) },
	},
	{
		name: media.G729, clock: 8000, ptimes: evenTimes, memory: little,
		decoder: g729Decoder(), encoder: g729Encoder(),
	},
}

func g729Decoder() func(transcode.Input) (codec.Decoder, error) {
	if !g729.Available {
		return nil
	}
	return func(transcode.Input) (codec.Decoder, error) { return g729.NewDecoder() }
}

func g729Encoder() func(transcode.Output) (codec.Encoder, error) {
	if !g729.Available {
		return nil
	}
	return func(transcode.Output) (codec.Encoder, error) { return g729.NewEncoder() }
}

func opusEncoder() func(transcode.Output) (codec.Encoder, error) {
	if !opus.CanEncode {
		return nil
	}
	return func(o transcode.Output) (codec.Encoder, error) {
		return opus.NewEncoder(opus.EncoderConfig{Bitrate: o.Bitrate, FEC: o.FEC})
	}
}

func audioCodec(name media.Codec) (audio, error) {
	for _, a := range audios {
		if a.name == name {
			return a, nil
		}
	}
	return audio{}, fmt.Errorf("codec %q is not known", name)
}

// clockOr takes over the RTP clock that was negotiated, if it can be one.
func (a audio) clockOr(rate int) int {
	switch rate {
	case 8000, 16000, 32000, 48000:
		return rate
	}
	return a.clock
}

// ptime gives the packet time nearest to the one wanted from below, or the
// usual 20 ms.
func (a audio) ptime(want int) int {
	if want == 0 {
		want = 20
	}
	best := a.ptimes[0]
	for _, p := range a.ptimes {
		if p <= want {
			best = p
		}
	}
	return best
}

// Capabilities says what this build of the worker can do.
func Capabilities() transcode.Capabilities {
	c := transcode.Capabilities{Version: wire.Version}
	for _, a := range audios {
		if a.decoder != nil {
			c.AudioDecode = append(c.AudioDecode, a.name)
		}
		if a.encoder != nil {
			c.AudioEncode = append(c.AudioEncode, a.name)
		}
	}
	c.VideoDecode, c.VideoEncode = pictureCodecs()
	return c
}

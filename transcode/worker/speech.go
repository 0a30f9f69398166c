package worker

import (
	"errors"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/wire"
	"github.com/roombridge/roombridge/transcode/worker/dsp"
)

type speech struct {
	id   uint32
	spec transcode.Speech
}

// speak answers requests for sounds as packets, one after the other.
func (p *requests) speak() {
	for s := range p.speeches {
		spoken, err := encodeSpeech(s.spec)
		if err != nil {
			p.fail(s.id, wire.Speech, err)
			continue
		}
		if !p.queue.Bulk(wire.Message{Kind: wire.Spoken, ID: s.id, Payload: transcode.AppendSpoken(nil, spoken)}) {
			p.fail(s.id, wire.Speech, errors.New("the sound is too large"))
		}
	}
}

// encodeSpeech encodes a sound from the beginning of a stream. Its end is filled up with silence.
func encodeSpeech(s transcode.Speech) (transcode.Spoken, error) {
	a, err := audioCodec(s.Codec)
	if err != nil {
		return transcode.Spoken{}, err
	}
	if a.encoder == nil {
		return transcode.Spoken{}, errors.New("this build does not encode " + string(s.Codec))
	}
	enc, err := a.encoder(transcode.Output{Codec: s.Codec, ClockRate: a.clockOr(s.ClockRate), Channels: 1, Bitrate: s.Bitrate, PTime: s.PTime})
	if err != nil {
		return transcode.Spoken{}, err
	}
	defer enc.Close()
	out := transcode.Spoken{PTime: a.ptime(s.PTime)}
	pcm := resampled(s.PCM, enc.Rate())
	size := enc.Rate() * out.PTime / 1000
	for len(pcm) > 0 {
		if len(pcm) < size {
			pcm = append(pcm, make([]float32, size-len(pcm))...)
		}
		frame, err := enc.Encode(nil, pcm[:size])
		if err != nil {
			return transcode.Spoken{}, err
		}
		out.Frames = append(out.Frames, frame)
		pcm = pcm[size:]
	}
	return out, nil
}

// resampled gives samples of transcode.SpeechRate at another rate.
func resampled(in []int16, rate int) []float32 {
	pcm := make([]float32, len(in))
	for i, v := range in {
		pcm[i] = codec.Float(v)
	}
	if rate == transcode.SpeechRate {
		return pcm
	}
	re := dsp.NewResampler(transcode.SpeechRate, rate)
	re.Write(pcm)
	re.Write(make([]float32, re.Need(1)+int(re.Delay()))) // what stays in the filter
	out := make([]float32, len(in)*rate/transcode.SpeechRate)
	return out[:re.Read(out)]
}

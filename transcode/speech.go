package transcode

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/wire"
)

// SpeechRate is the sample rate of sound that is to be encoded, Hz.
const SpeechRate = 16000

// MaxSpeech bounds it: a minute.
const MaxSpeech = 60 * SpeechRate

// Speech asks a worker to encode a sound as a whole, from the beginning of a stream.
type Speech struct {
	Codec     media.Codec `json:"codec"`
	ClockRate int         `json:"clock_rate"`
	Bitrate   int         `json:"bitrate,omitempty"` // bit/s, 0 is the codec's usual
	PTime     int         `json:"ptime,omitempty"`   // ms, 0 is 20
	PCM       []int16     `json:"-"`                 // SpeechRate, one channel
}

// Spoken is a sound as packets of a codec.
type Spoken struct {
	PTime  int // of each packet, ms
	Frames [][]byte
}

// Bounds of what a worker answers.
const (
	maxSpokenFrame = 2000 // bytes
	leastPTime     = 10   // ms
	maxPTime       = 120
)

// Say asks the worker for a sound as packets.
func (m *Meeting) Say(ctx context.Context, s Speech) (Spoken, error) {
	if len(s.PCM) > MaxSpeech {
		return Spoken{}, errors.New("transcode: the sound is longer than a minute")
	}
	body, err := AppendSpeech(nil, s)
	if err != nil {
		return Spoken{}, err
	}
	answer, err := m.ask(ctx, &request{kind: wire.Speech, body: body, reply: make(chan reply, 1)})
	if err != nil {
		return Spoken{}, err
	}
	return ParseSpoken(answer)
}

// AppendSpeech packs a Speech message: the length of a JSON head, the head, and samples of
// two bytes, big endian all.
func AppendSpeech(dst []byte, s Speech) ([]byte, error) {
	head, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(head)))
	dst = append(dst, head...)
	for _, v := range s.PCM {
		dst = binary.BigEndian.AppendUint16(dst, uint16(v))
	}
	return dst, nil
}

// ParseSpeech is the reverse of AppendSpeech.
func ParseSpeech(b []byte) (s Speech, err error) {
	if len(b) < 2 {
		return s, errors.New("transcode: damaged request for speech")
	}
	n := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; n > len(b) || (len(b)-n)%2 != 0 || (len(b)-n)/2 > MaxSpeech {
		return s, errors.New("transcode: damaged request for speech")
	}
	if err := json.Unmarshal(b[:n], &s); err != nil {
		return s, err
	}
	b = b[n:]
	s.PCM = make([]int16, len(b)/2)
	for i := range s.PCM {
		s.PCM[i] = int16(binary.BigEndian.Uint16(b[2*i:]))
	}
	return s, nil
}

// AppendSpoken packs the answer: milliseconds of a packet, then the packets, each behind its length.
func AppendSpoken(dst []byte, s Spoken) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(s.PTime))
	for _, f := range s.Frames {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(f)))
		dst = append(dst, f...)
	}
	return dst
}

// ParseSpoken is the reverse of AppendSpoken.
func ParseSpoken(b []byte) (Spoken, error) {
	if len(b) < 2 {
		return Spoken{}, errors.New("transcode: worker sent damaged speech")
	}
	s := Spoken{PTime: int(binary.BigEndian.Uint16(b))}
	if s.PTime < leastPTime || s.PTime > maxPTime {
		return Spoken{}, fmt.Errorf("transcode: worker sent packets of %d ms", s.PTime)
	}
	for b = b[2:]; len(b) > 0; {
		if len(b) < 2 {
			return Spoken{}, errors.New("transcode: worker sent damaged speech")
		}
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; n == 0 || n > len(b) || n > maxSpokenFrame {
			return Spoken{}, fmt.Errorf("transcode: worker sent a packet of %d bytes", n)
		}
		s.Frames = append(s.Frames, b[:n:n])
		b = b[n:]
	}
	if len(s.Frames)*s.PTime > MaxSpeech/SpeechRate*1000+1000 {
		return Spoken{}, errors.New("transcode: worker sent more speech than was asked for")
	}
	return s, nil
}

// Package wav reads and writes short sounds as WAV files: 16 bit PCM and IMA ADPCM, at any usual
// rate, and brings them to the rate of prompts.
package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Rate is that of all sound that comes out, Hz.
const Rate = 16000

// Bounds of a file.
const (
	MaxBytes   = 16 << 20
	MaxSeconds = 60

	leastRate = 4000
	mostRate  = 192000
)

// Codings in a file's format chunk.
const (
	codingPCM        = 0x0001
	codingADPCM      = 0x0011 // IMA, also called DVI
	codingExtensible = 0xfffe
)

// Errors of files that cannot be read.
var (
	ErrFormat = errors.New("wav: not a WAV file")
	ErrCoding = errors.New("wav: neither 16 bit PCM nor IMA ADPCM")
	ErrLong   = fmt.Errorf("wav: longer than %d seconds", MaxSeconds)
)

// format is a file's format chunk.
type format struct {
	coding, channels, rate, align, bits int
}

// Decode gives a file's sound at Rate, its channels mixed into one.
func Decode(b []byte) ([]int16, error) {
	f, data, err := chunks(b)
	if err != nil {
		return nil, err
	}
	var pcm []int16
	switch {
	case f.coding == codingPCM && f.bits == 16:
		pcm = f.mono(data)
	case f.coding == codingADPCM && f.bits == 4 && f.channels == 1:
		pcm, err = decodeADPCM(data, f.align, f.rate*MaxSeconds)
	default:
		return nil, ErrCoding
	}
	if err != nil {
		return nil, err
	}
	if len(pcm) > f.rate*MaxSeconds {
		return nil, ErrLong
	}
	return Resample(pcm, f.rate, Rate), nil
}

// chunks finds the format and the samples.
func chunks(b []byte) (f format, data []byte, err error) {
	if len(b) > MaxBytes {
		return f, nil, ErrLong
	}
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return f, nil, ErrFormat
	}
	found := false
	for b = b[12:]; len(b) >= 8; {
		name, n := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		body := b[8:]
		if int64(len(body)) < n {
			if name != "data" { // of a stream whose length was not known
				return f, nil, ErrFormat
			}
			n = int64(len(body))
		}
		switch name {
		case "fmt ":
			if f, err = readFormat(body[:n]); err != nil {
				return f, nil, err
			}
			found = true
		case "data":
			if !found {
				return f, nil, ErrFormat
			}
			return f, body[:n], nil
		}
		b = body[min(n+n&1, int64(len(body))):]
	}
	return f, nil, ErrFormat
}

func readFormat(b []byte) (f format, err error) {
	if len(b) < 16 {
		return f, ErrFormat
	}
	le := binary.LittleEndian
	f = format{int(le.Uint16(b)), int(le.Uint16(b[2:])), int(le.Uint32(b[4:])), int(le.Uint16(b[12:])), int(le.Uint16(b[14:]))}
	if f.coding == codingExtensible && len(b) >= 26 {
		f.coding = int(le.Uint16(b[24:])) // the first two bytes of the sub-format's GUID
	}
	if f.rate < leastRate || f.rate > mostRate || f.channels < 1 || f.channels > 8 {
		return f, fmt.Errorf("wav: %d channels at %d Hz", f.channels, f.rate)
	}
	return f, nil
}

// mono mixes the channels of 16 bit samples.
func (f format) mono(b []byte) []int16 {
	frame := 2 * f.channels
	pcm := make([]int16, len(b)/frame)
	for i := range pcm {
		sum := 0
		for c := range f.channels {
			sum += int(int16(binary.LittleEndian.Uint16(b[i*frame+2*c:])))
		}
		pcm[i] = int16(sum / f.channels)
	}
	return pcm
}

// Encode makes a file of IMA ADPCM at Rate.
func Encode(pcm []int16) []byte {
	data := encodeADPCM(pcm)
	le := binary.LittleEndian
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 20)
	b = le.AppendUint16(b, codingADPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, Rate)
	b = le.AppendUint32(b, Rate*blockBytes/blockSamples)
	b = le.AppendUint16(b, blockBytes)
	b = le.AppendUint16(b, 4)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, blockSamples)
	b = append(b, "fact"...)
	b = le.AppendUint32(b, 4)
	b = le.AppendUint32(b, uint32(len(pcm)))
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(len(data)))
	b = append(b, data...)
	le.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

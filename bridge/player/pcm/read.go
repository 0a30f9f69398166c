package pcm

import (
	"encoding/binary"
	"errors"
	"io"
)

const (
	formatPCM        = 1
	formatExtensible = 0xfffe
	maxFormatChunk   = 1024
)

type waveFormat struct {
	channels int
	rate     int
}

// Read reads a WAV file. What follows the data chunk is not looked at; a data
// chunk that ends early, as one from a recorder that was killed, is played as
// far as it goes.
func Read(r io.Reader) (*Sound, error) {
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil {
		return nil, short(err)
	}
	if string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return nil, ErrFormat
	}
	var format *waveFormat
	for {
		id, size, err := chunk(r)
		if err != nil {
			return nil, err
		}
		switch id {
		case "fmt ":
			if format, err = readFormat(r, size); err != nil {
				return nil, err
			}
		case "data":
			if format == nil {
				return nil, ErrFormat
			}
			return readData(r, *format, size)
		default:
			if _, err := io.CopyN(io.Discard, r, size+size&1); err != nil {
				return nil, short(err)
			}
		}
	}
}

// chunk reads a chunk's header.
func chunk(r io.Reader) (id string, size int64, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", 0, short(err)
	}
	return string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:])), nil
}

// short makes the end of the file a fault of its format.
func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrFormat
	}
	return err
}

func readFormat(r io.Reader, size int64) (*waveFormat, error) {
	if size < 16 || size > maxFormatChunk {
		return nil, ErrFormat
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, short(err)
	}
	le := binary.LittleEndian
	tag := le.Uint16(b)
	if tag == formatExtensible && size >= 26 {
		tag = le.Uint16(b[24:]) // the first two bytes of the sub-format's GUID
	}
	f := &waveFormat{channels: int(le.Uint16(b[2:])), rate: int(le.Uint32(b[4:]))}
	if tag != formatPCM || le.Uint16(b[14:]) != 16 || f.channels < 1 || f.channels > 8 || f.rate < 4000 || f.rate > 192000 {
		return nil, ErrUnsupported
	}
	return f, nil
}

func readData(r io.Reader, f waveFormat, size int64) (*Sound, error) {
	if size > 2*MaxSamples && size < streamed {
		return nil, ErrTooLong
	}
	// One byte more than is taken tells a longer file.
	b, err := io.ReadAll(io.LimitReader(r, min(size, 2*MaxSamples+1)))
	if err != nil {
		return nil, err
	}
	if len(b) > 2*MaxSamples {
		return nil, ErrTooLong
	}
	frame := 2 * f.channels
	s := &Sound{Rate: f.rate, Samples: make([]int16, len(b)/frame)}
	if len(s.Samples) == 0 {
		return nil, ErrEmpty
	}
	for i := range s.Samples {
		sum := 0
		for c := range f.channels {
			sum += int(int16(binary.LittleEndian.Uint16(b[i*frame+2*c:])))
		}
		s.Samples[i] = int16(sum / f.channels)
	}
	return s, nil
}

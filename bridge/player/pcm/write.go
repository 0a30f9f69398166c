package pcm

import (
	"encoding/binary"
	"io"
)

// streamed stands for an unknown size in a chunk's header.
const streamed = 0xffffffff - 36

const (
	headerSize = 44
	maxData    = 1<<32 - 1 - headerSize // a WAV file counts its bytes in 32 bits
)

// Writer writes a mono WAV file. Its header is completed by Close; until then
// it says that the sound goes on to the end of the file.
type Writer struct {
	w    io.WriteSeeker
	rate int
	data int64
	buf  []byte
}

// NewWriter starts a file.
func NewWriter(w io.WriteSeeker, rate int) (*Writer, error) {
	h := header(rate, streamed)
	if _, err := w.Write(h[:]); err != nil {
		return nil, err
	}
	return &Writer{w: w, rate: rate}, nil
}

// Write appends samples. What does not fit into a WAV file any more is left out.
func (w *Writer) Write(samples []int16) error {
	samples = samples[:min(int64(len(samples)), (maxData-w.data)/2)]
	w.buf = w.buf[:0]
	for _, s := range samples {
		w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(s))
	}
	n, err := w.w.Write(w.buf)
	w.data += int64(n)
	return err
}

// Samples counts what was written.
func (w *Writer) Samples() int64 { return w.data / 2 }

// Close writes the header. It does not close the file.
func (w *Writer) Close() error {
	if _, err := w.w.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h := header(w.rate, uint32(w.data))
	_, err := w.w.Write(h[:])
	return err
}

func header(rate int, data uint32) [headerSize]byte {
	var h [headerSize]byte
	le := binary.LittleEndian
	copy(h[0:], "RIFF")
	le.PutUint32(h[4:], data+36)
	copy(h[8:], "WAVEfmt ")
	le.PutUint32(h[16:], 16)
	le.PutUint16(h[20:], formatPCM)
	le.PutUint16(h[22:], 1)
	le.PutUint32(h[24:], uint32(rate))
	le.PutUint32(h[28:], uint32(rate)*2)
	le.PutUint16(h[32:], 2)
	le.PutUint16(h[34:], 16)
	copy(h[36:], "data")
	le.PutUint32(h[40:], data)
	return h
}

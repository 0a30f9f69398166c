//go:build cgo && !nocodecs

package opus

/*
#cgo pkg-config: opus
#include <opus.h>
#include <string.h>

// opus_encoder_ctl takes a varying number of arguments, which cgo does not.
static int set_up(OpusEncoder *e, int bitrate, int fec, int loss) {
	int bad = opus_encoder_ctl(e, OPUS_SET_BITRATE(bitrate));
	if (!bad) bad = opus_encoder_ctl(e, OPUS_SET_VBR(1));
	if (!bad) bad = opus_encoder_ctl(e, OPUS_SET_DTX(0));
	if (!bad) bad = opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(6));
	if (!bad) bad = opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(fec));
	if (!bad && fec) bad = opus_encoder_ctl(e, OPUS_SET_PACKET_LOSS_PERC(loss));
	// Only its speech modes carry redundancy.
	if (!bad && fec) bad = opus_encoder_ctl(e, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
	return bad;
}

static OpusEncoder *copy_of(const OpusEncoder *e) {
	int size = opus_encoder_get_size(1);
	int code;
	OpusEncoder *c = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &code);
	if (c)
		memcpy(c, e, size);
	return c;
}
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/roombridge/roombridge/transcode/codec"
)

// CanEncode tells whether this build has an encoder.
const CanEncode = true

func failure(code C.int) error {
	return fmt.Errorf("opus: %s", C.GoString(C.opus_strerror(code)))
}

// Decoder decodes one stream.
type Decoder struct{ d *C.OpusDecoder }

// NewDecoder makes a decoder.
func NewDecoder() (*Decoder, error) {
	var code C.int
	d := C.opus_decoder_create(sampleRate, 1, &code)
	if d == nil {
		return nil, failure(code)
	}
	return &Decoder{d}, nil
}

// Rate is 48000.
func (d *Decoder) Rate() int { return sampleRate }

// Decode decodes a packet; stereo is mixed to mono.
func (d *Decoder) Decode(pcm []float32, packet []byte) (int, error) {
	if len(packet) == 0 || len(pcm) == 0 {
		return 0, errEmpty
	}
	return d.decode(pcm, packet, 0)
}

func (d *Decoder) decode(pcm []float32, packet []byte, fec C.int) (int, error) {
	n := C.opus_decode_float(d.d, (*C.uchar)(unsafe.SliceData(packet)), C.opus_int32(len(packet)), (*C.float)(unsafe.SliceData(pcm)), C.int(len(pcm)), fec)
	if n < 0 {
		return 0, failure(n)
	}
	return int(n), nil
}

// Conceal fills pcm, a multiple of 2.5 ms, in place of a lost packet.
func (d *Decoder) Conceal(pcm []float32) error {
	if len(pcm) == 0 {
		return errEmpty
	}
	_, err := d.decode(pcm, nil, 0)
	return err
}

// Recover fills pcm, as long as the lost packet was, from the packet after it.
// It fails, and leaves the decoder as it is, when that has no redundancy.
func (d *Decoder) Recover(pcm []float32, next []byte) error {
	if len(next) == 0 || len(pcm) == 0 {
		return errEmpty
	}
	if !redundant(next) {
		return ErrNoRedundancy
	}
	_, err := d.decode(pcm, next, 1)
	return err
}

// Close frees the decoder.
func (d *Decoder) Close() {
	C.opus_decoder_destroy(d.d)
	d.d = nil
}

// Encoder encodes one stream.
type Encoder struct {
	e   *C.OpusEncoder
	out [MaxPacket]byte
}

// NewEncoder makes an encoder.
func NewEncoder(c EncoderConfig) (*Encoder, error) {
	c = c.withDefaults()
	var code C.int
	e := C.opus_encoder_create(sampleRate, 1, C.OPUS_APPLICATION_VOIP, &code)
	if e == nil {
		return nil, failure(code)
	}
	fec := C.int(0)
	if c.FEC {
		fec = 1
	}
	if code := C.set_up(e, C.int(c.Bitrate), fec, C.int(c.Loss)); code != 0 {
		C.opus_encoder_destroy(e)
		return nil, failure(code)
	}
	return &Encoder{e: e}, nil
}

// Rate is 48000.
func (e *Encoder) Rate() int { return sampleRate }

// Encode encodes 10, 20, 40 or 60 ms.
func (e *Encoder) Encode(dst []byte, pcm []float32) ([]byte, error) {
	if len(pcm) == 0 {
		return dst, errEmpty
	}
	n := C.opus_encode_float(e.e, (*C.float)(unsafe.SliceData(pcm)), C.int(len(pcm)), (*C.uchar)(&e.out[0]), MaxPacket)
	if n < 0 {
		return dst, failure(C.int(n))
	}
	return append(dst, e.out[:n]...), nil
}

// Clone copies the state, which is one piece of memory without pointers into
// itself (opus.h).
func (e *Encoder) Clone() (codec.Encoder, error) {
	c := C.copy_of(e.e)
	if c == nil {
		return nil, failure(C.OPUS_ALLOC_FAIL)
	}
	return &Encoder{e: c}, nil
}

// Close frees the encoder.
func (e *Encoder) Close() {
	C.opus_encoder_destroy(e.e)
	e.e = nil
}

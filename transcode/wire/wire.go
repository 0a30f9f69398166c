// Package wire is the protocol between the gateway and a media worker: a
// stream of messages over one inherited socket. Both ends take the other for
// hostile: each kind has a size of its own that no message may exceed, and
// every reader checks what it reads.
//
// A message is a header of 16 bytes, big endian, and a payload:
//
//	0  uint32 length of the payload
//	4  uint8  kind
//	5  uint8  flags
//	6  uint16 sequence number
//	8  uint32 stream or request id
//	12 uint32 timestamp
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Version is raised with every change that an older end would misread.
const Version = 3

// HeaderSize is the length of a message's header.
const HeaderSize = 16

// Kind says what a message is.
type Kind uint8

// Kinds of messages. G marks those the gateway sends, W those of the worker.
const (
	Hello       Kind = iota + 1 // W: JSON, first message
	Graph                       // G: JSON, the wanted graph
	Frame                       // both: one encoded audio frame
	Levels                      // W: JSON, loudness of inputs
	Ping                        // G: answered with Pong by the audio engine
	Pong                        // W
	Stats                       // W: JSON, about once a second
	Error                       // W: text about a stream, or a request that failed
	Still                       // G: JSON, a picture is wanted
	Units                       // W: NAL units or RTP payloads that answer a Still
	Decode                      // G: JSON, opens a decoder
	DecodeClose                 // G
	AccessUnit                  // G: one encoded picture for a decoder
	Decoded                     // W: JSON, a decoder's counters
	Picture                     // G: asks a decoder for its last picture; W: the picture
	Packet                      // both: one RTP payload of a picture stream
	Refresh                     // G: an output shall send a keyframe; W: an input should
	Speech                      // G: sound to be encoded as a whole
	Spoken                      // W: the packets that answer a Speech
	kindEnd
)

// limits bounds each kind's payload.
var limits = [kindEnd]int{
	Hello:       64 << 10,
	Graph:       2 << 20,
	Frame:       8 << 10,
	Levels:      64 << 10,
	Stats:       128 << 10,
	Error:       4 << 10,
	Still:       16 << 10,
	Units:       4 << 20,
	Decode:      4 << 10,
	AccessUnit:  4 << 20,
	Decoded:     4 << 10,
	Picture:     16 << 20,
	Packet:      2 << 10,
	Refresh:     0,
	Speech:      2 << 20,
	Spoken:      2 << 20,
	Ping:        0,
	Pong:        0,
	DecodeClose: 0,
}

var names = [kindEnd]string{
	Hello: "hello", Graph: "graph", Frame: "frame", Levels: "levels", Ping: "ping", Pong: "pong", Stats: "stats",
	Error: "error", Still: "still", Units: "units", Decode: "decode", DecodeClose: "decode-close",
	AccessUnit: "access-unit", Decoded: "decoded", Picture: "picture",
	Packet: "packet", Refresh: "refresh", Speech: "speech", Spoken: "spoken",
}

func (k Kind) String() string {
	if k.valid() {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

func (k Kind) valid() bool { return k >= Hello && k < kindEnd }

// MaxPayload is the largest payload a message of this kind may have.
func (k Kind) MaxPayload() int {
	if !k.valid() {
		return 0
	}
	return limits[k]
}

// FlagMarker is the RTP marker bit of a Frame, Packet or AccessUnit.
const FlagMarker = 1

// Message is one message. A reader's payload is valid until its next call.
type Message struct {
	Kind      Kind
	Flags     uint8
	Seq       uint16
	ID        uint32
	Timestamp uint32
	Payload   []byte
}

// Marker tells whether the marker flag is set.
func (m Message) Marker() bool { return m.Flags&FlagMarker != 0 }

// Errors of the protocol. Whoever meets one ends the connection.
var (
	ErrKind = errors.New("wire: unknown kind of message")
	ErrSize = errors.New("wire: message larger than its kind allows")
)

// Append writes the message behind dst. It fails, and returns dst as it was,
// when the message may not be sent.
func Append(dst []byte, m Message) ([]byte, error) {
	if !m.Kind.valid() {
		return dst, ErrKind
	}
	if len(m.Payload) > limits[m.Kind] {
		return dst, fmt.Errorf("%w: %v of %d bytes", ErrSize, m.Kind, len(m.Payload))
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(m.Payload)))
	dst = append(dst, byte(m.Kind), m.Flags)
	dst = binary.BigEndian.AppendUint16(dst, m.Seq)
	dst = binary.BigEndian.AppendUint32(dst, m.ID)
	dst = binary.BigEndian.AppendUint32(dst, m.Timestamp)
	return append(dst, m.Payload...), nil
}

// parseHeader reads a header of HeaderSize bytes and gives the payload's length.
func parseHeader(b []byte) (Message, int, error) {
	m := Message{
		Kind:      Kind(b[4]),
		Flags:     b[5],
		Seq:       binary.BigEndian.Uint16(b[6:]),
		ID:        binary.BigEndian.Uint32(b[8:]),
		Timestamp: binary.BigEndian.Uint32(b[12:]),
	}
	if !m.Kind.valid() {
		return m, 0, fmt.Errorf("%w: %d", ErrKind, uint8(m.Kind))
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(limits[m.Kind]) {
		return m, 0, fmt.Errorf("%w: %v of %d bytes", ErrSize, m.Kind, n)
	}
	return m, int(n), nil
}

// Parse reads the message at the start of b and gives how long it is. A
// length of 0 without an error says that b does not hold it whole.
func Parse(b []byte) (Message, int, error) {
	if len(b) < HeaderSize {
		return Message{}, 0, nil
	}
	m, n, err := parseHeader(b)
	if err != nil || len(b) < HeaderSize+n {
		return Message{}, 0, err
	}
	m.Payload = b[HeaderSize : HeaderSize+n : HeaderSize+n]
	return m, HeaderSize + n, nil
}

package room

import (
	"encoding/binary"
	"sync"

	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/secure"
)

// flight is a batch of packets to one browser, while it is written, sealed and
// sent. Its memory is pooled.
type flight struct {
	n    int
	done int // packets before this one are sealed
	pkts [wire.BatchSize][]byte
	data [wire.BatchSize][packet.MaxSize]byte
}

var flights = sync.Pool{New: func() any { return new(flight) }}

func takeFlight() *flight { return flights.Get().(*flight) }

func (f *flight) release() {
	f.clear()
	flights.Put(f)
}

func (f *flight) clear() {
	clear(f.pkts[:f.n])
	f.n, f.done = 0, 0
}

func (f *flight) full() bool { return f.n == len(f.pkts) }

// maxHeader is what comes before a payload: header, extension and the number
// of a repeated packet. maxTail is what sealing adds.
const (
	maxHeader = packet.HeaderSize + 8 + 2
	maxTail   = 16
)

// add writes a packet with its transport-wide number, if it has an extension
// for it. What is too large for a datagram leaves its place empty.
func (f *flight) add(h packet.Header, id uint8, number uint16, payload []byte) {
	if b, n := f.begin(h, id, number, len(payload)); b != nil {
		f.pkts[f.n] = b[:n+copy(b[n:], payload)]
	}
	f.n++
}

// addAgain writes a retransmission of a packet (RFC 4588 4).
func (f *flight) addAgain(h packet.Header, id uint8, number, of uint16, payload []byte) {
	if b, n := f.begin(h, id, number, len(payload)); b != nil {
		binary.BigEndian.PutUint16(b[n:], of)
		f.pkts[f.n] = b[:n+2+copy(b[n+2:], payload)]
	}
	f.n++
}

// addPadding writes a packet of n bytes of padding and nothing else (RFC 3550 5.1).
func (f *flight) addPadding(h packet.Header, id uint8, number uint16, n int) {
	b, at := f.begin(h, id, number, n)
	b[0] |= 0x20
	clear(b[at : at+n])
	b[at+n-1] = byte(n)
	f.pkts[f.n] = b[:at+n]
	f.n++
}

// addSealed takes a packet that needs nothing more. Those come first.
func (f *flight) addSealed(data []byte) {
	f.pkts[f.n] = append(f.data[f.n][:0], data...)
	f.n++
	f.done = f.n
}

// seal seals the packets in their places; those that are refused are no more.
func (f *flight) seal(out *secure.Outbound) {
	out.SealBatch(f.pkts[f.done:f.n])
	f.done = f.n
}

// send hands over what is sealed.
func (f *flight) send(w *way) {
	n := 0
	for _, p := range f.pkts[:f.n] {
		if p != nil {
			f.pkts[n] = p
			n++
		}
	}
	if n > 0 {
		w.write(f.pkts[:n])
	}
}

// begin writes the header and gives where the payload goes.
func (f *flight) begin(h packet.Header, id uint8, number uint16, size int) (b []byte, n int) {
	if size > packet.MaxSize-maxHeader-maxTail {
		return nil, 0
	}
	b = f.data[f.n][:]
	n = packet.Write(b, h)
	if id != 0 { // RFC 8285 4.2
		b[0] |= 0x10
		binary.BigEndian.PutUint32(b[n:], 0xbede<<16|1)
		binary.BigEndian.PutUint32(b[n+4:], uint32(id)<<28|1<<24|uint32(number)<<8)
		n += 8
	}
	return b, n
}

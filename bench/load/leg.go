package load

import (
	"encoding/binary"
	"net/netip"

	"github.com/roombridge/roombridge/bench/udp"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/secure"
)

// Leg is one end of a call: a socket towards the relay, which may carry a
// source, a sink or both, RTP and RTCP on one port (RFC 5761).
type Leg struct {
	loop   *Loop
	sock   *udp.Socket
	slot   int // in Loop.legs
	ssrc   uint32
	remote netip.AddrPort
	other  func(data []byte)
	every  func()

	// Of the loop's goroutine.
	out     *secure.Outbound
	in      *secure.Inbound
	source  *Source
	sink    *Sink
	control [1200]byte
	sealed  [1300]byte
	ticks   int
	PLIs    uint64 // pictures that the relay asked for
}

// Addr is the leg's own address.
func (l *Leg) Addr() netip.AddrPort { return l.sock.Local }

// SSRC is what it sends with.
func (l *Leg) SSRC() uint32 { return l.ssrc }

// Connect says where the leg's datagrams go, and from where alone they come.
func (l *Leg) Connect(to netip.AddrPort) error {
	l.remote = to
	return l.sock.Connect(to)
}

// Remote is where Connect said that datagrams go.
func (l *Leg) Remote() netip.AddrPort { return l.remote }

// Other says who takes what is neither RTP nor RTCP: STUN and DTLS. It is
// called by the loop and must not block or keep the datagram.
func (l *Leg) Other(f func(data []byte)) { l.loop.Do(func() { l.other = f }) }

// Every says what is done once a second, by the loop.
func (l *Leg) Every(f func()) { l.loop.Do(func() { l.every = f }) }

// Write sends a datagram that is not media. It may be called from anywhere.
func (l *Leg) Write(b []byte) error { return l.sock.Write(b) }

// WriteBatch is Write for many, with a sender of the caller's. It tells how many
// the kernel took.
func (l *Leg) WriteBatch(tx *udp.Sender, data [][]byte) int { return tx.Send(l.sock.FD, data) }

// Secure sets the leg's keys; nil is none.
func (l *Leg) Secure(in *secure.Inbound, out *secure.Outbound) {
	l.loop.Do(func() { l.in, l.out = in, out })
}

// receive takes one datagram.
func (l *Leg) receive(data []byte, at int64) {
	switch packet.Classify(data) {
	case packet.RTP:
		if l.sink != nil {
			l.sink.receive(data, at)
		}
	case packet.RTCP:
		l.hear(data)
	default:
		if l.other != nil {
			l.other(data)
		}
	}
}

// Payload-specific feedback (RFC 4585 6.1, RFC 5104 3.5).
const (
	typeSR, typeRR, typeSDES, typePSFB = 200, 201, 202, 206
	formatPLI, formatFIR               = 1, 4
)

// hear looks through RTCP for requests of a keyframe.
func (l *Leg) hear(data []byte) {
	if l.source == nil {
		return
	}
	if l.in != nil {
		var err error
		if data, err = l.in.OpenNewRTCP(data[:0], data); err != nil {
			return
		}
	}
	for len(data) >= 4 {
		size := 4 * (1 + int(binary.BigEndian.Uint16(data[2:])))
		if f := data[0] & 0x1f; data[1] == typePSFB && (f == formatPLI || f == formatFIR) {
			l.PLIs++
			l.source.wanted = true
		}
		data = data[min(size, len(data)):]
	}
}

// tick sends, ten times a second, what a browser says of arrivals, and once a
// second the report of terminals and browsers (RFC 3550 6.4). It does what
// Every asked for.
func (l *Leg) tick(now int64) {
	whole := l.ticks%ticksASecond == 0
	if l.ticks++; whole && l.every != nil {
		l.every()
	}
	if l.out == nil && !l.plain() || l.source == nil && l.sink == nil {
		return
	}
	if k := l.sink; k != nil && k.TWCC != 0 {
		l.say(k.arrivals.Append(l.control[:0], l.ssrc, k.ssrc, now))
	}
	if whole {
		l.report(now)
	}
}

func (l *Leg) report(now int64) {
	b := l.control[:0]
	if s := l.source; s != nil && s.seq > 0 {
		b = append(b, 0x80, typeSR, 0, 6)
		b = binary.BigEndian.AppendUint32(b, l.ssrc)
		b = binary.BigEndian.AppendUint64(b, ntp(now))
		b = binary.BigEndian.AppendUint32(b, s.timestamp(now))
		b = binary.BigEndian.AppendUint32(b, s.seq)
		b = binary.BigEndian.AppendUint32(b, s.seq*uint32(s.size-headerSize))
	} else {
		b = append(b, 0x80, typeRR, 0, 1)
		b = binary.BigEndian.AppendUint32(b, l.ssrc)
	}
	if s := l.sink; s != nil && s.heard {
		b[0]++
		b[3] += 6
		b = s.report(b)
	}
	b = append(b, 0x81, typeSDES, 0, 3)
	b = binary.BigEndian.AppendUint32(b, l.ssrc)
	b = append(b, 1, 5, 'b', 'e', 'n', 'c', 'h', 0)
	l.say(b)
}

// say sends RTCP, sealed where there are keys.
func (l *Leg) say(b []byte) {
	if len(b) == 0 {
		return
	}
	if l.out != nil {
		sealed, err := l.out.SealRTCP(l.sealed[:0], b)
		if err != nil {
			return
		}
		b = sealed
	}
	_ = l.sock.Write(b)
}

// plain tells whether the leg was set up without keys.
func (l *Leg) plain() bool {
	return (l.source == nil || !l.source.Secured) && (l.sink == nil || !l.sink.Secured)
}

// ntp writes a time as RTCP does (RFC 3550 4).
func ntp(ns int64) uint64 {
	return uint64(ns/1e9+2208988800)<<32 | uint64(ns%1e9)<<32/1e9
}

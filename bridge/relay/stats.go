package relay

import (
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// PlaneStats is a reading of a Plane's counters.
type PlaneStats struct {
	Streams       int               // open now
	PortsTotal    int               // pairs in the range
	PortsUsed     int               // pairs bound now
	Opened        uint64            // streams opened since the start
	Drops         map[string]uint64 // datagrams refused, by verdict, closed streams included
	Received      uint64            // RTP packets admitted
	Sent          uint64            // RTP packets handed to the kernel
	ReceivedBytes uint64            // their payloads
	SentBytes     uint64
}

// DirectionStats is one direction of a Stream.
type DirectionStats struct {
	Codec     media.Codec // empty: nothing flows or was negotiated
	Width     int         // video, 0 when unknown
	Height    int
	FPS       float64
	Bitrate   int // bit/s of payload over the last second
	Packets   uint64
	Bytes     uint64  // of payload
	Lost      uint64  // by sequence numbers, or as the far end reported
	JitterMS  float64 // RFC 3550 A.8, or as the far end reported
	Repaired  uint64  // video that came because it was asked for again
	Keyframes uint64
}

// StreamStats is a reading of both directions of a Stream.
type StreamStats struct {
	CallID   string
	Kind     media.Kind
	Role     media.Role
	Recv     DirectionStats    // what the far end sends
	Send     DirectionStats    // what we send
	RTT      time.Duration     // from receiver reports; 0 is unknown
	Remote   netip.AddrPort    // where RTP goes now: signalled or latched
	Latched  bool              // the address was learnt from packets
	Security string            // "none", or the suite's name; "" while keys are awaited
	Drops    map[string]uint64 // datagrams refused, by verdict
}

// TrackStats is a reading of a Track's counters.
type TrackStats struct {
	Format           media.Format
	Width, Height    int
	FPS              float64
	Bitrate          int // bit/s of payload over the last second
	Packets          uint64
	Bytes            uint64
	Frames           uint64
	Keyframes        uint64
	KeyframeRequests uint64 // sent upstream, repeats included
	Sinks            int
	Limit            media.Limits // least of what receivers want
}

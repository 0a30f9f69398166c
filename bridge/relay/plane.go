package relay

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// PlaneConfig says where streams live.
type PlaneConfig struct {
	// Address is the local address that sockets bind to. The unspecified
	// address binds all; the zero value is that.
	Address netip.Addr
	// Announce is the address told to far ends; zero chooses by route.
	Announce netip.Addr
	// PortMin and PortMax bound the ports; even and odd pairs are taken.
	PortMin, PortMax uint16
	// MediaTimeout is how long a stream may be silent; 0 is for ever.
	MediaTimeout time.Duration
	Log          *slog.Logger
	// Now is a monotonic clock in nanoseconds; nil is the real one.
	Now func() int64
}

// Plane owns the ports, the DTLS certificate and the housekeeping of all streams.
type Plane struct{ cfg PlaneConfig }

// NewPlane starts a plane.
func NewPlane(cfg PlaneConfig) (*Plane, error) { return &Plane{cfg: cfg}, nil }

// StreamOptions names a stream that is opened.
type StreamOptions struct {
	CallID string
	Kind   media.Kind
	Role   media.Role
	CNAME  string
	Log    *slog.Logger
}

// Open takes a port pair and starts a stream on it.
func (p *Plane) Open(o StreamOptions) (*Stream, error) { return &Stream{}, nil }

// Close closes all streams and stops the housekeeping.
func (p *Plane) Close() error { return nil }

// Fingerprint is that of our DTLS certificate: hash name and hex pairs.
func (p *Plane) Fingerprint() (hash, value string) { return "", "" }

// Stats reads the plane's counters.
func (p *Plane) Stats() PlaneStats { return PlaneStats{} }

// LocalAddr is the address to announce to a far end.
func (p *Plane) LocalAddr(remote netip.Addr) netip.Addr { return p.cfg.Announce }

package relay

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// ErrNoPorts is returned by Open when every port pair is in use.
var ErrNoPorts = errors.New("relay: no media ports left")

// ports hands out pairs of an even port for RTP and the odd one above it for
// RTCP (RFC 3550 11), bound. It goes round the range, so that late packets of
// a call that ended do not meet the next one.
type ports struct {
	addr   netip.Addr
	listen wire.ListenFunc

	mu   sync.Mutex
	used []bool // by pair
	base int    // first even port
	next int
	busy int
}

func newPorts(addr netip.Addr, low, high uint16, listen wire.ListenFunc) (*ports, error) {
	base := (int(low) + 1) &^ 1
	n := (int(high) + 1 - base) / 2
	if low == 0 || n <= 0 {
		return nil, fmt.Errorf("relay: no port pair in %d-%d", low, high)
	}
	return &ports{addr: addr, listen: listen, used: make([]bool, n), base: base}, nil
}

// pair is two bound sockets.
type pair struct {
	index     int
	rtp, rtcp wire.Socket
}

// take binds the next free pair. Ports that another program holds are passed over.
func (p *ports) take() (pair, error) {
	var last error
	for range len(p.used) {
		i, ok := p.reserve()
		if !ok {
			break
		}
		got, err := p.bind(i)
		if err == nil {
			return got, nil
		}
		last = err
		p.free(i)
	}
	return pair{}, errors.Join(ErrNoPorts, last)
}

func (p *ports) reserve() (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k := range p.used {
		i := (p.next + k) % len(p.used)
		if !p.used[i] {
			p.used[i] = true
			p.next = (i + 1) % len(p.used)
			p.busy++
			return i, true
		}
	}
	return 0, false
}

func (p *ports) bind(i int) (pair, error) {
	port := uint16(p.base + 2*i)
	rtp, err := p.listen(netip.AddrPortFrom(p.addr, port))
	if err != nil {
		return pair{}, err
	}
	rtcp, err := p.listen(netip.AddrPortFrom(p.addr, port+1))
	if err != nil {
		return pair{}, errors.Join(err, rtp.Close())
	}
	return pair{i, rtp, rtcp}, nil
}

// free takes back a pair whose sockets are closed.
func (p *ports) free(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used[i] = false
	p.busy--
}

func (p *ports) stats() (total, used int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.used), p.busy
}

package room

import (
	"bytes"
	"sync"
)

// parting is what pion's DTLS says at its end. A session has no use for DTLS
// once the handshake is over, but the connection, and pion's SRTP above it,
// keep buffers and goroutines that are a quarter of what a browser costs. So
// they are closed when the browser has proved with its first media that it has
// the keys; what they say then is kept, and sent when the session ends.
type parting struct {
	mu    sync.Mutex
	begun bool
	words [][]byte
}

// maxWords bounds what is kept; it is one alert.
const maxWords = 4

// begin says that what pion sends from now on is for later.
func (p *parting) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun = true
}

// keep takes a DTLS datagram that pion sends, and tells whether it is for later.
func (p *parting) keep(datagram []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun && len(p.words) < maxWords {
		p.words = append(p.words, bytes.Clone(datagram))
	}
	return p.begun
}

// take gives what was kept.
func (p *parting) take() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	words := p.words
	p.words = nil
	return words
}

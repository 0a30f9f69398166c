package packet

import (
	"sync"
	"sync/atomic"
)

// Pool hands out buffers of one size and counts those that are held, so that
// a test can say that none was lost. It is safe for many goroutines.
type Pool struct {
	size        int
	free        sync.Pool
	outstanding atomic.Int64
}

// Buffer is a piece of memory with owners. Bytes is valid until the last
// owner has called Release.
type Buffer struct {
	Bytes  []byte // as long as the pool's size when it is handed out
	whole  []byte
	pool   *Pool
	owners atomic.Int32
}

// NewPool makes a pool of buffers of size bytes; 0 stands for MaxSize.
func NewPool(size int) *Pool {
	if size <= 0 {
		size = MaxSize
	}
	p := &Pool{size: size}
	p.free.New = func() any { return &Buffer{whole: make([]byte, size), pool: p} }
	return p
}

// Get hands out a buffer with one owner. Its content is not cleared.
func (p *Pool) Get() *Buffer {
	b := p.free.Get().(*Buffer)
	b.Bytes = b.whole
	b.owners.Store(1)
	p.outstanding.Add(1)
	return b
}

// Size gives the length of the pool's buffers.
func (p *Pool) Size() int { return p.size }

// Outstanding tells how many buffers have been handed out and not given back.
func (p *Pool) Outstanding() int { return int(p.outstanding.Load()) }

// Hold adds an owner.
func (b *Buffer) Hold() {
	if b.owners.Add(1) <= 1 {
		panic("packet: buffer held after its release")
	}
}

// Release ends one ownership; the last one gives the buffer back.
func (b *Buffer) Release() {
	switch n := b.owners.Add(-1); {
	case n > 0:
	case n == 0:
		b.Bytes = nil
		b.pool.outstanding.Add(-1)
		b.pool.free.Put(b)
	default:
		panic("packet: buffer released twice")
	}
}

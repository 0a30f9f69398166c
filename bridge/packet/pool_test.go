package packet

import (
	"sync"
	"testing"
)

func TestPool(t *testing.T) {
	p := NewPool(0)
	if p.Size() != MaxSize {
		t.Errorf("size %d", p.Size())
	}
	a, b := p.Get(), p.Get()
	if len(a.Bytes) != MaxSize || &a.Bytes[0] == &b.Bytes[0] {
		t.Error("buffers are short or shared")
	}
	if p.Outstanding() != 2 {
		t.Errorf("%d outstanding", p.Outstanding())
	}
	a.Hold()
	a.Release()
	if a.Bytes == nil || p.Outstanding() != 2 {
		t.Error("released while it had an owner")
	}
	a.Release()
	if a.Bytes != nil || p.Outstanding() != 1 {
		t.Error("not released by its last owner")
	}
	b.Bytes = b.Bytes[:3]
	b.Release()
	for range 3 {
		c := p.Get()
		if len(c.Bytes) != MaxSize {
			t.Errorf("%d bytes after use", len(c.Bytes))
		}
		c.Release()
	}
	if p.Outstanding() != 0 {
		t.Errorf("%d outstanding", p.Outstanding())
	}
}

func TestPoolMisuse(t *testing.T) {
	for name, misuse := range map[string]func(b *Buffer){
		"released twice":     func(b *Buffer) { b.Release() },
		"held after release": func(b *Buffer) { b.Hold() },
	} {
		b := NewPool(8).Get()
		b.Release()
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			misuse(b)
		}()
	}
}

func TestPoolConcurrently(t *testing.T) {
	p := NewPool(16)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 1000 {
				b := p.Get()
				b.Hold()
				b.Bytes[0] = byte(i)
				wg.Go(b.Release)
				if b.Bytes[0] != byte(i) {
					t.Error("a buffer has two users")
				}
				b.Release()
			}
		})
	}
	wg.Wait()
	if p.Outstanding() != 0 {
		t.Errorf("%d outstanding", p.Outstanding())
	}
}

func BenchmarkPool(b *testing.B) {
	p := NewPool(0)
	b.ReportAllocs()
	for b.Loop() {
		p.Get().Release()
	}
}

func TestKeepSharesOneCopy(t *testing.T) {
	pool := NewPool(8)
	payload := []byte("abc")
	p := Packet{Payload: payload}
	p.Done() // nobody kept it
	a, b := p.Keep(pool), p.Keep(pool)
	if a != b || pool.Outstanding() != 1 {
		t.Fatalf("%d copies", pool.Outstanding())
	}
	payload[0] = 'x'
	p.Done()
	p.Done()
	p.Payload = []byte("other")
	if c := p.Keep(pool); c == a || string(c.Bytes) != "other" {
		t.Error("another packet has the same copy")
	} else {
		c.Release()
	}
	p.Done()
	if string(a.Bytes) != "abc" {
		t.Errorf("kept %q", a.Bytes)
	}
	a.Release()
	b.Release()
	if p.Payload = make([]byte, 9); p.Keep(pool) != nil || pool.Outstanding() != 0 {
		t.Error("kept what does not fit, or lost a buffer")
	}
}

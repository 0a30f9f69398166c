package per

import "unsafe"

// maxChunk bounds what is allocated ahead for a type, in octets.
const maxChunk = 2 << 10

// slab hands out values of one type, of which it allocates several at a time: a message
// has many values of few types, and allocating each costs more than reading it.
type slab[T any] struct {
	free  []T
	chunk int // how many were allocated last
}

func (s *slab[T]) take(n int) []T {
	if n > len(s.free) {
		var zero T
		most := maxChunk / max(1, int(unsafe.Sizeof(zero)))
		s.chunk = max(n, min(2*s.chunk+2, most)/n*n)
		s.free = make([]T, s.chunk)
	}
	t := s.free[:n:n]
	s.free = s.free[n:]
	return t
}

// take gives room for n values, at least one. The first of a type stand alone; when it
// comes again it gets a slab.
func take[T any](d *Decoder, n int) []T {
	for i, x := range d.slabs[:d.types] {
		switch s := x.(type) {
		case *slab[T]:
			if i > 0 { // what comes often is found soon
				d.slabs[i], d.slabs[i-1] = d.slabs[i-1], x
			}
			return s.take(n)
		case *T:
			s1 := new(slab[T])
			d.slabs[i] = s1
			return s1.take(n)
		}
	}
	if d.types < len(d.slabs) {
		d.slabs[d.types] = (*T)(nil)
		d.types++
	}
	return make([]T, n)
}

// Box gives a value of its own to point to.
func Box[T any](d *Decoder, v T) *T {
	p := &take[T](d, 1)[0]
	*p = v
	return p
}

// Uint8, Uint16 and Uint32 give a number of its own to point to, as Box does. They are
// by far the most.
func (d *Decoder) Uint8(v uint8) *uint8    { return d.uint8s.box(v) }
func (d *Decoder) Uint16(v uint16) *uint16 { return d.uint16s.box(v) } // see Uint8
func (d *Decoder) Uint32(v uint32) *uint32 { return d.uint32s.box(v) } // see Uint8

func (s *slab[T]) box(v T) *T {
	p := &s.take(1)[0]
	*p = v
	return p
}

package h264

// Slice is the beginning of a slice header (7.3.3), that is the part which
// can be read without parameter sets.
type Slice struct {
	FirstMB uint32
	Type    uint8 // modulo 5: 0 P, 1 B, 2 I, 3 SP, 4 SI
	PPS     uint8
}

// ParseSlice reads the beginning of a slice. nal is a NAL unit of type 1, 2 or
// 5, or the beginning of one.
func ParseSlice(nal []byte) (Slice, error) {
	if !hasSliceHeader(Type(nal)) {
		return Slice{}, ErrSyntax
	}
	return parseSlice(nal[1:])
}

// parseSlice reads a slice from behind its NAL header.
func parseSlice(rbsp []byte) (Slice, error) {
	r := newBitReader(rbsp)
	s := Slice{FirstMB: r.ueMax(maxFrameMBs)}
	s.Type = uint8(r.ueMax(9) % 5)
	s.PPS = uint8(r.ueMax(255))
	if r.over {
		return Slice{}, ErrSyntax
	}
	return s, nil
}

// Slice reads the beginning of a slice from a unit or its first fragment.
func (u Unit) Slice() (Slice, error) {
	if !u.Start || !hasSliceHeader(u.Type()) {
		return Slice{}, ErrSyntax
	}
	return parseSlice(u.Body)
}

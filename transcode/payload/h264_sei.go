package payload

// recoveryPoint is the SEI message of a stream that refreshes gradually (ITU-T H.264 D.1.8).
const recoveryPoint = 6

// maxSEI is how much of an SEI NAL unit is looked at, bytes.
const maxSEI = 256

// recovery finds a recovery point in an SEI NAL unit, and tells how many
// pictures after this one the first is whole again.
func recovery(nal []byte) (pictures int, ok bool) {
	var buf [maxSEI]byte
	b := unescape(buf[:0], nal[1:])
	for len(b) > 2 {
		var typ, size int
		if typ, b = seiNumber(b); len(b) == 0 {
			return 0, false
		}
		size, b = seiNumber(b)
		if typ == recoveryPoint && size > 0 {
			return expGolomb(b)
		}
		b = b[min(size, len(b)):]
	}
	return 0, false
}

// unescape appends as much of an RBSP as fits, without emulation prevention bytes (7.4.1).
func unescape(dst, b []byte) []byte {
	zeros := 0
	for _, c := range b {
		if len(dst) == cap(dst) {
			break
		}
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		dst = append(dst, c)
		if zeros++; c != 0 {
			zeros = 0
		}
	}
	return dst
}

// seiNumber reads a type or a size (7.3.2.3.1).
func seiNumber(b []byte) (n int, rest []byte) {
	for len(b) > 0 {
		c := b[0]
		b = b[1:]
		n += int(c)
		if c != 0xff {
			break
		}
	}
	return n, b
}

// expGolomb reads an unsigned number (9.1) of 16 bits at most.
func expGolomb(b []byte) (int, bool) {
	var word uint64
	for i := range min(len(b), 8) {
		word |= uint64(b[i]) << (56 - 8*i)
	}
	zeros := 0
	for ; word>>63 == 0; word <<= 1 {
		if zeros++; zeros > 16 {
			return 0, false
		}
	}
	return int(word>>(63-zeros)) - 1, true
}

package load

import (
	"encoding/binary"
)

// The stream is H.264 in packetization-mode 1 (RFC 6184): a burst is one
// picture of fragments (FU-A), all of one size. An IDR picture spends its first
// packet on the parameter sets, so that every burst has as many packets.

// Parameter sets of Constrained Baseline, level 3.1, 1280x720.
var (
	SPS = []byte("\x67\x42\xc0\x1f\xda\x01\x40\x16\xe8\x40\x00\x00\x03\x00\x40\x00\x00\x03\x02\x83\xc6\x0c\xa8")
	PPS = []byte("\x68\xce\x0b\x2c\x80")
)

// ProfileLevel is the profile-level-id of the parameter sets.
const ProfileLevel = "42c01f"

// The beginnings of slices: first_mb_in_slice 0, slice_type 7 (I) or 5 (P),
// pic_parameter_set_id 0, and more of a real header.
var (
	sliceIDR = []byte{0x88, 0x84, 0x49}
	sliceP   = []byte{0x9a, 0x46, 0x49}
)

const (
	nalIDR, nalP = 0x65, 0x41 // headers: nal_ref_idc 3 and 2
	stapA, fuA   = 0x78, 0x5c // nal_ref_idc 3 and 2
	headerSize   = 12
)

// writePicture fills packets with one picture and gives their sizes.
// header is how long the RTP header with its extensions is; what is in front
// of the payload is left alone.
func writePicture(packets [][]byte, header int, key bool) {
	nal, start, first := byte(nalP), sliceP, 0
	if key {
		nal, start, first = nalIDR, sliceIDR, 1
		packets[0] = packets[0][:header+writeSets(packets[0][header:])]
	}
	for i := first; i < len(packets); i++ {
		p := packets[i][:cap(packets[i])]
		packets[i] = p
		p = p[header:]
		p[0] = nal&0xe0 | fuA&0x1f
		p[1] = nal & 0x1f
		n := 2
		if i == first {
			p[1] |= 0x80
			n += copy(p[2:], start)
		}
		if i == len(packets)-1 {
			p[1] |= 0x40
		}
		for ; n < len(p); n++ {
			p[n] = 'a' + byte(n%26)
		}
	}
}

// writeSets writes both parameter sets as one STAP-A.
func writeSets(p []byte) int {
	p[0] = stapA
	n := 1
	for _, set := range [][]byte{SPS, PPS} {
		binary.BigEndian.PutUint16(p[n:], uint16(len(set)))
		n += 2 + copy(p[n+2:], set)
	}
	return n
}

package damage

import "github.com/roombridge/roombridge/bridge/media"

// head gives the length of a payload header: where the picture begins in a packet.
func head(c media.Codec, p []byte) int {
	if len(p) == 0 {
		return 0
	}
	n := 1
	switch c {
	case media.H264: // RFC 6184 5.3: NAL unit header, and of a fragment its own
		if t := p[0] & 0x1f; t == 28 || t == 29 {
			n = 2
		}
	case media.H265: // RFC 7798 4.4
		if n = 2; p[0]>>1&0x3f == 49 {
			n = 3
		}
	case media.H261: // RFC 4587 4.1
		n = 4
	case media.H263: // RFC 2190 5.1 to 5.3: the modes
		switch p[0] >> 6 {
		case 0, 1:
			n = 4
		case 2:
			n = 8
		case 3:
			n = 12
		}
	case media.H263P: // RFC 4629 5.1
		n = 2
		if len(p) > 1 {
			n += int(p[0]&1)<<5 | int(p[1]>>3)
		}
		n += int(p[0] >> 1 & 1)
	case media.VP8: // RFC 7741 4.2
		if p[0]&0x80 != 0 && len(p) > 1 {
			n = 2 + extension(p)
		}
	case media.VP9: // RFC 9628 4.2: the picture's number is all that our test streams have
		if p[0]&0x80 != 0 && len(p) > 1 {
			n = 2 + int(p[1]>>7)
		}
	}
	return min(n, len(p))
}

// extension gives the length of the fields that byte 1 of a payload of VP8 announces.
func extension(p []byte) (n int) {
	if p[1]&0x80 != 0 { // PictureID
		n++
		if len(p) > 2 && p[2]&0x80 != 0 {
			n++
		}
	}
	if p[1]&0x40 != 0 { // TL0PICIDX
		n++
	}
	if p[1]&0x30 != 0 { // TID, KEYIDX
		n++
	}
	return n
}

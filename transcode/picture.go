package transcode

import (
	"encoding/binary"
	"errors"
)

// maxSide bounds pictures that cross the socket.
const maxSide = 8192

const pictureHeader = 4

func putID(b []byte, id uint32) { binary.BigEndian.PutUint32(b, id) }

// PictureRequest reads a request for a picture and gives the decoder's id.
func PictureRequest(b []byte) (uint32, error) {
	if len(b) != 4 {
		return 0, errors.New("transcode: damaged request for a picture")
	}
	return binary.BigEndian.Uint32(b), nil
}

// AppendPicture packs a picture: width and height, two bytes each, and the samples.
func AppendPicture(dst []byte, p *Picture) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(p.Width))
	dst = binary.BigEndian.AppendUint16(dst, uint16(p.Height))
	return append(dst, p.I420...)
}

// ParsePicture is the reverse of AppendPicture. Sides are even.
func ParsePicture(b []byte) (*Picture, error) {
	if len(b) < pictureHeader {
		return nil, errors.New("transcode: damaged picture")
	}
	p := &Picture{Width: int(binary.BigEndian.Uint16(b)), Height: int(binary.BigEndian.Uint16(b[2:])), I420: b[pictureHeader:]}
	if p.Width == 0 || p.Height == 0 || p.Width > maxSide || p.Height > maxSide || p.Width%2+p.Height%2 != 0 || len(p.I420) != p.Width*p.Height*3/2 {
		return nil, errors.New("transcode: picture of a wrong size")
	}
	return p, nil
}

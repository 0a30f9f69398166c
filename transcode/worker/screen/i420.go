package screen

import "image"

// hdHeight is from where on pictures use the colours of ITU-R BT.709 instead
// of BT.601, which is what decoders assume when nothing is said.
const hdHeight = 720

type matrix struct{ ry, gy, by, rb, gb, bb, rr, gr, br int }

// Coefficients for video range, in 1/65536.
var (
	bt601 = matrix{16829, 33039, 6416, -9714, -19071, 28784, 28784, -24103, -4681}
	bt709 = matrix{11966, 40254, 4064, -6596, -22189, 28784, 28784, -26145, -2639}
)

// I420 converts a picture with even sides: luma, then Cb and Cr at half the
// size, as the mean of the four samples they stand for.
func I420(img *image.RGBA) []byte {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	m := &bt601
	if h >= hdHeight {
		m = &bt709
	}
	out := make([]byte, w*h*3/2)
	cb := out[w*h:]
	cr := cb[w*h/4:]
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 2 {
			var r, g, b int
			for _, at := range [4]int{y*w + x, y*w + x + 1, (y+1)*w + x, (y+1)*w + x + 1} {
				p := img.Pix[(at/w)*img.Stride+(at%w)*4:]
				pr, pg, pb := int(p[0]), int(p[1]), int(p[2])
				out[at] = byte((m.ry*pr + m.gy*pg + m.by*pb + 16<<16 + 1<<15) >> 16)
				r, g, b = r+pr, g+pg, b+pb
			}
			at := y/2*(w/2) + x/2
			cb[at] = byte((m.rb*r + m.gb*g + m.bb*b + 4*(128<<16) + 1<<17) >> 18)
			cr[at] = byte((m.rr*r + m.gr*g + m.br*b + 4*(128<<16) + 1<<17) >> 18)
		}
	}
	return out
}

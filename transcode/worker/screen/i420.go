package screen

import "image"

// hdHeight is from where on pictures use the colours of ITU-R BT.709 instead
// of BT.601, which is what decoders assume when nothing is said.
const hdHeight = 720

// Matrix turns colours into luma and chroma of video range. Its numbers are in 1/65536.
type Matrix struct{ ry, gy, by, rb, gb, bb, rr, gr, br int }

var (
	bt601 = Matrix{16829, 33039, 6416, -9714, -19071, 28784, 28784, -24103, -4681}
	bt709 = Matrix{11966, 40254, 4064, -6596, -22189, 28784, 28784, -26145, -2639}
)

// MatrixFor gives the matrix of pictures with so many lines.
func MatrixFor(height int) Matrix {
	if height >= hdHeight {
		return bt709
	}
	return bt601
}

// Luma gives Y of a colour of 0 to 255.
func (m *Matrix) Luma(r, g, b int) byte {
	return byte((m.ry*r + m.gy*g + m.by*b + 16<<16 + 1<<15) >> 16)
}

// YCbCr converts a colour of 0 to 255.
func (m *Matrix) YCbCr(r, g, b int) (y, cb, cr byte) {
	cb, cr = m.chroma(4*r, 4*g, 4*b)
	return m.Luma(r, g, b), cb, cr
}

// chroma converts the sum of four samples.
func (m *Matrix) chroma(r, g, b int) (cb, cr byte) {
	return byte((m.rb*r + m.gb*g + m.bb*b + 4*(128<<16) + 1<<17) >> 18), byte((m.rr*r + m.gr*g + m.br*b + 4*(128<<16) + 1<<17) >> 18)
}

// I420 converts a picture with even sides: luma, then Cb and Cr at half the
// size, as the mean of the four samples they stand for.
func I420(img *image.RGBA) []byte {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	out := make([]byte, w*h*3/2)
	m := MatrixFor(h)
	m.Convert(img, out[:w*h], out[w*h:w*h*5/4], out[w*h*5/4:], w, w/2)
	return out
}

// Convert is I420 into planes with rows of their own length.
func (m *Matrix) Convert(img *image.RGBA, luma, cb, cr []byte, strideY, strideC int) {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	for y := 0; y+1 < h; y += 2 {
		top, bottom := img.Pix[y*img.Stride:][:4*w], img.Pix[(y+1)*img.Stride:][:4*w]
		upper, lower := luma[y*strideY:][:w], luma[(y+1)*strideY:][:w]
		blue, red := cb[y/2*strideC:][:w/2], cr[y/2*strideC:][:w/2]
		for i := range blue {
			var sum [3]int
			m.pair(top[8*i:][:8], upper[2*i:][:2], &sum)
			m.pair(bottom[8*i:][:8], lower[2*i:][:2], &sum)
			blue[i], red[i] = m.chroma(sum[0], sum[1], sum[2])
		}
	}
}

// pair converts two samples, and adds their colours to a sum.
func (m *Matrix) pair(pix, luma []byte, sum *[3]int) {
	_, _ = pix[7], luma[1]
	r, g, b := int(pix[0]), int(pix[1]), int(pix[2])
	luma[0] = m.Luma(r, g, b)
	if pix[4] == pix[0] && pix[5] == pix[1] && pix[6] == pix[2] { // as most are
		luma[1] = luma[0]
		sum[0], sum[1], sum[2] = sum[0]+2*r, sum[1]+2*g, sum[2]+2*b
		return
	}
	sum[0], sum[1], sum[2] = sum[0]+r, sum[1]+g, sum[2]+b
	r, g, b = int(pix[4]), int(pix[5]), int(pix[6])
	luma[1] = m.Luma(r, g, b)
	sum[0], sum[1], sum[2] = sum[0]+r, sum[1]+g, sum[2]+b
}

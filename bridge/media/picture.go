package media

// rung is a size and the bit rate from which it looks better than a smaller one.
type rung struct {
	width, height int
	bitrate       int // bit/s
}

// ladder is for codecs that know any size. Terminals that take no more than
// CIF (H.264 to level 2.0) have screens of its shape; all others get 16:9.
var ladder = [...]rung{
	{1920, 1080, 2_500_000},
	{1280, 720, 900_000},
	{1024, 576, 640_000},
	{848, 480, 448_000},
	{640, 360, 200_000},
	{512, 288, 96_000},
	{352, 288, 96_000},
	{320, 180, 64_000},
	{256, 144, 0},
	{176, 144, 0},
}

// standardRates are the bit rates for StandardSizes.
var standardRates = [len(StandardSizes)]int{4_000_000, 1_000_000, 128_000, 32_000, 0}

// Pictures a second: most, what is left when bits are few, and what a larger
// picture must have to be worth it.
const (
	fullRate  = 30
	halfRate  = 15
	leastRate = 10
)

// Bits that a macroblock needs; with less the frame rate falls. H.261 and
// H.263 need more than what came after them.
const (
	bitsOfNew = 5
	bitsOfOld = 16
)

// PictureFor chooses the picture to send to a receiver: the largest that its
// limits allow and that looks well at a bit rate (bit/s; 0 is the receiver's
// limit), and how often. H.261 and H.263 get a size that the receiver lists,
// everything else is 16:9 where the limits leave room. Sound has no picture: 0 by 0.
func PictureFor(f Format, bitrate int) (width, height, fps int) {
	if f.Codec.Kind() != Video {
		return 0, 0, 0
	}
	l := f.Limits()
	rate, bits := least(bitrate, l.Bitrate), bitsOfNew
	if f.Codec.sized() {
		bits = bitsOfOld
		width, height, fps = standardPicture(f.sizes(), l, rate)
	} else {
		width, height, fps = freePicture(l, rate)
	}
	return width, height, thinned(Macroblocks(width, height)*bits, fps, rate)
}

// freePicture picks from the ladder. Its last rung is for whoever fits nowhere.
func freePicture(l Limits, rate int) (width, height, fps int) {
	r := ladder[len(ladder)-1]
	for _, floor := range [...]int{leastRate, 1} {
		for _, r := range ladder {
			if (rate <= 0 || rate >= r.bitrate) && l.Fits(r.width, r.height, floor) {
				return r.width, r.height, l.rate(r.width, r.height, fullRate)
			}
		}
	}
	return r.width, r.height, 1
}

// standardPicture picks from a receiver's list; its smallest is for one whose
// other limits allow none.
func standardPicture(s Sizes, l Limits, rate int) (width, height, fps int) {
	for _, floor := range [...]int{leastRate, 1} {
		for i, mpi := range s.MPI() {
			z := StandardSizes[i]
			if mpi == 0 || FPSOf(mpi) < floor || rate > 0 && rate < standardRates[i] || !l.Fits(z.Width, z.Height, floor) {
				continue
			}
			return z.Width, z.Height, l.rate(z.Width, z.Height, FPSOf(mpi))
		}
	}
	for i, mpi := range s.MPI() {
		if mpi > 0 {
			z := StandardSizes[i]
			width, height, fps = z.Width, z.Height, l.rate(z.Width, z.Height, FPSOf(mpi))
		}
	}
	return width, height, fps
}

// rate gives how often a picture of this size may come, at most so often and at least once.
func (l Limits) rate(width, height, most int) int {
	if l.FPS > 0 {
		most = min(most, l.FPS)
	}
	if l.MaxMBPS > 0 {
		most = min(most, l.MaxMBPS/Macroblocks(width, height))
	}
	return max(most, 1)
}

// thinned lowers a frame rate where the bits are too few for so many pictures.
func thinned(bits, fps, rate int) int {
	if rate > 0 && rate < bits*fps {
		fps = min(fps, halfRate)
	}
	if rate > 0 && rate < bits*halfRate*3/4 {
		fps = min(fps, leastRate)
	}
	return fps
}

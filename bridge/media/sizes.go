package media

// Sizes are the standard pictures that an H.261 or H.263 receiver lists, each
// with its minimum picture interval (MPI) in units of 1001/30000 s: 1 is 30
// pictures a second, 2 is 15. 0 is a size that it does not take. A receiver that lists
// none takes QCIF (RFC 4629 8.1.1).
type Sizes struct {
	SQCIF, QCIF, CIF, CIF4, CIF16 uint8
}

// MaxMPI is the longest minimum picture interval (RFC 4629 8.1.1).
const MaxMPI = 32

// StandardSize is one of the pictures of H.261 and H.263.
type StandardSize struct {
	Name          string // in SDP; H.245 has the same in other letters
	Width, Height int
}

// StandardSizes are those of ITU-T H.263 table 1, the largest first.
var StandardSizes = [...]StandardSize{
	{"CIF16", 1408, 1152}, {"CIF4", 704, 576}, {"CIF", 352, 288}, {"QCIF", 176, 144}, {"SQCIF", 128, 96},
}

// MPI gives the minimum picture intervals in the order of StandardSizes.
func (s Sizes) MPI() [5]uint8 { return [5]uint8{s.CIF16, s.CIF4, s.CIF, s.QCIF, s.SQCIF} }

// SizesOf is the inverse of Sizes.MPI.
func SizesOf(mpi [5]uint8) Sizes {
	return Sizes{CIF16: mpi[0], CIF4: mpi[1], CIF: mpi[2], QCIF: mpi[3], SQCIF: mpi[4]}
}

// Intersect gives the sizes that both list, at the lower rate.
func (s Sizes) Intersect(t Sizes) Sizes {
	a, b := s.MPI(), t.MPI()
	for i := range a {
		if a[i] == 0 || b[i] == 0 {
			a[i] = 0
		} else {
			a[i] = max(a[i], b[i])
		}
	}
	return SizesOf(a)
}

// Limits bounds every picture that is listed.
func (s Sizes) Limits() (l Limits) {
	for i, n := range s.MPI() {
		if n == 0 {
			continue
		}
		z, fps := StandardSizes[i], FPSOf(n)
		mbs := Macroblocks(z.Width, z.Height)
		l.Width, l.Height = max(l.Width, z.Width), max(l.Height, z.Height)
		l.FPS, l.MaxFS, l.MaxMBPS = max(l.FPS, fps), max(l.MaxFS, mbs), max(l.MaxMBPS, mbs*fps)
	}
	return l
}

// FPSOf gives the nominal pictures a second of a minimum picture interval, at least 1.
func FPSOf(mpi uint8) int { return max(30/max(int(mpi), 1), 1) }

// sized tells of the codecs that know standard sizes alone.
func (c Codec) sized() bool { return c == H261 || c == H263 || c == H263P }

// sizes gives what a receiver takes, also one that does not say.
func (f Format) sizes() Sizes {
	s := f.Sizes
	if f.Codec == H261 { // it has only two
		s = Sizes{QCIF: s.QCIF, CIF: s.CIF}
	}
	if s == (Sizes{}) {
		s.QCIF = 1
	}
	return s
}

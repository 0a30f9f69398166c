package capability

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// readVideo gives the formats of a picture capability, and whether it is for
// presentations (H.239 8.1).
func readVideo(v *h245.VideoCapability) (list []media.Format, content bool) {
	switch {
	case is(v.GenericVideoCapability, oidH264):
		return readH264(v.GenericVideoCapability), false
	case v.H263VideoCapability != nil:
		return readH263(v.H263VideoCapability), false
	case v.H261VideoCapability != nil:
		return readH261(v.H261VideoCapability), false
	case v.ExtendedVideoCapability != nil:
		x := v.ExtendedVideoCapability
		for i := range x.VideoCapability {
			if x.VideoCapability[i].ExtendedVideoCapability == nil { // nesting has no meaning
				more, _ := readVideo(&x.VideoCapability[i])
				list = append(list, more...)
			}
		}
		return list, isPresentation(x.VideoCapabilityExtension)
	}
	return nil, false
}

// isPresentation reads the role of an extended capability. One without a known role is
// taken for a presentation too: it is not the camera's picture.
func isPresentation(list []h245.GenericCapability) bool {
	for i := range list {
		if !is(&list[i], oidRole) {
			continue
		}
		bits, _ := value(&list[i], roleBits)
		return bits&rolePresentation != 0 || bits == 0
	}
	return true
}

// size is a picture format of H.261 and H.263 with its minimum picture interval, in
// units of 1001/30000 s.
type size struct {
	width, height int
	mpi           *uint8
}

// largest gives the limits of the largest of the sizes.
func largest(sizes []size) (l media.Limits) {
	for _, s := range sizes {
		if s.mpi != nil && *s.mpi > 0 {
			return media.Limits{Width: s.width, Height: s.height, FPS: max(1, 30/int(*s.mpi))}
		}
	}
	return media.Limits{}
}

func readH263(c *h245.H263VideoCapability) []media.Format {
	l := largest([]size{
		{1408, 1152, c.Cif16MPI}, {704, 576, c.Cif4MPI}, {352, 288, c.CifMPI}, {176, 144, c.QcifMPI}, {128, 96, c.SqcifMPI},
	})
	if l.Width == 0 {
		return nil
	}
	l.Bitrate = bitrate(c.MaxBitRate)
	// Annexes beyond those of the first edition need the later payload format.
	if c.H263Options != nil {
		return []media.Format{{Codec: media.H263P, ClockRate: 90000, PT: ptH263P, VideoMax: l}}
	}
	return []media.Format{{Codec: media.H263, ClockRate: 90000, PT: ptH263, VideoMax: l}}
}

func readH261(c *h245.H261VideoCapability) []media.Format {
	l := largest([]size{{352, 288, c.CifMPI}, {176, 144, c.QcifMPI}})
	if l.Width == 0 {
		return nil
	}
	l.Bitrate = bitrate(uint32(c.MaxBitRate))
	return []media.Format{{Codec: media.H261, ClockRate: 90000, PT: ptH261, VideoMax: l}}
}

// writeVideo describes a decoder of ours; nil if H.245 has no form for it.
func writeVideo(f media.Format, limit int) *h245.VideoCapability {
	switch f.Codec {
	case media.H264:
		if profileBit(f.H264) == 0 {
			return nil
		}
		return &h245.VideoCapability{GenericVideoCapability: writeH264(f.H264, limit)}
	case media.H263, media.H263P:
		c := &h245.H263VideoCapability{MaxBitRate: hundreds(min(rateOf(f, limit), 19_240_000))}
		if f.Codec == media.H263P {
			c.H263Options = &h245.H263Options{}
		}
		c.QcifMPI, c.CifMPI = intervals(f.VideoMax)
		if f.VideoMax.Width >= 704 {
			c.Cif4MPI = c.CifMPI
		}
		return &h245.VideoCapability{H263VideoCapability: c}
	case media.H261:
		c := &h245.H261VideoCapability{MaxBitRate: uint16(hundreds(min(rateOf(f, limit), 1_920_000)))}
		c.QcifMPI, c.CifMPI = intervals(f.VideoMax)
		return &h245.VideoCapability{H261VideoCapability: c}
	}
	return nil
}

// intervals gives the minimum picture intervals of QCIF and CIF, 1 to 4.
func intervals(l media.Limits) (qcif, cif *uint8) {
	mpi := uint8(1)
	if l.FPS > 0 && l.FPS < 30 {
		mpi = uint8(min(30/l.FPS, 4))
	}
	qcif = new(mpi)
	if l.Width == 0 || l.Width >= 352 {
		cif = new(mpi)
	}
	return qcif, cif
}

// rateOf is the most that may be sent in a format; H.26x below H.264 need some number.
func rateOf(f media.Format, limit int) int {
	rate := f.Limits().Bitrate
	if rate == 0 {
		rate = 2_000_000
	}
	if limit > 0 {
		rate = min(rate, limit)
	}
	return max(rate, 100)
}

// narrowVideo is a capability of the far end as a channel towards it carries it.
func narrowVideo(v *h245.VideoCapability, f media.Format, limit int) *h245.VideoCapability {
	n := *v
	switch {
	case n.GenericVideoCapability != nil:
		n.GenericVideoCapability = narrowH264(n.GenericVideoCapability, f.H264, limit)
	case n.H263VideoCapability != nil:
		c := *n.H263VideoCapability
		if limit > 0 {
			c.MaxBitRate = min(c.MaxBitRate, max(hundreds(limit), 1))
		}
		n.H263VideoCapability = &c
	case n.H261VideoCapability != nil:
		c := *n.H261VideoCapability
		if limit > 0 {
			c.MaxBitRate = uint16(min(uint32(c.MaxBitRate), max(hundreds(limit), 1)))
		}
		n.H261VideoCapability = &c
	}
	return &n
}

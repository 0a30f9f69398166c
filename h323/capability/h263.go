package capability

import (
	"cmp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// Bounds of bit rates in these capabilities, bit/s; no terminal of the kind has more
// than the last, which is taken where nothing else bounds.
const (
	maxRateH263   = 19_240_000
	maxRateH261   = 1_920_000
	usualRateH26x = 2_000_000
)

// maxIntervalH261 is the longest minimum picture interval of H.261.
const maxIntervalH261 = 4

// readH263 reads H.263 as its first edition has it, which every terminal that lists
// annexes or sizes of its own takes as well. One that has no standard size is none.
func readH263(c *h245.H263VideoCapability) []media.Format {
	f := media.Format{Codec: media.H263, ClockRate: 90000, PT: ptH263, Bitrate: bitrate(c.MaxBitRate)}
	f.Sizes = media.Sizes{
		SQCIF: interval(c.SqcifMPI), QCIF: interval(c.QcifMPI), CIF: interval(c.CifMPI), CIF4: interval(c.Cif4MPI), CIF16: interval(c.Cif16MPI),
	}
	if f.Sizes == (media.Sizes{}) {
		return nil
	}
	return []media.Format{f}
}

func readH261(c *h245.H261VideoCapability) []media.Format {
	f := media.Format{Codec: media.H261, ClockRate: 90000, PT: ptH261, Bitrate: bitrate(uint32(c.MaxBitRate))}
	f.Sizes = media.Sizes{QCIF: interval(c.QcifMPI), CIF: interval(c.CifMPI)}
	if f.Sizes == (media.Sizes{}) {
		return nil
	}
	return []media.Format{f}
}

// interval reads a minimum picture interval; 0 is a size that is not there.
func interval(mpi *uint8) uint8 {
	if mpi == nil {
		return 0
	}
	return min(*mpi, media.MaxMPI)
}

// listed is what a decoder of ours takes; one without a list takes QCIF.
func listed(f media.Format) media.Sizes {
	return cmp.Or(f.Sizes, media.Sizes{QCIF: 1})
}

// mpi writes an interval.
func mpi(n, longest uint8) *uint8 {
	if n == 0 {
		return nil
	}
	return new(min(n, longest))
}

// writeH263 describes a decoder of ours. H.263+ is told from H.263 by options, of which
// it has none.
func writeH263(f media.Format, limit int) *h245.H263VideoCapability {
	s := listed(f)
	c := &h245.H263VideoCapability{
		SqcifMPI: mpi(s.SQCIF, media.MaxMPI), QcifMPI: mpi(s.QCIF, media.MaxMPI), CifMPI: mpi(s.CIF, media.MaxMPI),
		Cif4MPI: mpi(s.CIF4, media.MaxMPI), Cif16MPI: mpi(s.CIF16, media.MaxMPI),
		MaxBitRate: hundreds(min(rateOf(f, limit), maxRateH263)),
	}
	if f.Codec == media.H263P {
		c.H263Options = &h245.H263Options{}
	}
	return c
}

func writeH261(f media.Format, limit int) *h245.H261VideoCapability {
	s := listed(f)
	return &h245.H261VideoCapability{
		QcifMPI: mpi(s.QCIF, maxIntervalH261), CifMPI: mpi(s.CIF, maxIntervalH261),
		MaxBitRate: uint16(hundreds(min(rateOf(f, limit), maxRateH261))),
	}
}

// rateOf is the most that may be sent in a format; these need some number.
func rateOf(f media.Format, limit int) int {
	rate := f.Limits().Bitrate
	if rate == 0 {
		rate = usualRateH26x
	}
	if limit > 0 {
		rate = min(rate, limit)
	}
	return max(rate, 100)
}

// narrowH263 is a capability of the far end as a channel towards it carries it: its
// sizes, no annexes, and no more than limit bit/s.
func narrowH263(c *h245.H263VideoCapability, f media.Format, limit int) *h245.H263VideoCapability {
	n := &h245.H263VideoCapability{
		SqcifMPI: c.SqcifMPI, QcifMPI: c.QcifMPI, CifMPI: c.CifMPI, Cif4MPI: c.Cif4MPI, Cif16MPI: c.Cif16MPI,
		MaxBitRate: c.MaxBitRate,
	}
	if limit > 0 {
		n.MaxBitRate = min(n.MaxBitRate, max(hundreds(limit), 1))
	}
	if f.Codec == media.H263P && c.H263Options != nil {
		n.H263Options = &h245.H263Options{}
	}
	return n
}

func narrowH261(c *h245.H261VideoCapability, limit int) *h245.H261VideoCapability {
	n := &h245.H261VideoCapability{QcifMPI: c.QcifMPI, CifMPI: c.CifMPI, MaxBitRate: c.MaxBitRate}
	if limit > 0 {
		n.MaxBitRate = uint16(min(uint32(n.MaxBitRate), max(hundreds(limit), 1)))
	}
	return n
}

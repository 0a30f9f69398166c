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

// writeVideo describes a decoder of ours; nil if H.245 has no form for it.
func writeVideo(f media.Format, limit int) *h245.VideoCapability {
	switch f.Codec {
	case media.H264:
		if profileBit(f.H264) == 0 {
			return nil
		}
		return &h245.VideoCapability{GenericVideoCapability: writeH264(f.H264, limit)}
	case media.H263, media.H263P:
		return &h245.VideoCapability{H263VideoCapability: writeH263(f, limit)}
	case media.H261:
		return &h245.VideoCapability{H261VideoCapability: writeH261(f, limit)}
	}
	return nil
}

// narrowVideo is a capability of the far end as a channel towards it carries it.
func narrowVideo(v *h245.VideoCapability, f media.Format, limit int) *h245.VideoCapability {
	n := *v
	switch {
	case n.GenericVideoCapability != nil:
		n.GenericVideoCapability = narrowH264(n.GenericVideoCapability, f.H264, limit)
	case n.H263VideoCapability != nil:
		n.H263VideoCapability = narrowH263(n.H263VideoCapability, f, limit)
	case n.H261VideoCapability != nil:
		n.H261VideoCapability = narrowH261(n.H261VideoCapability, limit)
	}
	return &n
}

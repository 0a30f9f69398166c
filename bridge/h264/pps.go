package h264

// PPS is what is read of a picture parameter set (7.3.2.2).
type PPS struct {
	ID, SPS            uint8
	CABAC              bool // entropy_coding_mode_flag
	BottomFieldPOC     bool // bottom_field_pic_order_in_frame_present_flag
	SliceGroups        uint8
	RefIdxL0, RefIdxL1 uint8 // num_ref_idx_default_active
	WeightedPred       bool
	WeightedBipred     uint8
	InitQP             int32 // 26 + pic_init_qp_minus26
	DeblockingControl  bool
	ConstrainedIntra   bool
	RedundantPicCnt    bool
	Transform8x8       bool
}

// ParsePPS reads a picture parameter set NAL unit.
func ParsePPS(nal []byte) (PPS, error) {
	var p PPS
	if Type(nal) != TypePPS {
		return p, ErrSyntax
	}
	r := newBitReader(nal[1:])
	p.ID = uint8(r.ueMax(255))
	p.SPS = uint8(r.ueMax(31))
	p.CABAC = r.flag()
	p.BottomFieldPOC = r.flag()
	p.SliceGroups = uint8(r.ueMax(7)) + 1
	if p.SliceGroups > 1 {
		skipSliceGroups(&r, int(p.SliceGroups))
	}
	p.RefIdxL0 = uint8(r.ueMax(31)) + 1
	p.RefIdxL1 = uint8(r.ueMax(31)) + 1
	p.WeightedPred = r.flag()
	p.WeightedBipred = uint8(r.u(2))
	p.InitQP = 26 + r.se()
	r.se() // pic_init_qs_minus26
	r.se() // chroma_qp_index_offset
	p.DeblockingControl = r.flag()
	p.ConstrainedIntra = r.flag()
	p.RedundantPicCnt = r.flag()
	if r.over || p.InitQP < -36 || p.InitQP > 51 {
		return PPS{}, ErrSyntax
	}
	if r.more() {
		p.Transform8x8 = r.flag()
	}
	return p, nil
}

// skipSliceGroups reads past the slice group map (7.3.2.2).
func skipSliceGroups(r *bitReader, groups int) {
	switch kind := r.ueMax(6); kind {
	case 0:
		for range groups {
			r.ue()
		}
	case 2:
		for range groups - 1 {
			r.ue()
			r.ue()
		}
	case 3, 4, 5:
		r.bit()
		r.ue()
	case 6:
		skipGroupMap(r, groups)
	}
}

func skipGroupMap(r *bitReader, groups int) {
	n, width := int(r.ueMax(maxFrameMBs-1))+1, 1
	if groups > 2 {
		width = 2
	}
	if groups > 4 {
		width = 3
	}
	for i := 0; i < n && !r.over; i++ {
		r.u(width)
	}
}

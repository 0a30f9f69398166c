package h264

// SPS is what is read of a sequence parameter set (7.3.2.1.1).
type SPS struct {
	ID          uint8
	Profile     uint8 // profile_idc
	Constraints uint8 // constraint_set flags and reserved bits
	Level       uint8 // level_idc

	ChromaFormat    uint8 // chroma_format_idc: 1 is 4:2:0
	SeparatePlanes  bool
	Log2MaxFrameNum uint8
	POCType         uint8
	Log2MaxPOCLsb   uint8 // type 0
	DeltaPOCZero    bool  // type 1: delta_pic_order_always_zero_flag
	POCCycle        uint8 // type 1: num_ref_frames_in_pic_order_cnt_cycle
	NumRefFrames    uint8
	FrameNumGaps    bool
	FrameMBsOnly    bool

	WidthMBs, HeightMBs int // of a frame
	Width, Height       int // after cropping

	// VUI; zero when it is not there.
	UnitsInTick, TimeScale uint32
	FixedRate              bool
}

// Bounds of what is believed: the picture sizes of level 6.2, and no side
// longer than the standard allows there (A.3.1).
const (
	maxFrameMBs = 139264
	maxSideMBs  = 1055
)

// FPS gives the frame rate of the VUI, 0 when it tells none.
func (s *SPS) FPS() float64 {
	if s.UnitsInTick == 0 || s.TimeScale == 0 {
		return 0
	}
	return float64(s.TimeScale) / float64(s.UnitsInTick) / 2
}

// MBs gives the number of macroblocks of a frame.
func (s *SPS) MBs() int { return s.WidthMBs * s.HeightMBs }

// ParseSPS reads a sequence parameter set NAL unit. A VUI that cannot be
// read is left out.
func ParseSPS(nal []byte) (SPS, error) {
	var s SPS
	if Type(nal) != TypeSPS || len(nal) < 4 {
		return s, ErrSyntax
	}
	s.Profile, s.Constraints, s.Level = nal[1], nal[2], nal[3]
	r := newBitReader(nal[4:])
	s.ID = uint8(r.ueMax(31))
	s.ChromaFormat = 1
	if hasChromaInfo(s.Profile) {
		s.readChroma(&r)
	}
	s.Log2MaxFrameNum = uint8(r.ueMax(12)) + 4
	s.readPOC(&r)
	s.NumRefFrames = uint8(r.ueMax(16))
	s.FrameNumGaps = r.flag()
	s.readSize(&r)
	if r.over || s.Width <= 0 || s.Height <= 0 {
		return SPS{}, ErrSyntax
	}
	if r.flag() {
		s.readVUI(&r)
	}
	return s, nil
}

// hasChromaInfo lists the profiles of 7.3.2.1.1 whose sets tell the chroma format.
func hasChromaInfo(profile uint8) bool {
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		return true
	}
	return false
}

func (s *SPS) readChroma(r *bitReader) {
	s.ChromaFormat = uint8(r.ueMax(3))
	if s.ChromaFormat == 3 {
		s.SeparatePlanes = r.flag()
	}
	r.ueMax(6) // bit_depth_luma_minus8
	r.ueMax(6) // bit_depth_chroma_minus8
	r.bit()    // qpprime_y_zero_transform_bypass_flag
	if r.flag() {
		lists := 8
		if s.ChromaFormat == 3 {
			lists = 12
		}
		skipScalingLists(r, lists)
	}
}

// skipScalingLists reads past scaling_list for n lists, the first six of
// which are 4x4 (7.3.2.1.1.1).
func skipScalingLists(r *bitReader, n int) {
	for i := range n {
		if !r.flag() {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := int32(8), int32(8)
		for j := 0; j < size && !r.over; j++ {
			if next != 0 {
				next = (last + r.se()) & 0xff
			}
			if next != 0 {
				last = next
			}
		}
	}
}

func (s *SPS) readPOC(r *bitReader) {
	s.POCType = uint8(r.ueMax(2))
	switch s.POCType {
	case 0:
		s.Log2MaxPOCLsb = uint8(r.ueMax(12)) + 4
	case 1:
		s.DeltaPOCZero = r.flag()
		r.se() // offset_for_non_ref_pic
		r.se() // offset_for_top_to_bottom_field
		s.POCCycle = uint8(r.ueMax(255))
		for i := 0; i < int(s.POCCycle) && !r.over; i++ {
			r.se()
		}
	}
}

func (s *SPS) readSize(r *bitReader) {
	w := r.ueMax(maxSideMBs-1) + 1
	units := r.ueMax(maxSideMBs-1) + 1
	s.FrameMBsOnly = r.flag()
	fields := uint32(1)
	if !s.FrameMBsOnly {
		fields = 2
		r.bit() // mb_adaptive_frame_field_flag
	}
	r.bit() // direct_8x8_inference_flag
	s.WidthMBs, s.HeightMBs = int(w), int(units*fields)
	if s.MBs() > maxFrameMBs {
		r.over = true
		return
	}
	s.Width, s.Height = s.WidthMBs*16, s.HeightMBs*16
	if r.flag() {
		s.crop(r, int(fields))
	}
}

// crop applies frame cropping (7-18 to 7-21). Offsets beyond the picture are
// an error, which shows as an empty size.
func (s *SPS) crop(r *bitReader, fields int) {
	x, y := 1, fields
	if !s.SeparatePlanes {
		if s.ChromaFormat == 1 || s.ChromaFormat == 2 {
			x = 2
		}
		if s.ChromaFormat == 1 {
			y = 2 * fields
		}
	}
	left, right := int(r.ueMax(1<<15)), int(r.ueMax(1<<15))
	top, bottom := int(r.ueMax(1<<15)), int(r.ueMax(1<<15))
	s.Width -= x * (left + right)
	s.Height -= y * (top + bottom)
}

// readVUI reads as far as the timing (E.1.1).
func (s *SPS) readVUI(r *bitReader) {
	if r.flag() && r.u(8) == 255 { // Extended_SAR
		r.u(32)
	}
	if r.flag() { // overscan
		r.bit()
	}
	if r.flag() { // video signal type
		r.u(4)
		if r.flag() {
			r.u(24)
		}
	}
	if r.flag() { // chroma location
		r.ue()
		r.ue()
	}
	if !r.flag() {
		return
	}
	units, scale := r.u(32), r.u(32)
	fixed := r.flag()
	if !r.over {
		s.UnitsInTick, s.TimeScale, s.FixedRate = units, scale, fixed
	}
}

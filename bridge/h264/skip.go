package h264

import (
	"errors"
	"fmt"
)

// ErrUnsupported is returned for streams that skip pictures are not made for.
var ErrUnsupported = errors.New("h264: no skip picture for this stream")

// SkipState is where in the stream a skip picture stands. After an IDR picture
// all of it is zero but for what Skips counts.
type SkipState struct {
	Reference bool   // nal_ref_idc is not 0: the picture counts in frame_num
	FrameNum  uint32 // modulo the SPS's maximum
	POC       uint32 // pictures since the IDR picture; output order is decoding order
}

// Skips makes the pictures that follow an IDR picture and show the same, so
// that a still is a live stream of a few bytes a picture.
type Skips struct {
	sps   SPS
	pps   PPS
	count uint32 // pictures since the IDR picture
	refs  uint32 // of those, references
	last  uint32 // count at the last reference
}

// NewSkips makes the skip pictures for a stream with these parameter sets.
// Interlaced streams and those with slice groups are ErrUnsupported.
func NewSkips(sps, pps []byte) (*Skips, error) {
	s, err := ParseSPS(sps)
	if err != nil {
		return nil, fmt.Errorf("SPS: %w", err)
	}
	p, err := ParsePPS(pps)
	if err != nil {
		return nil, fmt.Errorf("PPS: %w", err)
	}
	k := &Skips{sps: s, pps: p}
	_, err = k.Next(nil)
	k.Restart()
	return k, err
}

// Restart begins anew behind an IDR picture.
func (k *Skips) Restart() { k.count, k.refs, k.last = 0, 0, 0 }

// Next appends the NAL unit of the next skip picture to dst. Its access unit
// is that NAL unit alone.
func (k *Skips) Next(dst []byte) ([]byte, error) {
	k.count++
	st := SkipState{
		Reference: k.needsReference(),
		FrameNum:  (k.refs + 1) & (1<<k.sps.Log2MaxFrameNum - 1),
		POC:       k.count,
	}
	if st.Reference {
		k.refs, k.last = k.refs+1, k.count
	}
	return SkipPicture(dst, &k.sps, &k.pps, st)
}

// needsReference tells whether the next picture has to be a reference. A
// picture that is none may be lost without harm, so few are. But the
// order count of POC type 0 reaches half its range from the last reference
// (8.2.1.1), and types 1 and 2 count the order by frame_num, type 2 without
// room for two in a row that are no references (8.2.1.3).
func (k *Skips) needsReference() bool {
	if k.sps.POCType != 0 {
		return true
	}
	return 2*(k.count-k.last+1) >= 1<<(k.sps.Log2MaxPOCLsb-1)
}

// SkipPicture appends a P slice NAL unit to dst whose macroblocks are all
// skipped (P_Skip with zero motion, since no neighbour moves; 8.4.1.1): it
// shows the picture before it. Both entropy codings are done.
func SkipPicture(dst []byte, sps *SPS, pps *PPS, st SkipState) ([]byte, error) {
	if err := skippable(sps, pps); err != nil {
		return dst, err
	}
	w := bitWriter{buf: make([]byte, 0, 64)}
	qp := skipHeader(&w, sps, pps, st)
	mbs := sps.MBs()
	if pps.CABAC {
		for w.n != 0 {
			w.bit(1) // cabac_alignment_one_bit
		}
		skipCABAC(&w, mbs, qp)
	} else {
		w.ue(uint32(mbs)) // mb_skip_run
		w.trailing()
	}
	header := byte(TypeSlice)
	if st.Reference {
		header |= 1 << 5
	}
	return appendNALUnit(dst, header, w.buf), nil
}

func skippable(sps *SPS, pps *PPS) error {
	switch {
	case pps.SPS != sps.ID:
		return fmt.Errorf("%w: PPS of another SPS", ErrUnsupported)
	case !sps.FrameMBsOnly:
		return fmt.Errorf("%w: interlaced", ErrUnsupported)
	case sps.SeparatePlanes:
		return fmt.Errorf("%w: separate colour planes", ErrUnsupported)
	case pps.SliceGroups != 1:
		return fmt.Errorf("%w: slice groups", ErrUnsupported)
	case sps.POCType == 1 && sps.POCCycle == 0 && sps.DeltaPOCZero:
		return fmt.Errorf("%w: picture order stands still", ErrUnsupported)
	case sps.NumRefFrames == 0:
		return fmt.Errorf("%w: no reference frames", ErrUnsupported)
	}
	return nil
}

// skipHeader writes the slice header (7.3.3) and gives the slice's QP.
func skipHeader(w *bitWriter, sps *SPS, pps *PPS, st SkipState) int32 {
	w.ue(0) // first_mb_in_slice
	w.ue(5) // slice_type: P, and so are all slices of the picture
	w.ue(uint32(pps.ID))
	w.u(int(sps.Log2MaxFrameNum), st.FrameNum)
	skipPOC(w, sps, pps, st)
	if pps.RedundantPicCnt {
		w.ue(0)
	}
	if pps.RefIdxL0 > 1 {
		w.bit(1) // num_ref_idx_active_override_flag
		w.ue(0)
	} else {
		w.bit(0)
	}
	w.bit(0) // ref_pic_list_modification_flag_l0
	if pps.WeightedPred {
		skipWeights(w, sps)
	}
	if st.Reference {
		w.bit(0) // adaptive_ref_pic_marking_mode_flag
	}
	qp := pps.InitQP
	if pps.CABAC {
		w.ue(0) // cabac_init_idc
		qp = skipQP
	}
	w.se(qp - pps.InitQP) // slice_qp_delta
	if pps.DeblockingControl {
		w.ue(1) // disable_deblocking_filter_idc: there is nothing to filter
	}
	return qp
}

// skipPOC writes the picture order count; frames are two apart (8.2.1).
func skipPOC(w *bitWriter, sps *SPS, pps *PPS, st SkipState) {
	switch {
	case sps.POCType == 0:
		w.u(int(sps.Log2MaxPOCLsb), 2*st.POC&(1<<sps.Log2MaxPOCLsb-1))
		if pps.BottomFieldPOC {
			w.se(0)
		}
	case sps.POCType == 1 && !sps.DeltaPOCZero:
		delta := int32(0)
		if sps.POCCycle == 0 {
			delta = int32(2 * st.POC)
		}
		w.se(delta)
		if pps.BottomFieldPOC {
			w.se(0)
		}
	}
}

// skipWeights writes a pred_weight_table that weights nothing (7.3.3.2).
func skipWeights(w *bitWriter, sps *SPS) {
	w.ue(0) // luma_log2_weight_denom
	if sps.ChromaFormat != 0 {
		w.ue(0)
	}
	w.bit(0) // luma_weight_l0_flag
	if sps.ChromaFormat != 0 {
		w.bit(0)
	}
}

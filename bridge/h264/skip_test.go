package h264

import (
	"bytes"
	"errors"
	"testing"
)

// idr encodes one picture and gives its parameter sets and slices.
func idr(t testing.TB, c clip) (sps, pps []byte, nals [][]byte) {
	t.Helper()
	c.frames = 1
	nals = encode(t, c)
	for _, nal := range nals {
		switch Type(nal) {
		case TypeSPS:
			sps = nal
		case TypePPS:
			pps = nal
		}
	}
	if sps == nil || pps == nil {
		t.Fatal("the encoder gave no parameter sets")
	}
	return sps, pps, nals
}

// TestSkipPictures has FFmpeg decode an IDR picture with skip pictures behind
// it, twice over: every picture shows the first.
func TestSkipPictures(t *testing.T) {
	for name, c := range map[string]clip{
		"baseline, POC type 2":      {w: 320, h: 192, profile: "baseline"},
		"baseline cropped":          {w: 426, h: 238, profile: "baseline"},
		"one macroblock":            {w: 16, h: 16, profile: "baseline"},
		"720p":                      {w: 1280, h: 720, profile: "baseline"},
		"many references":           {w: 176, h: 144, profile: "baseline", x264: "ref=4:keyint=250"},
		"main CAVLC, POC type 0":    {w: 176, h: 144, profile: "main", x264: "cabac=0:bframes=2"},
		"main CABAC":                {w: 320, h: 192, profile: "main", x264: "cabac=1"},
		"main CABAC, POC type 0":    {w: 320, h: 192, profile: "main", x264: "cabac=1:bframes=2"},
		"main CABAC 720p":           {w: 1280, h: 720, profile: "main", x264: "cabac=1"},
		"main CABAC one macroblock": {w: 16, h: 16, profile: "main", x264: "cabac=1"},
		"weighted prediction":       {w: 176, h: 144, profile: "main", x264: "cabac=0:weightp=2"},
		"no deblocking":             {w: 176, h: 144, profile: "baseline", x264: "no-deblock=1"},
		"high with 8x8 transform":   {w: 176, h: 144, profile: "high", x264: "8x8dct=1"},
		"several slices":            {w: 320, h: 192, profile: "baseline", x264: "slices=4"},
	} {
		t.Run(name, func(t *testing.T) {
			sps, pps, picture := idr(t, c)
			skips, err := NewSkips(sps, pps)
			if err != nil {
				t.Fatal(err)
			}
			// More pictures than frame_num and the order count have room for.
			const each = 70
			var stream []byte
			for range 2 {
				stream = AppendAnnexB(stream, picture...)
				skips.Restart()
				for range each {
					nal, err := skips.Next(nil)
					if err != nil {
						t.Fatal(err)
					}
					stream = AppendAnnexB(stream, nal)
				}
			}
			pictures := decode(t, stream, c.w, c.h)
			if len(pictures) != 2*(1+each) {
				t.Fatalf("%d pictures decoded, want %d", len(pictures), 2*(1+each))
			}
			for i := range pictures {
				if !bytes.Equal(pictures[i], pictures[0]) {
					t.Fatalf("picture %d differs from the first", i)
				}
			}
		})
	}
}

// TestSkipPicturesLost drops skip pictures that are no references: the decoder
// must not notice.
func TestSkipPicturesLost(t *testing.T) {
	c := clip{w: 176, h: 144, profile: "main", x264: "cabac=0:bframes=2"}
	sps, pps, picture := idr(t, c)
	skips, err := NewSkips(sps, pps)
	if err != nil {
		t.Fatal(err)
	}
	stream, kept := AppendAnnexB(nil, picture...), 1
	for range 40 {
		nal, err := skips.Next(nil)
		if err != nil {
			t.Fatal(err)
		}
		if nal[0]>>5 == 0 {
			continue
		}
		stream = AppendAnnexB(stream, nal)
		kept++
	}
	if kept == 1 || kept == 41 {
		t.Fatalf("%d of 41 pictures are references; some are needed, and not all", kept)
	}
	if got := decode(t, stream, c.w, c.h); len(got) != kept {
		t.Errorf("%d pictures decoded, want %d", len(got), kept)
	}
}

// TestSkipPictureFields reads back the headers for settings that no encoder
// at hand produces.
func TestSkipPictureFields(t *testing.T) {
	sps := SPS{
		Log2MaxFrameNum: 5, POCType: 1, POCCycle: 0, NumRefFrames: 1, FrameMBsOnly: true,
		ChromaFormat: 1, WidthMBs: 2, HeightMBs: 2,
	}
	pps := PPS{
		SliceGroups: 1, RefIdxL0: 1, InitQP: 26, RedundantPicCnt: true, BottomFieldPOC: true,
		WeightedPred: true, DeblockingControl: true,
	}
	nal, err := SkipPicture(nil, &sps, &pps, SkipState{Reference: true, FrameNum: 3, POC: 2})
	if err != nil {
		t.Fatal(err)
	}
	if nal[0] != 0x21 {
		t.Errorf("NAL header %#x, want a reference slice", nal[0])
	}
	r := newBitReader(nal[1:])
	for _, f := range []struct {
		name string
		got  int32
		want int32
	}{
		{"first_mb_in_slice", int32(r.ue()), 0},
		{"slice_type", int32(r.ue()), 5},
		{"pic_parameter_set_id", int32(r.ue()), 0},
		{"frame_num", int32(r.u(5)), 3},
		{"delta_pic_order_cnt[0]", r.se(), 4},
		{"delta_pic_order_cnt[1]", r.se(), 0},
		{"redundant_pic_cnt", int32(r.ue()), 0},
		{"num_ref_idx_active_override_flag", int32(r.bit()), 0},
		{"ref_pic_list_modification_flag_l0", int32(r.bit()), 0},
		{"luma_log2_weight_denom", int32(r.ue()), 0},
		{"chroma_log2_weight_denom", int32(r.ue()), 0},
		{"luma_weight_l0_flag", int32(r.bit()), 0},
		{"chroma_weight_l0_flag", int32(r.bit()), 0},
		{"adaptive_ref_pic_marking_mode_flag", int32(r.bit()), 0},
		{"slice_qp_delta", r.se(), 0},
		{"disable_deblocking_filter_idc", int32(r.ue()), 1},
		{"mb_skip_run", int32(r.ue()), 4},
	} {
		if f.got != f.want {
			t.Errorf("%s = %d, want %d", f.name, f.got, f.want)
		}
	}
	if r.more() || r.over {
		t.Error("data behind the skip run")
	}
}

func TestSkipPictureUnsupported(t *testing.T) {
	good := SPS{Log2MaxFrameNum: 4, POCType: 2, NumRefFrames: 1, FrameMBsOnly: true, ChromaFormat: 1, WidthMBs: 1, HeightMBs: 1}
	for name, change := range map[string]func(*SPS, *PPS){
		"another SPS":       func(_ *SPS, p *PPS) { p.SPS = 1 },
		"interlaced":        func(s *SPS, _ *PPS) { s.FrameMBsOnly = false },
		"separate planes":   func(s *SPS, _ *PPS) { s.SeparatePlanes = true },
		"slice groups":      func(_ *SPS, p *PPS) { p.SliceGroups = 2 },
		"order stands":      func(s *SPS, _ *PPS) { s.POCType, s.DeltaPOCZero = 1, true },
		"nothing to repeat": func(s *SPS, _ *PPS) { s.NumRefFrames = 0 },
	} {
		sps, pps := good, PPS{SliceGroups: 1, InitQP: 26}
		change(&sps, &pps)
		if nal, err := SkipPicture(nil, &sps, &pps, SkipState{}); !errors.Is(err, ErrUnsupported) || nal != nil {
			t.Errorf("%s: %x, %v", name, nal, err)
		}
	}
	if _, err := NewSkips([]byte{0x67}, nil); !errors.Is(err, ErrSyntax) {
		t.Errorf("broken SPS: %v", err)
	}
	if _, err := NewSkips(plainSPS, []byte{0x68}); !errors.Is(err, ErrSyntax) {
		t.Errorf("broken PPS: %v", err)
	}
}

// plainSPS and plainPPS are those of a 320x192 baseline stream of x264.
var (
	plainSPS = []byte{0x67, 0x42, 0xc0, 0x0c, 0xda, 0x05, 0x06, 0x6c, 0x04, 0x40, 0, 0, 3, 0, 0x40, 0, 0, 0x0c, 0xa3, 0xc5, 0x0a, 0xa8}
	plainPPS = []byte{0x68, 0xce, 0x0f, 0xc8}
)

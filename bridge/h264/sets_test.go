package h264

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestParseSPSOfEncoder reads what libx264 writes.
func TestParseSPSOfEncoder(t *testing.T) {
	for name, c := range map[string]struct {
		clip clip
		want SPS
	}{
		"baseline": {
			clip{w: 320, h: 192, profile: "baseline"},
			SPS{Profile: 66, Constraints: 0xc0, POCType: 2, FrameMBsOnly: true, Log2MaxFrameNum: 4, NumRefFrames: 1, ChromaFormat: 1},
		},
		"cropped": {
			clip{w: 426, h: 238, profile: "baseline", x264: "ref=3"},
			SPS{Profile: 66, Constraints: 0xc0, POCType: 2, FrameMBsOnly: true, Log2MaxFrameNum: 4, NumRefFrames: 3, ChromaFormat: 1},
		},
		"1080p high": {
			clip{w: 1920, h: 1080, profile: "high", x264: "bframes=2:keyint=300"},
			SPS{Profile: 100, POCType: 0, FrameMBsOnly: true, ChromaFormat: 1},
		},
		"interlaced": {
			clip{w: 720, h: 576, profile: "main", x264: "interlaced=1:weightp=0"},
			SPS{Profile: 77, Constraints: 0x40, POCType: 0, ChromaFormat: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			nal, pps, _ := idr(t, c.clip)
			got, err := ParseSPS(nal)
			if err != nil {
				t.Fatal(err)
			}
			if got.Width != c.clip.w || got.Height != c.clip.h || got.FPS() != 25 {
				t.Errorf("%dx%d at %v", got.Width, got.Height, got.FPS())
			}
			if got.WidthMBs != (c.clip.w+15)/16 || got.HeightMBs < (c.clip.h+15)/16 {
				t.Errorf("%dx%d macroblocks", got.WidthMBs, got.HeightMBs)
			}
			if got.Profile != c.want.Profile || got.POCType != c.want.POCType || got.FrameMBsOnly != c.want.FrameMBsOnly ||
				got.ChromaFormat != c.want.ChromaFormat || got.Level == 0 ||
				c.want.NumRefFrames != 0 && got.NumRefFrames != c.want.NumRefFrames ||
				c.want.Constraints != 0 && got.Constraints != c.want.Constraints ||
				c.want.Log2MaxFrameNum != 0 && got.Log2MaxFrameNum != c.want.Log2MaxFrameNum {
				t.Errorf("%+v", got)
			}
			p, err := ParsePPS(pps)
			if err != nil {
				t.Fatal(err)
			}
			if p.SPS != got.ID || p.CABAC != (c.clip.profile != "baseline") || p.SliceGroups != 1 ||
				!p.DeblockingControl || p.Transform8x8 != (c.clip.profile == "high") {
				t.Errorf("%+v", p)
			}
		})
	}
}

// spsFields writes an SPS field by field, for what libx264 does not do.
func spsFields(profile uint8, fields func(w *bitWriter)) []byte {
	var w bitWriter
	fields(&w)
	w.trailing()
	return append([]byte{0x67, profile, 0, 31}, appendNALUnit(nil, 0, w.buf)[1:]...)
}

// tail writes the fields from max_num_ref_frames on for a picture of w by h macroblocks.
func tail(w *bitWriter, width, height uint32) {
	w.ue(2)  // max_num_ref_frames
	w.bit(1) // gaps_in_frame_num_value_allowed_flag
	w.ue(width - 1)
	w.ue(height - 1)
	w.bit(1) // frame_mbs_only_flag
	w.bit(1)
	w.bit(0) // no cropping
	w.bit(0) // no VUI
}

func TestParseSPSFields(t *testing.T) {
	for name, c := range map[string]struct {
		nal   []byte
		check func(s SPS) bool
	}{
		"POC type 1": {
			spsFields(66, func(w *bitWriter) {
				w.ue(31)
				w.ue(12)
				w.ue(1)
				w.bit(1)
				w.se(-5)
				w.se(1000000)
				w.ue(3)
				w.se(1)
				w.se(2)
				w.se(3)
				tail(w, 20, 10)
			}),
			func(s SPS) bool {
				return s.ID == 31 && s.Log2MaxFrameNum == 16 && s.POCType == 1 && s.DeltaPOCZero && s.POCCycle == 3 &&
					s.NumRefFrames == 2 && s.FrameNumGaps && s.Width == 320 && s.Height == 160
			},
		},
		"4:4:4 in planes with scaling lists": {
			spsFields(244, func(w *bitWriter) {
				w.ue(0)
				w.ue(3)
				w.bit(1) // separate planes
				w.ue(0)
				w.ue(0)
				w.bit(0)
				w.bit(1) // scaling matrix
				for i := range 12 {
					if i%2 == 0 {
						w.bit(0)
						continue
					}
					w.bit(1)
					if i == 3 {
						w.se(-8) // use the default
						continue
					}
					n := 16
					if i >= 6 {
						n = 64
					}
					for range n {
						w.se(1)
					}
				}
				w.ue(0)
				w.ue(2)
				tail(w, 4, 4)
			}),
			func(s SPS) bool { return s.ChromaFormat == 3 && s.SeparatePlanes && s.Width == 64 && s.Height == 64 },
		},
		"monochrome cropped by one": {
			spsFields(100, func(w *bitWriter) {
				w.ue(0)
				w.ue(0) // 4:0:0
				w.ue(0)
				w.ue(0)
				w.bit(0)
				w.bit(0)
				w.ue(0)
				w.ue(2)
				w.ue(1)
				w.bit(0)
				w.ue(1)
				w.ue(1)
				w.bit(1)
				w.bit(1)
				w.bit(1)
				w.ue(1)
				w.ue(2)
				w.ue(3)
				w.ue(4)
				w.bit(0)
			}),
			func(s SPS) bool { return s.Width == 32-3 && s.Height == 32-7 },
		},
		"a full VUI": {
			spsFields(66, func(w *bitWriter) {
				w.ue(0)
				w.ue(0)
				w.ue(2)
				w.ue(1)
				w.bit(0)
				w.ue(1)
				w.ue(1)
				w.bit(1)
				w.bit(1)
				w.bit(0)
				w.bit(1) // VUI
				w.bit(1)
				w.u(8, 255)
				w.u(32, 0x00010001)
				w.bit(1)
				w.bit(0)
				w.bit(1)
				w.u(4, 5)
				w.bit(1)
				w.u(24, 0x010101)
				w.bit(1)
				w.ue(1)
				w.ue(1)
				w.bit(1)
				w.u(32, 1001)
				w.u(32, 60000)
				w.bit(1)
			}),
			func(s SPS) bool { return s.UnitsInTick == 1001 && s.FixedRate && s.FPS() > 29.96 && s.FPS() < 29.98 },
		},
		"a VUI that is cut": {
			spsFields(66, func(w *bitWriter) {
				w.ue(0)
				w.ue(0)
				w.ue(2)
				w.ue(1)
				w.bit(0)
				w.ue(1)
				w.ue(1)
				w.bit(1)
				w.bit(1)
				w.bit(0)
				w.bit(1)
				w.u(4, 1)
				w.u(32, 1)
			}),
			func(s SPS) bool { return s.Width == 32 && s.TimeScale == 0 && s.FPS() == 0 },
		},
	} {
		s, err := ParseSPS(c.nal)
		if err != nil || !c.check(s) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func TestParseSPSRefuses(t *testing.T) {
	size := func(width, height uint32, crop ...uint32) []byte {
		return spsFields(66, func(w *bitWriter) {
			w.ue(0)
			w.ue(0)
			w.ue(2)
			w.ue(1)
			w.bit(0)
			w.ue(width - 1)
			w.ue(height - 1)
			w.bit(1)
			w.bit(1)
			w.bit(uint32(min(len(crop), 1)))
			for _, c := range crop {
				w.ue(c)
			}
			w.bit(0)
		})
	}
	for name, nal := range map[string][]byte{
		"nothing":              nil,
		"another type":         plainPPS,
		"too wide":             size(1056, 1),
		"too many macroblocks": size(1055, 200),
		"cropped to nothing":   size(2, 2, 8, 8, 0, 0),
		"cropped by more":      size(2, 2, 0, 0, 1<<15, 1<<15),
		"crop out of bounds":   size(2, 2, 0, 1<<15+1, 0, 0),
		"id 32":                spsFields(66, func(w *bitWriter) { w.ue(32); w.ue(0); w.ue(2); tail(w, 2, 2) }),
		"POC type 3":           spsFields(66, func(w *bitWriter) { w.ue(0); w.ue(0); w.ue(3); tail(w, 2, 2) }),
		"frame_num of 17 bits": spsFields(66, func(w *bitWriter) { w.ue(0); w.ue(13); w.ue(2); tail(w, 2, 2) }),
	} {
		if s, err := ParseSPS(nal); !errors.Is(err, ErrSyntax) || s != (SPS{}) && name != "another type" && len(nal) > 4 {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if _, err := ParseSPS(size(1055, 132)); err != nil {
		t.Errorf("the largest: %v", err)
	}
	for n := range 8 { // behind that, the VUI is cut
		if _, err := ParseSPS(plainSPS[:n]); err == nil {
			t.Errorf("prefix of %d: no error", n)
		}
	}
}

// ppsFields writes a PPS with a slice group map.
func ppsFields(groups uint32, group func(w *bitWriter), more bool) []byte {
	var w bitWriter
	w.ue(7)
	w.ue(3)
	w.bit(0)
	w.bit(1)
	w.ue(groups - 1)
	if group != nil {
		group(&w)
	}
	w.ue(3)
	w.ue(1)
	w.bit(1)
	w.u(2, 2)
	w.se(-6)
	w.se(0)
	w.se(-2)
	w.bit(0)
	w.bit(1)
	w.bit(1)
	if more {
		w.bit(1)
		w.bit(0)
		w.se(0)
	}
	w.trailing()
	return appendNALUnit(nil, 0x68, w.buf)
}

func TestParsePPSFields(t *testing.T) {
	want := PPS{
		ID: 7, SPS: 3, BottomFieldPOC: true, SliceGroups: 1, RefIdxL0: 4, RefIdxL1: 2, WeightedPred: true,
		WeightedBipred: 2, InitQP: 20, ConstrainedIntra: true, RedundantPicCnt: true,
	}
	for name, c := range map[string]struct {
		groups uint32
		group  func(w *bitWriter)
		more   bool
	}{
		"one group":         {1, nil, false},
		"with a transform":  {1, nil, true},
		"interleaved":       {3, func(w *bitWriter) { w.ue(0); w.ue(5); w.ue(6); w.ue(7) }, false},
		"dispersed":         {2, func(w *bitWriter) { w.ue(1) }, false},
		"foreground":        {3, func(w *bitWriter) { w.ue(2); w.ue(1); w.ue(2); w.ue(3); w.ue(4) }, false},
		"changing":          {2, func(w *bitWriter) { w.ue(4); w.bit(1); w.ue(9) }, false},
		"explicit, 1 bit":   {2, func(w *bitWriter) { w.ue(6); w.ue(9); w.u(10, 0x155) }, false},
		"explicit, 2 bits":  {3, func(w *bitWriter) { w.ue(6); w.ue(3); w.u(8, 0x1b) }, false},
		"explicit, 3 bits":  {8, func(w *bitWriter) { w.ue(6); w.ue(2); w.u(9, 0x53) }, true},
		"interleaved, most": {8, func(w *bitWriter) { w.ue(0); w.u(8, 0xff) }, true},
	} {
		want.SliceGroups, want.Transform8x8 = uint8(c.groups), c.more
		got, err := ParsePPS(ppsFields(c.groups, c.group, c.more))
		if err != nil || got != want {
			t.Errorf("%s: %+v, want %+v (%v)", name, got, want, err)
		}
	}
}

func TestParsePPSRefuses(t *testing.T) {
	whole := ppsFields(2, func(w *bitWriter) { w.ue(6); w.ue(9); w.u(10, 0) }, false)
	for n := range len(whole) - 1 {
		if _, err := ParsePPS(whole[:n]); err == nil {
			t.Errorf("prefix of %d: no error", n)
		}
	}
	for name, nal := range map[string][]byte{
		"another type":       plainSPS,
		"group type 7":       ppsFields(2, func(w *bitWriter) { w.ue(7) }, false),
		"a map without end":  ppsFields(2, func(w *bitWriter) { w.ue(6); w.ue(maxFrameMBs - 1) }, false),
		"a map out of bound": ppsFields(2, func(w *bitWriter) { w.ue(6); w.ue(maxFrameMBs) }, false),
	} {
		if _, err := ParsePPS(nal); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParameterSets(t *testing.T) {
	var s ParameterSets
	if !s.Empty() {
		t.Error("not empty")
	}
	for i, c := range []struct {
		nal     []byte
		changed bool
	}{
		{plainSPS, true}, {plainPPS, true}, {plainSPS, false}, {plainPPS, false},
	} {
		nal := bytes.Clone(c.nal)
		changed, err := s.Add(nal)
		if err != nil || changed != c.changed {
			t.Errorf("step %d: %v, %v", i, changed, err)
		}
		clear(nal) // it keeps a copy
	}
	if sps, ok := s.SPS(0); !ok || sps.Width != 320 || sps.Height != 192 {
		t.Errorf("%+v", sps)
	}
	if at := s.forPPS(0); at == nil || !bytes.Equal(at.nal, plainSPS) || !bytes.Equal(s.findPPS(0).nal, plainPPS) {
		t.Error("sets are not found")
	}
	if _, ok := s.SPS(1); ok || s.forPPS(1) != nil {
		t.Error("something else is found")
	}
	other := spsFields(66, func(w *bitWriter) { w.ue(0); w.ue(0); w.ue(2); tail(w, 4, 4) })
	if changed, err := s.Add(other); !changed || err != nil {
		t.Error(changed, err)
	}
	if sps, _ := s.SPS(0); sps.Width != 64 {
		t.Error("the old one stays")
	}
	s.Reset()
	if !s.Empty() || s.forPPS(0) != nil {
		t.Error("not empty after a reset")
	}
}

// TestParameterSetsUnreadable: a set of a profile we cannot read is kept for
// the receiver, but tells no size.
func TestParameterSetsUnreadable(t *testing.T) {
	var s ParameterSets
	if _, err := s.Add([]byte{0x67, 66, 0, 31, 0x80}); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.SPS(0); ok || s.findSPS(0) == nil {
		t.Error("it is read, or not kept")
	}
}

func TestParameterSetsBounds(t *testing.T) {
	var s ParameterSets
	for name, nal := range map[string][]byte{
		"nothing":   nil,
		"a slice":   {0x65, 0x88},
		"short SPS": {0x67, 66, 0},
		"SPS of id": {0x67, 66, 0, 31, 0},
		"short PPS": {0x68},
		"large":     append([]byte{0x67, 66, 0, 31, 0x80}, make([]byte, maxSetSize)...),
	} {
		if changed, err := s.Add(nal); changed || !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v, %v", name, changed, err)
		}
	}
	for id := range uint32(32) {
		_, err := s.Add(spsFields(66, func(w *bitWriter) { w.ue(id); w.ue(0); w.ue(2); tail(w, 2, 2) }))
		if (err == nil) != (id < maxSPS) {
			t.Errorf("SPS %d: %v", id, err)
		}
	}
	for id := range uint32(100) {
		var w bitWriter
		w.ue(id)
		w.ue(0)
		w.trailing()
		_, err := s.Add(appendNALUnit(nil, 0x68, w.buf))
		if (err == nil) != (id < maxPPS) {
			t.Errorf("PPS %d: %v", id, err)
		}
	}
}

func TestAddSprop(t *testing.T) {
	enc := base64.StdEncoding.EncodeToString
	for name, c := range map[string]struct {
		value string
		ok    bool
		sets  int
	}{
		"two":             {enc(plainSPS) + "," + enc(plainPPS), true, 2},
		"blanks":          {" " + enc(plainSPS) + " , " + enc(plainPPS) + ",", true, 2},
		"no padding":      {strings.TrimRight(enc(plainSPS), "=") + "," + strings.TrimRight(enc(plainPPS), "="), true, 2},
		"nothing":         {"", true, 0},
		"one is garbage":  {"!!!," + enc(plainPPS), false, 1},
		"one is a slice":  {enc(plainSPS) + "," + enc([]byte{0x65, 0x88}), false, 1},
		"thousands of it": {strings.Repeat(enc(plainSPS)+",", 5000), false, 1},
	} {
		var s ParameterSets
		err := s.AddSprop(c.value)
		if (err == nil) != c.ok || len(s.sps)+len(s.pps) != c.sets {
			t.Errorf("%s: %d sets, %v", name, len(s.sps)+len(s.pps), err)
		}
	}
}

func TestParseSlice(t *testing.T) {
	slice := func(header byte, mb, kind, pps uint32) []byte {
		var w bitWriter
		w.ue(mb)
		w.ue(kind)
		w.ue(pps)
		w.trailing()
		return appendNALUnit(nil, header, w.buf)
	}
	if s, err := ParseSlice(slice(0x65, 3599, 7, 255)); err != nil || s != (Slice{FirstMB: 3599, Type: 2, PPS: 255}) {
		t.Errorf("%+v, %v", s, err)
	}
	for name, nal := range map[string][]byte{
		"nothing":    nil,
		"only type":  {0x65},
		"SPS":        plainSPS,
		"type 10":    slice(0x65, 0, 10, 0),
		"PPS 256":    slice(0x65, 0, 0, 256),
		"far beyond": slice(0x65, maxFrameMBs+1, 0, 0),
	} {
		if s, err := ParseSlice(nal); !errors.Is(err, ErrSyntax) || s != (Slice{}) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// FuzzSets reads sets and slices; what is accepted is within its bounds.
func FuzzSets(f *testing.F) {
	f.Add(plainSPS)
	f.Add(plainPPS)
	f.Add(spsFields(244, func(w *bitWriter) { w.ue(0); w.ue(3); w.u(30, 0x3fffffff); tail(w, 2, 2) }))
	f.Add(ppsFields(3, func(w *bitWriter) { w.ue(6); w.ue(3); w.u(8, 0x1b) }, true))
	f.Add([]byte{0x65, 0x88, 0x84})
	f.Fuzz(func(t *testing.T, nal []byte) {
		sps, err := ParseSPS(nal)
		if err == nil && (sps.Width <= 0 || sps.Height <= 0 || sps.Width > 16*maxSideMBs || sps.MBs() > maxFrameMBs || sps.ID > 31 || sps.FPS() < 0) {
			t.Fatalf("%+v", sps)
		}
		pps, err2 := ParsePPS(nal)
		if err2 == nil && (pps.SliceGroups == 0 || pps.SliceGroups > 8 || pps.RefIdxL0 > 32 || pps.InitQP > 51) {
			t.Fatalf("%+v", pps)
		}
		if s, err := ParseSlice(nal); err == nil && (s.Type > 4 || s.FirstMB > maxFrameMBs) {
			t.Fatalf("%+v", s)
		}
		var sets ParameterSets
		if _, err3 := sets.Add(nal); (err == nil || err2 == nil) && err3 != nil && len(nal) <= maxSetSize {
			t.Fatalf("readable, but not kept: %v", err3)
		}
		if again, err := sets.Add(nal); again && err == nil {
			t.Fatal("new twice")
		}
	})
}

// FuzzSkip makes skip pictures for any pair of sets that is accepted.
func FuzzSkip(f *testing.F) {
	f.Add(plainSPS, plainPPS)
	f.Fuzz(func(t *testing.T, sps, pps []byte) {
		k, err := NewSkips(sps, pps)
		if err != nil {
			return
		}
		nal, err := k.Next(nil)
		if err != nil || Type(nal) != TypeSlice || len(nal) > 20000 {
			t.Fatalf("%d bytes, %v", len(nal), err)
		}
		if s, err := ParseSlice(nal); err != nil || s != (Slice{PPS: k.pps.ID}) {
			t.Fatalf("%+v, %v", s, err)
		}
		if got := SplitAnnexB(AppendAnnexB(nil, nal)); len(got) != 1 || !bytes.Equal(got[0], nal) {
			t.Fatalf("%x is not one NAL unit", nal)
		}
	})
}

func FuzzSprop(f *testing.F) {
	f.Add(fmt.Sprintf("%s,%s", base64.StdEncoding.EncodeToString(plainSPS), base64.StdEncoding.EncodeToString(plainPPS)))
	f.Fuzz(func(t *testing.T, value string) {
		var s ParameterSets
		s.AddSprop(value)
		if len(s.sps) > maxSPS || len(s.pps) > maxPPS {
			t.Fatal("too many")
		}
	})
}

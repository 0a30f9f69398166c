package h26x

import (
	"bytes"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// encode gives the pictures of a moving test picture that FFmpeg encodes.
func encode(t testing.TB, size, args string) [][]byte {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal("these tests need ffmpeg in PATH (Debian: apt install ffmpeg)")
	}
	all := "-hide_banner -nostdin -v error " +
		"-f lavfi -i testsrc2=rate=25:size=" + size + ",scroll=h=0.006:v=0.003 -frames:v 12 -pix_fmt yuv420p " + args + " -"
	cmd := exec.Command(path, strings.Fields(all)...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("ffmpeg %s: %v\n%.2000s", all, err, complaints.Bytes())
	}
	starts := StartsPicture263
	if strings.Contains(args, "h261") {
		starts = StartsPicture261
	}
	var pictures [][]byte
	b := out.Bytes()
	for from, i := 0, 1; i <= len(b); i++ {
		if i == len(b) || starts(b[i:]) {
			pictures = append(pictures, b[from:i])
			from = i
		}
	}
	return pictures
}

// isKey tells whether FFmpeg made picture i a keyframe.
func isKey(args string, i int) bool {
	_, interval, _ := strings.Cut(args, "-g ")
	n, err := strconv.Atoi(interval)
	return i == 0 || err == nil && i%n == 0
}

// TestCuts263 reads FFmpeg's pictures to their last bit.
func TestCuts263(t *testing.T) {
	for _, c := range []struct {
		size, args string
		headers    bool // GOBs have some
	}{
		{"128x96", "-c:v h263 -b:v 60k", false},
		{"176x144", "-c:v h263 -qscale:v 31", false},
		{"176x144", "-c:v h263 -qscale:v 1 -g 4", false},
		{"352x288", "-c:v h263 -b:v 384k -g 5", false},
		{"352x288", "-c:v h263 -b:v 384k -ps 300", true},
		{"704x576", "-c:v h263 -b:v 2M", false},
		{"704x576", "-c:v h263 -b:v 2M -ps 300", true},
		{"1408x1152", "-c:v h263 -b:v 1M -ps 1", true},
	} {
		pictures := encode(t, c.size, c.args+" -f h263")
		if len(pictures) != 12 {
			t.Fatalf("%s: %d pictures", c.args, len(pictures))
		}
		moved, headers := 0, 0
		for i, frame := range pictures {
			w := walk263{reader: reader{data: frame}}
			cuts, err := w.cuts(nil)
			if err != nil || w.left() >= 8 || w.peek(8) != 0 {
				t.Fatalf("%s %s picture %d: %v at bit %d of %d, row %d column %d", c.size, c.args, i, err, w.pos, len(frame)*8, w.row, w.col)
			}
			if len(cuts) != w.picture.Width/16*w.picture.Height/16 {
				t.Errorf("%d cuts in a picture of %dx%d", len(cuts), w.picture.Width, w.picture.Height)
			}
			if p, err := ParsePicture263(frame); err != nil || p.Intra != isKey(c.args, i) || p.Extended {
				t.Errorf("picture %d: %+v %v", i, p, err)
			}
			for k, cut := range cuts {
				if k > 0 && cut.Bit <= cuts[k-1].Bit {
					t.Fatal("cuts are not in order")
				}
				if cut.Start && k > 0 {
					headers++
				}
				if cut.HMV != 0 {
					moved++
				}
			}
		}
		if moved == 0 || headers > 0 != c.headers {
			t.Errorf("%s %s: %d predictors and %d headers", c.size, c.args, moved, headers)
		}
	}
}

// TestCuts261 reads FFmpeg's pictures to their last bit.
func TestCuts261(t *testing.T) {
	for _, c := range []struct{ size, args string }{
		{"176x144", "-b:v 64k"}, {"176x144", "-qscale:v 31"}, {"176x144", "-qscale:v 1 -g 4"},
		{"352x288", "-b:v 384k -g 5"}, {"352x288", "-b:v 384k -mpv_flags +mv0 -bf 0"}, {"352x288", "-qscale:v 3"},
	} {
		pictures := encode(t, c.size, "-c:v h261 "+c.args+" -f h261")
		if len(pictures) != 12 {
			t.Fatalf("%s: %d pictures", c.args, len(pictures))
		}
		moved := 0
		for i, frame := range pictures {
			cuts, err := Cuts261(nil, frame)
			if err != nil {
				t.Fatalf("%s %s picture %d: %v", c.size, c.args, i, err)
			}
			p, err := ParsePicture261(frame)
			if err != nil || c.size == "176x144" != (p.Width == 176) {
				t.Errorf("%+v %v", p, err)
			}
			key := isKey(c.args, i)
			if Intra261(frame, true) != key || Intra261(frame[:len(frame)/2], false) != key || Intra261(frame[:len(frame)/2], true) {
				t.Errorf("%s picture %d: intra %t, its beginning %t", c.args, i, Intra261(frame, true), Intra261(frame[:len(frame)/2], false))
			}
			if key && len(cuts) != p.macroblocks() {
				t.Errorf("%d cuts in an intra picture of %dx%d", len(cuts), p.Width, p.Height)
			}
			for _, cut := range cuts {
				if cut.HMV != 0 {
					moved++
				}
			}
		}
		if moved == 0 {
			t.Errorf("%s: nothing moved", c.args)
		}
	}
}

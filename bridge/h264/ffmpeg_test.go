package h264

import (
	"bytes"
	"os/exec"
	"strconv"
	"testing"
)

// ffmpeg runs FFmpeg over pipes and gives what it writes; anything that it
// complains of fails the test. The project's test set-up installs it.
func ffmpeg(t testing.TB, stdin []byte, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal("these tests need ffmpeg with libx264 in PATH (Debian: apt install ffmpeg)")
	}
	cmd := exec.Command(path, append([]string{"-hide_banner", "-nostdin", "-v", "warning", "-threads", "1"}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("ffmpeg %q: %v\n%.2000s", args, err, complaints.Bytes())
	}
	return out.Bytes()
}

// clip is a test stream to be encoded.
type clip struct {
	w, h, frames int
	profile      string
	x264         string // -x264-params
}

// encode gives the clip's NAL units.
func encode(t testing.TB, c clip) [][]byte {
	t.Helper()
	return SplitAnnexB(ffmpeg(t, nil,
		"-f", "lavfi", "-i", "testsrc2=rate=25:size="+strconv.Itoa(c.w)+"x"+strconv.Itoa(c.h),
		"-frames:v", strconv.Itoa(c.frames), "-pix_fmt", "yuv420p",
		"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", c.profile,
		"-x264-params", "threads=1:"+c.x264, "-bsf:v", "filter_units=remove_types=6",
		"-f", "h264", "-"))
}

// decode gives a hash of each picture of a byte stream, and fails the test when
// the decoder finds anything wrong with it or the size is another.
func decode(t testing.TB, stream []byte, w, h int) [][]byte {
	t.Helper()
	out := ffmpeg(t, stream, "-err_detect", "explode", "-f", "h264", "-i", "-",
		"-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "framemd5", "-")
	var pictures [][]byte
	for line := range bytes.Lines(out) {
		if line[0] == '#' {
			continue
		}
		fields := bytes.Split(bytes.TrimSpace(line), []byte(","))
		if size := string(bytes.TrimSpace(fields[4])); size != strconv.Itoa(w*h*3/2) {
			t.Fatalf("a picture of %s bytes, which is not %dx%d", size, w, h)
		}
		pictures = append(pictures, fields[5])
	}
	return pictures
}

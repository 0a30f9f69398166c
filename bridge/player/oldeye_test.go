package player

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/player/clip"
)

// oldPicture is what is negotiated in a codec.
func oldPicture(codec media.Codec) media.Format {
	pt := map[media.Codec]uint8{media.H263: 34, media.H263P: 96, media.H261: 31, media.VP8: 100}[codec]
	return media.Format{Codec: codec, PT: pt, ClockRate: 90000, Sizes: media.Sizes{QCIF: 1, CIF: 1}}
}

var oldCodecs = []media.Codec{media.H263, media.H263P, media.H261, media.VP8}

// Two terminals that know one codec each see each other, and record what ffmpeg reads.
func TestOldTerminals(t *testing.T) {
	for _, codec := range oldCodecs {
		cfg := playing()
		for i := range cfg {
			cfg[i].Picture, cfg[i].Video = codec, clip.TestPictureOf(codec)
		}
		cfg[1].Record = t.TempDir()
		c := cfg[0].Video
		inRoom(t, cfg, func(r *room) {
			r.negotiate(testPCMU, oldPicture(codec))
			r.seat(0)
			r.seat(1)
			time.Sleep(5 * time.Second)
			for i, rep := range r.leave() {
				e := rep.Eye
				if !rep.HasPicture || rep.FirstPicture > 200*time.Millisecond || float64(e.Frames) < 4.8*c.FPS || e.Keyframes < 4 || e.Damaged+e.Undecodable != 0 {
					t.Errorf("%s: terminal %d sees %+v after %v", codec, i, e, rep.FirstPicture)
				}
				if e.Width != c.Width || e.Height != c.Height || rep.Video.Recv.Codec != codec || len(rep.Warnings) != 0 {
					t.Errorf("%s: terminal %d sees %+v, %+v, %q", codec, i, e, rep.Video.Recv, rep.Warnings)
				}
			}
		})
		path := filepath.Join(cfg[1].Record, "call"+pictureSuffix[codec])
		again, err := clip.OpenAs(path, codec, 0)
		if err != nil || float64(len(again.Units)) < 4.8*c.FPS || again.Width != c.Width {
			t.Errorf("%s: the recording: %+v, %v", codec, again, err)
			continue
		}
		if !bytes.Equal(again.Units[0].NALs[0], c.Units[0].NALs[0]) {
			t.Errorf("%s: the first picture is another one", codec)
		}
		decodes(t, path)
	}
}

// decodes has ffmpeg read a recording, where it is at hand.
func decodes(t *testing.T, path string) {
	t.Helper()
	if _, err := exec.LookPath("ffprobe"); err != nil {
		return
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path).CombinedOutput()
	text := strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", " ")
	if err != nil || len(text) < 2 || strings.Contains(text, "error") {
		t.Errorf("ffprobe of %s: %q, %v", path, text, err)
	}
}

// A far end that takes another codec gets no picture, and the report says why.
func TestOldTerminalAndOtherCodec(t *testing.T) {
	cfg := playing()
	cfg[0].Picture, cfg[0].Video = media.H263, clip.TestPictureOf(media.H263)
	inRoom(t, cfg, func(r *room) {
		r.negotiate(testPCMU, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(time.Second)
		reps := r.leave()
		if reps[1].HasPicture || len(reps[0].Warnings) != 1 || !strings.Contains(reps[0].Warnings[0], "H263") {
			t.Errorf("%+v, %q", reps[1].Eye, reps[0].Warnings)
		}
	})
}

// An old eye that misses a packet shows the last picture and asks for a keyframe.
func TestOldEyeLosesPackets(t *testing.T) {
	for _, codec := range oldCodecs {
		c := clip.TestPictureOf(codec)
		p, err := c.PacketsAs(codec, 1200)
		if err != nil {
			t.Fatal(err)
		}
		w := newWatcher()
		w.old = newOldEye(codec)
		seq := uint16(0)
		lost := 2 * len(c.Units) / 9 // in the first group of pictures
		for i, unit := range p.Units {
			for j, b := range unit {
				seq++
				if i == lost && j == 0 {
					continue
				}
				w.time = 1 + int64(i)*int64(time.Second)/int64(c.FPS)
				w.WriteRTP(&packet.Packet{Header: packet.Header{Seq: seq, Timestamp: uint32(i) * 6000, Marker: j == len(unit)-1}, Payload: b})
				w.Flush()
			}
		}
		r := w.finish(w.time)
		if r.Damaged == 0 || r.Keyframes != 3 || w.asks == 0 || int(r.Frames+r.Damaged) < len(c.Units)-1 {
			t.Errorf("%s: %+v, %d requests", codec, r, w.asks)
		}
	}
	if newOldEye(media.H264) != nil || newOldEye(media.H265) != nil {
		t.Error("an old eye for a new codec")
	}
}

func TestPictureFiles(t *testing.T) {
	dir := t.TempDir()
	for codec, suffix := range pictureSuffix {
		f, err := createPicture(dir, "x/"+string(codec), codec)
		if err != nil {
			t.Fatal(err)
		}
		f.stamp(4_294_967_000)
		_, _ = f.Write(clip.TestPictureOf(codec).Units[0].NALs[0])
		f.stamp(3000) // the RTP clock went around
		if n, err := f.Write([]byte{1, 2, 3}); n != 3 || err != nil {
			t.Errorf("%s: %d, %v", codec, n, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, string(codec)+suffix))
		if err != nil || codec == media.VP8 && !bytes.Contains(b, []byte{3, 0, 0, 0, 0xe0, 0x0c, 0, 0, 0, 0, 0, 0, 1, 2, 3}) {
			t.Errorf("%s: %v, % x", codec, err, b[max(len(b)-20, 0):])
		}
	}
}

package e2e

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player/damage"
	"github.com/roombridge/roombridge/transcode"
)

// Terminals send no VP9, AV1 or H.265, and the room takes none of browsers
// that is not passed on: these decoders are reached through workers of the test's own supervisor.
var directKinds = []struct {
	codec     media.Codec
	args      string
	payloader rtp.Payloader
}{
	{media.VP9, "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -lag-in-frames 0 -auto-alt-ref 0 -g 25 -b:v 400k -f ivf", &codecs.VP9Payloader{}},
	{media.AV1, "-c:v libaom-av1 -usage realtime -cpu-used 8 -lag-in-frames 0 -g 25 -b:v 400k -f ivf", &codecs.AV1Payloader{}},
	{media.H265, "-c:v libx265 -preset ultrafast -tune zerolatency -b:v 400k " +
		"-x265-params keyint=25:log-level=0:repeat-headers=1:pools=1 -f hevc", &codecs.H265Payloader{}},
}

// directFuzz is what goes to workers without a gateway.
type directFuzz struct {
	sup  *transcode.Supervisor
	all  []*directSource
	stop chan struct{}
	done sync.WaitGroup
}

// directSource sends one stream, damaged, to one worker.
type directSource struct {
	codec   media.Codec
	frames  [][][]byte // RTP payloads
	vandal  *damage.Vandal
	meeting *transcode.Meeting
	wanted  atomic.Bool
	made    atomic.Int64 // packets of the output
}

// fuzzDirectly begins.
func fuzzDirectly(t *testing.T) *directFuzz {
	t.Helper()
	d := &directFuzz{sup: transcode.NewSupervisor(transcode.SupervisorConfig{Path: filepath.Join(bin, "roombridge-media")}), stop: make(chan struct{})}
	t.Cleanup(d.sup.Close)
	for i, k := range directKinds {
		s := &directSource{codec: k.codec, frames: directFrames(t, k.codec, k.args, k.payloader), vandal: damage.New(k.codec, uint64(200+i))}
		m, err := d.sup.Open(string(k.codec), s)
		if err != nil {
			t.Fatal(err)
		}
		s.meeting = m
		m.SetGraph(transcode.Graph{
			VideoInputs: []transcode.VideoInput{{ID: 1, Codec: k.codec}},
			VideoOutputs: []transcode.VideoOutput{{
				ID: 2, Codec: media.H263, Width: 176, Height: 144, FPS: 15, Bitrate: 128_000,
				Scene: transcode.Scene{Layout: transcode.Speaker, Tiles: []transcode.Tile{{Owner: "a", Input: 1, Name: "Ánh"}}},
			}},
		})
		d.all = append(d.all, s)
		d.done.Go(func() { s.play(d.stop) })
	}
	return d
}

// directFrames makes a moving picture of two seconds, packed, which begins with a keyframe and has another in its middle.
func directFrames(t *testing.T, codec media.Codec, args string, p rtp.Payloader) (frames [][][]byte) {
	t.Helper()
	all := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=rate=25:size=320x240", "-frames:v", "50", "-pix_fmt", "yuv420p"}, strings.Fields(args)...)
	stream, err := exec.Command("ffmpeg", append(all, "-")...).Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	for _, unit := range directUnits(codec, stream) {
		var list [][]byte
		for _, b := range p.Payload(1200, unit) {
			list = append(list, bytes.Clone(b))
		}
		frames = append(frames, list)
	}
	if len(frames) != 50 {
		t.Fatalf("%s: %d frames", codec, len(frames))
	}
	return frames
}

// directUnits splits a file into frames.
func directUnits(codec media.Codec, stream []byte) (units [][]byte) {
	if codec != media.H265 {
		for b := stream[32:]; len(b) > 12; { // IVF: a header, then each frame with its size
			n := 12 + int(binary.LittleEndian.Uint32(b))
			units, b = append(units, b[12:n]), b[n:]
		}
		return units
	}
	var unit []byte
	for _, nal := range h264.SplitAnnexB(stream) { // start codes are the same; one slice is a frame
		unit = h264.AppendAnnexB(unit, nal)
		if nal[0]>>1&0x3f < 32 {
			units, unit = append(units, unit), nil
		}
	}
	return units
}

// play sends 25 frames a second until it is stopped.
func (s *directSource) play(stop <-chan struct{}) {
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	f := transcode.Frame{Stream: 1}
	for at := 0; ; at++ {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		if s.wanted.Swap(false) {
			at = 0
		}
		list := s.vandal.Frame(s.frames[at%len(s.frames)], at%25 == 0)
		for i, p := range list {
			if f.Marker, f.Payload = i == len(list)-1, p; p != nil {
				s.meeting.WritePicture(f)
			}
			f.Seq++
		}
		f.Timestamp += 3600
	}
}

// judge stops it, and wants every decoder to have had much to do.
func (d *directFuzz) judge(t *testing.T, lasts time.Duration) {
	t.Helper()
	close(d.stop)
	d.done.Wait()
	st := d.sup.Stats()
	for _, s := range d.all {
		n, m := st.Decoded[s.codec], s.meeting.Stats()
		t.Logf("%s: %d decoded, %d damaged, %d of them refused, %d packets made of them, %d restarts, worker %d MB",
			s.codec, n.Frames, n.Damaged, n.Errors, s.made.Load(), m.Restarts, residentKB(m.PID)/1000)
		if sec := uint64(lasts.Seconds()); n.Frames < sec || n.Damaged < sec || s.made.Load() < int64(sec) {
			t.Errorf("%s: the decoder had little to do", s.codec)
		}
	}
}

// Frame, Packet, KeyframeWanted, Levels and Restarted implement transcode.Events.
func (s *directSource) Frame(transcode.Frame)             {}
func (s *directSource) Packet(transcode.Frame)            { s.made.Add(1) }
func (s *directSource) KeyframeWanted(transcode.StreamID) { s.wanted.Store(true) }
func (s *directSource) Levels([]transcode.Level)          {}
func (s *directSource) Restarted(string)                  {}

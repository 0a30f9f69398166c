package player

import (
	"context"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player/clip"
	"github.com/roombridge/roombridge/bridge/player/pcm"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/relay/wiretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// room is two terminals in a call with one another, on a network in memory
// and in virtual time.
type room struct {
	t       *testing.T
	net     *wiretest.Net
	planes  [2]*relay.Plane
	engines [2]*Engine
	streams [2][]*relay.Stream
	seats   [2]bridge.Seat
}

var addresses = [2]netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}

// inRoom runs a test with two terminals; left over goroutines, ports or files
// that are open fail it.
func inRoom(t *testing.T, cfg [2]Config, f func(r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &room{t: t, net: wiretest.New(7)}
		for i := range r.planes {
			var err error
			r.planes[i], err = relay.NewPlane(relay.PlaneConfig{
				Address: addresses[i], PortMin: 20000, PortMax: 20099, Listen: r.net.Listen,
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.engines[i], err = New(cfg[i]); err != nil {
				t.Fatal(err)
			}
			r.open(i)
		}
		f(r)
		for _, p := range r.planes {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
		for i, e := range r.engines {
			if n := e.pool.Outstanding(); n != 0 || len(e.seats) != 0 {
				t.Errorf("terminal %d: %d packets, %d seats left", i, n, len(e.seats))
			}
		}
	})
}

func (r *room) open(i int) {
	r.t.Helper()
	for _, k := range []media.Kind{media.Audio, media.Video} {
		s, err := r.planes[i].Open(relay.StreamOptions{CallID: "call", Kind: k})
		if err != nil {
			r.t.Fatal(err)
		}
		r.streams[i] = append(r.streams[i], s)
	}
}

var (
	testH264 = media.Format{Codec: media.H264, PT: 97, ClockRate: 90000,
		H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1}}
	testPCMU = media.Format{Codec: media.PCMU, PT: 0, ClockRate: 8000}
	testG722 = media.Format{Codec: media.G722, PT: 9, ClockRate: 8000}
)

// negotiate applies the terms of both ends, as the changes adapt them.
func (r *room) negotiate(audio, video media.Format, change ...func(end int, st *media.Stream)) {
	r.t.Helper()
	for i := range r.streams {
		for j, f := range []media.Format{audio, video} {
			rtp, rtcp := r.streams[1-i][j].Ports()
			st := media.Stream{
				Kind: f.Codec.Kind(), Direction: media.SendRecv, Send: f, Recv: []media.Format{f},
				Remote: netip.AddrPortFrom(addresses[1-i], rtp), RemoteRTCP: netip.AddrPortFrom(addresses[1-i], rtcp),
				Feedback: media.PLI | media.FIR | media.TMMBR,
			}
			if j == 0 {
				st.SendDTMF, st.RecvDTMF = 101, 101
			}
			for _, c := range change {
				c(i, &st)
			}
			if err := r.streams[i][j].Apply(st); err != nil {
				r.t.Fatal(err)
			}
		}
		if r.seats[i] != nil {
			r.seats[i].MediaChanged()
		}
	}
}

func (r *room) seat(i int) {
	r.t.Helper()
	var err error
	r.seats[i], err = r.engines[i].Seat(r.t.Context(), bridge.Terminal{
		CallID: "call", Audio: r.streams[i][0], Video: r.streams[i][1],
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.streams[i][0].OnDigit(r.seats[i].Digit)
}

// leave ends the call and gives both reports.
func (r *room) leave() [2]Report {
	r.t.Helper()
	var reports [2]Report
	for i, s := range r.seats {
		s.Leave()
		s.Leave() // a second time is nothing new
		var ok bool
		if reports[i], ok = r.engines[i].Take(r.t.Context(), "call"); !ok {
			r.t.Fatalf("terminal %d has no report", i)
		}
		if _, again := r.engines[i].Take(r.t.Context(), "call"); again {
			r.t.Errorf("terminal %d reports twice", i)
		}
	}
	return reports
}

// playing is what the two terminals send in most tests.
func playing() [2]Config {
	return [2]Config{
		{Video: clip.TestPicture(), Audio: Tone(440, -15)},
		{Video: clip.TestPicture(), Audio: Tone(1000, -20)},
	}
}

func hears(r EarReport, hz float64) bool {
	return len(r.Tones) > 0 && math.Abs(r.Tones[0].Hz-hz) < 2 && r.Tones[0].Share > 0.9
}

func TestTwoTerminals(t *testing.T) {
	inRoom(t, playing(), func(r *room) {
		r.negotiate(testG722, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(5 * time.Second)
		for i, rep := range r.leave() {
			if !hears(rep.Ear, []float64{1000, 440}[i]) || !rep.HasAudio || rep.FirstAudio > 20*time.Millisecond {
				t.Errorf("terminal %d hears %+v after %v", i, rep.Ear.Tones, rep.FirstAudio)
			}
			if !rep.HasPicture || rep.FirstPicture > 100*time.Millisecond || rep.Eye.Frames < 124 || rep.Eye.Damaged != 0 || rep.Eye.Freezes != 0 {
				t.Errorf("terminal %d sees %+v after %v", i, rep.Eye, rep.FirstPicture)
			}
			if rep.Video.Recv.Packets == 0 || rep.Video.Send.Packets == 0 || rep.Audio.Recv.Codec != media.G722 || rep.Audio.Keying != "none" {
				t.Errorf("terminal %d counts %+v, %+v", i, rep.Audio, rep.Video)
			}
			if d := rep.Ended.Sub(rep.Answered); d != 5*time.Second || len(rep.Warnings) != 0 || rep.FramesSent < 124 {
				t.Errorf("terminal %d: %v, %q, %d frames sent", i, d, rep.Warnings, rep.FramesSent)
			}
		}
	})
}

func TestEachCodecAndMode(t *testing.T) {
	for _, codec := range spoken {
		audio := media.Format{Codec: codec, PT: map[media.Codec]uint8{media.PCMU: 0, media.PCMA: 8, media.G722: 9}[codec], ClockRate: 8000}
		for mode := range uint8(2) {
			video := testH264
			video.H264.Mode = mode
			inRoom(t, playing(), func(r *room) {
				r.negotiate(audio, video)
				r.seat(0)
				r.seat(1)
				time.Sleep(2 * time.Second)
				for i, rep := range r.leave() {
					if rep.Ear.Codec != codec || !hears(rep.Ear, []float64{1000, 440}[i]) || rep.Eye.Frames < 49 {
						t.Errorf("%s, mode %d: %+v %+v", codec, mode, rep.Ear, rep.Eye)
					}
				}
			})
		}
	}
}

// A terminal that is seated late asks for a keyframe and gets one at once.
func TestLateComerSeesAtOnce(t *testing.T) {
	inRoom(t, playing(), func(r *room) {
		r.negotiate(testPCMU, testH264)
		r.seat(0)
		time.Sleep(1300 * time.Millisecond)
		r.seat(1)
		time.Sleep(time.Second)
		reps := r.leave()
		if d := reps[1].FirstPicture; !reps[1].HasPicture || d > 400*time.Millisecond {
			t.Errorf("the first picture comes after %v: %+v, %+v, %d", d, reps[1].Eye, reps[1].Video, reps[0].KeyframeRequests)
		}
		if reps[0].KeyframeRequests == 0 {
			t.Error("nobody asked for a keyframe")
		}
	})
}

func TestLossIsSeenAndHealed(t *testing.T) {
	inRoom(t, playing(), func(r *room) {
		r.net.SetLink(wiretest.Link{Delay: 10 * time.Millisecond, Jitter: 15 * time.Millisecond, Loss: 0.02})
		r.negotiate(testG722, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(20 * time.Second)
		for i, rep := range r.leave() {
			if rep.Eye.Damaged == 0 || rep.Video.Recv.Lost == 0 || rep.Ear.Lost == 0 {
				t.Errorf("terminal %d notices no loss: %+v, %+v", i, rep.Eye, rep.Ear)
			}
			if rep.Eye.LongestFreezeMS > 2500 || rep.KeyframeRequests == 0 {
				t.Errorf("terminal %d: the picture stood for %v ms, %d requests", i, rep.Eye.LongestFreezeMS, rep.KeyframeRequests)
			}
			if !hears(rep.Ear, []float64{1000, 440}[i]) {
				t.Errorf("terminal %d hears %+v", i, rep.Ear.Tones)
			}
		}
	})
}

func TestDigitsAreHeard(t *testing.T) {
	cfg := playing()
	cfg[0].Digits = "1234#"
	inRoom(t, cfg, func(r *room) {
		r.negotiate(testPCMU, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(5 * time.Second)
		if reps := r.leave(); reps[1].Digits != "1234#" || reps[0].Digits != "" {
			t.Errorf("%q and %q are heard", reps[0].Digits, reps[1].Digits)
		}
	})
}

func TestDigitsThatCannotBeSent(t *testing.T) {
	cfg := playing()
	cfg[0].Digits = "1"
	inRoom(t, cfg, func(r *room) {
		r.negotiate(testPCMU, testH264, func(_ int, st *media.Stream) { st.SendDTMF = 0 })
		r.seat(0)
		r.seat(1)
		time.Sleep(2 * time.Second)
		if w := r.leave()[0].Warnings; len(w) != 1 || !strings.Contains(w[0], "digits") {
			t.Errorf("%q", w)
		}
	})
}

// Hold stops what is sent, resuming starts it with a keyframe.
func TestHoldAndResume(t *testing.T) {
	inRoom(t, playing(), func(r *room) {
		r.negotiate(testG722, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(1500 * time.Millisecond)
		sent := func() uint64 { return r.streams[0][1].Stats().Send.Packets + r.streams[0][0].Stats().Send.Packets }
		r.negotiate(testG722, testH264, func(end int, st *media.Stream) {
			st.Direction = []media.Direction{media.Recv, media.Send}[end]
		})
		time.Sleep(100 * time.Millisecond)
		before := sent()
		time.Sleep(2 * time.Second)
		if n := sent() - before; n != 0 {
			t.Errorf("%d packets on hold", n)
		}
		r.negotiate(testG722, testH264)
		time.Sleep(2 * time.Second)
		reps := r.leave()
		// The first packets may come before the far end has resumed: then it asks again.
		if f := reps[1].Eye; f.Freezes != 1 || f.LongestFreezeMS < 2000 || f.LongestFreezeMS > 2800 || f.Damaged > 1 {
			t.Errorf("%+v", f)
		}
	})
}

// The file is said to be too large for what was negotiated, and a limit is
// obeyed as far as it can be.
func TestWarnings(t *testing.T) {
	inRoom(t, playing(), func(r *room) {
		small := testH264
		small.H264.Level = 11
		r.negotiate(testPCMU, small, func(_ int, st *media.Stream) {
			if st.Kind == media.Video {
				st.SendBitrate = 64_000
			}
		})
		r.seat(0)
		r.seat(1)
		time.Sleep(5 * time.Second)
		reps := r.leave()
		if w := strings.Join(reps[0].Warnings, "\n"); !strings.Contains(w, "macroblocks") || !strings.Contains(w, "64000") {
			t.Errorf("%q", w)
		}
		if reps[0].FramesLeftOut == 0 {
			t.Error("no frame is left out")
		}
	})
}

func TestCodecsThatCannotBePlayed(t *testing.T) {
	inRoom(t, playing(), func(r *room) {
		opus := media.Format{Codec: media.Opus, PT: 111, ClockRate: 48000, Channels: 2}
		r.negotiate(opus, media.Format{Codec: media.VP8, PT: 100, ClockRate: 90000})
		r.seat(0)
		r.seat(1)
		time.Sleep(time.Second)
		for i, rep := range r.leave() {
			if len(rep.Warnings) != 2 || rep.HasPicture || rep.HasAudio || rep.Audio.Send.Packets+rep.Video.Send.Packets != 0 {
				t.Errorf("terminal %d: %q, %+v", i, rep.Warnings, rep.Audio)
			}
		}
	})
}

func TestSilentTerminal(t *testing.T) {
	cfg := [2]Config{{}, playing()[1]}
	inRoom(t, cfg, func(r *room) {
		r.negotiate(testPCMU, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(time.Second)
		reps := r.leave()
		if reps[1].HasAudio || reps[1].HasPicture || !reps[0].HasAudio || !reps[0].HasPicture {
			t.Errorf("%+v", reps)
		}
	})
}

func TestRecordings(t *testing.T) {
	cfg := playing()
	cfg[1].Record = filepath.Join(t.TempDir(), "new", "folder")
	inRoom(t, cfg, func(r *room) {
		r.negotiate(testG722, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(3 * time.Second)
		r.leave()
		c, err := clip.Open(filepath.Join(cfg[1].Record, "call.h264"), 0)
		if err != nil || c.Width != 640 || len(c.Units) < 70 {
			t.Errorf("picture: %v", err)
		}
		f, err := os.Open(filepath.Join(cfg[1].Record, "call.wav"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		s, err := pcm.Read(f)
		if err != nil || s.Rate != 16000 || len(s.Samples) < 2900*16 {
			t.Errorf("sound: %v", err)
		}
	})
}

func TestRecordingFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Record: filepath.Join(file, "folder")}); err == nil {
		t.Error("a folder within a file is taken")
	}
	// A folder that vanishes costs the recording, not the call.
	cfg := playing()
	cfg[0].Record = filepath.Join(t.TempDir(), "gone")
	inRoom(t, cfg, func(r *room) {
		if err := os.Remove(cfg[0].Record); err != nil {
			t.Fatal(err)
		}
		r.negotiate(testPCMU, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(time.Second)
		reps := r.leave()
		if !slices.ContainsFunc(reps[0].Warnings, func(s string) bool { return strings.Contains(s, "recording") }) || !reps[0].HasPicture {
			t.Errorf("%q", reps[0].Warnings)
		}
	})
}

func TestEngineWithoutRooms(t *testing.T) {
	e, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Join(t.Context(), bridge.Join{}, nil); err == nil {
		t.Error("a browser joins a terminal")
	}
	if len(e.Rooms()) != 0 {
		t.Error("there are rooms")
	}
	if _, ok := e.Take(t.Context(), "nobody"); ok {
		t.Error("a call that never was has a report")
	}
	s, err := e.Seat(t.Context(), bridge.Terminal{CallID: "bare"})
	if err != nil {
		t.Fatal(err)
	}
	s.MediaChanged()
	s.KeyframeWanted()
	if s.Status().VideoIn.Reason == "" {
		t.Error("a status without a reason")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := e.Take(ctx, "bare"); ok {
		t.Error("a running call has its report")
	}
	s.Leave()
	if r, ok := e.Take(t.Context(), "bare"); !ok || r.HasAudio || r.HasPicture {
		t.Errorf("%+v", r)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := e.Seat(t.Context(), bridge.Terminal{}); bridge.AsRefusal(err).Cause != bridge.CauseShutdown {
		t.Errorf("a closed engine seats: %v", err)
	}
}

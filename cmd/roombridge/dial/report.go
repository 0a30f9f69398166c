package dial

import (
	"math"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/player"
	"github.com/roombridge/roombridge/bridge/player/tone"
	"github.com/roombridge/roombridge/bridge/relay"
)

// Results of a call.
const (
	Completed   = "completed"   // answered, and lasted as long as it should
	Dropped     = "dropped"     // answered, but ended before its time or by a fault
	Failed      = "failed"      // never answered
	Interrupted = "interrupted" // by the person at the keyboard
)

// Report is what `roombridge dial --json` prints. docs/dial.md describes it.
// Times are in milliseconds, null where what they measure did not happen.
type Report struct {
	Target  string  `json:"target"`
	Calls   []Call  `json:"calls"`
	Summary Summary `json:"summary"`
}

// Call is one call.
type Call struct {
	ID             string   `json:"id"`
	Result         string   `json:"result"`
	Cause          string   `json:"cause"`
	Reason         string   `json:"reason"`
	SetupMS        *float64 `json:"setup_ms"`
	RingingMS      *float64 `json:"ringing_ms"`
	FirstPictureMS *float64 `json:"first_picture_ms"`
	FirstAudioMS   *float64 `json:"first_audio_ms"`
	DurationMS     *float64 `json:"duration_ms"`
	Transport      string   `json:"transport"`
	Remote         string   `json:"remote"`
	Device         string   `json:"device"`
	Digits         string   `json:"digits"`
	Audio          *Audio   `json:"audio"`
	Video          *Video   `json:"video"`
	Warnings       []string `json:"warnings"`
}

// Audio is the sound of a call: In comes from the far end.
type Audio struct {
	In     AudioIn  `json:"in"`
	Out    LineOut  `json:"out"`
	Keying string   `json:"keying"`
	Suite  string   `json:"suite"`
	RTTMS  *float64 `json:"rtt_ms"`
}

// LineOut is what was sent, with loss and jitter as the far end reports them.
type LineOut struct {
	Codec    string  `json:"codec"`
	Packets  uint64  `json:"packets"`
	Bytes    uint64  `json:"bytes"`
	Bitrate  int     `json:"bitrate"`
	Lost     uint64  `json:"lost"`
	JitterMS float64 `json:"jitter_ms"`
}

// AudioIn is what was heard.
type AudioIn struct {
	LineOut
	Decoded      uint64   `json:"decoded"`
	Undecodable  uint64   `json:"undecodable"`
	Reordered    uint64   `json:"reordered"`
	Late         uint64   `json:"late"`
	LongestGapMS float64  `json:"longest_gap_ms"`
	LevelDBFS    *float64 `json:"level_dbfs"`
	Tones        []Tone   `json:"tones"`
}

// Tone is a frequency that stood out in what was heard.
type Tone struct {
	Hz    float64 `json:"hz"`
	DBFS  float64 `json:"dbfs"`
	Share float64 `json:"share"`
}

// Video is the picture of a call.
type Video struct {
	In     VideoIn  `json:"in"`
	Out    VideoOut `json:"out"`
	Keying string   `json:"keying"`
	Suite  string   `json:"suite"`
	RTTMS  *float64 `json:"rtt_ms"`
}

// VideoIn is what was seen.
type VideoIn struct {
	LineOut
	Width            int     `json:"width"`
	Height           int     `json:"height"`
	FPS              float64 `json:"fps"`
	Frames           uint64  `json:"frames"`
	Keyframes        uint64  `json:"keyframes"`
	Damaged          uint64  `json:"damaged"`
	Undecodable      uint64  `json:"undecodable"`
	DecodedFrames    *uint64 `json:"decoded_frames"`
	DecodeErrors     *uint64 `json:"decode_errors"`
	Freezes          uint64  `json:"freezes"`
	LongestFreezeMS  float64 `json:"longest_freeze_ms"`
	KeyframeRequests uint64  `json:"keyframe_requests"` // sent to the far end
}

// VideoOut is what was shown to the far end.
type VideoOut struct {
	LineOut
	Width            int     `json:"width"`
	Height           int     `json:"height"`
	FPS              float64 `json:"fps"`
	Frames           uint64  `json:"frames"`
	FramesLeftOut    uint64  `json:"frames_left_out"`
	Keyframes        uint64  `json:"keyframes"`
	KeyframeRequests uint64  `json:"keyframe_requests"` // of the far end
	LimitBPS         int     `json:"limit_bps"`
}

func notPlaced() Call {
	c := failed(bridge.CauseCancelled, "the program was stopped before")
	c.Result = Interrupted
	return c
}

func failed(cause bridge.Cause, reason string) Call {
	return Call{Result: Failed, Cause: cause.String(), Reason: reason, Warnings: []string{}}
}

func newCall(s bridge.CallStatus, since, rang time.Time) Call {
	c := Call{
		ID: s.ID, Transport: s.Transport, Remote: s.Remote, Device: s.Device, Warnings: []string{},
	}
	if !rang.IsZero() {
		c.RingingMS = millis(rang.Sub(since))
	}
	return c
}

// describe adds what the terminal saw and heard.
func (c *Call) describe(since time.Time, r player.Report) {
	c.SetupMS = millis(r.Answered.Sub(since))
	c.DurationMS = millis(r.Ended.Sub(r.Answered))
	if r.HasPicture {
		c.FirstPictureMS = millis(r.FirstPicture)
	}
	if r.HasAudio {
		c.FirstAudioMS = millis(r.FirstAudio)
	}
	c.Digits = r.Digits
	c.Warnings = append(c.Warnings, r.Warnings...)
	if r.Audio.Negotiated {
		c.Audio = newAudio(r)
	}
	if r.Video.Negotiated {
		c.Video = newVideo(r)
	}
}

func newAudio(r player.Report) *Audio {
	e := r.Ear
	a := &Audio{
		In: AudioIn{
			LineOut: line(r.Audio.Recv), Decoded: e.Decoded, Undecodable: e.Undecodable,
			Reordered: e.Reordered, Late: e.Late, LongestGapMS: round(e.LongestGapMS, 1), Tones: []Tone{},
		},
		Out: line(r.Audio.Send), Keying: r.Audio.Keying, Suite: r.Audio.Security, RTTMS: rtt(r.Audio.RTT),
	}
	if e.Decoded > 0 && !math.IsInf(e.LevelDBFS, 0) {
		level := round(e.LevelDBFS, 1)
		a.In.LevelDBFS = &level
	}
	for _, t := range e.Tones {
		a.In.Tones = append(a.In.Tones, newTone(t))
	}
	return a
}

func newTone(t tone.Tone) Tone {
	return Tone{Hz: round(t.Hz, 1), DBFS: round(t.DBFS, 1), Share: round(t.Share, 3)}
}

func newVideo(r player.Report) *Video {
	e, in, out := r.Eye, r.Video.Recv, r.Video.Send
	v := &Video{
		In: VideoIn{
			LineOut: line(in), Width: e.Width, Height: e.Height, FPS: round(e.FPS, 2), Frames: e.Frames, Keyframes: e.Keyframes,
			Damaged: e.Damaged, Undecodable: e.Undecodable, Freezes: e.Freezes, LongestFreezeMS: round(e.LongestFreezeMS, 1),
			KeyframeRequests: r.KeyframesAsked,
		},
		Out: VideoOut{
			LineOut: line(out), Width: out.Width, Height: out.Height, FPS: round(out.FPS, 2), Frames: r.FramesSent,
			FramesLeftOut: r.FramesLeftOut, Keyframes: out.Keyframes, KeyframeRequests: r.KeyframeRequests, LimitBPS: r.LimitAsked,
		},
		Keying: r.Video.Keying, Suite: r.Video.Security, RTTMS: rtt(r.Video.RTT),
	}
	if d := r.Decoded; d != nil {
		v.In.DecodedFrames, v.In.DecodeErrors = &d.Frames, &d.Errors
	}
	return v
}

func line(s relay.DirectionStats) LineOut {
	return LineOut{
		Codec: string(s.Codec), Packets: s.Packets, Bytes: s.Bytes, Bitrate: s.Bitrate, Lost: s.Lost, JitterMS: round(s.JitterMS, 2),
	}
}

func rtt(d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	return millis(d)
}

func millis(d time.Duration) *float64 {
	ms := round(float64(d)/float64(time.Millisecond), 1)
	return &ms
}

func round(v float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(v*p) / p
}

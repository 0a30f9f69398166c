package dial

import (
	"encoding/json"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player"
	"github.com/roombridge/roombridge/bridge/player/tone"
	"github.com/roombridge/roombridge/bridge/relay"
)

var bridgeTarget bridge.Target

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		list []float64
		want *Spread
	}{
		{nil, nil},
		{[]float64{7}, &Spread{7, 7, 7}},
		{[]float64{3, 1, 2}, &Spread{2, 3, 3}},
		{[]float64{4, 1, 3, 2}, &Spread{2, 4, 4}},
		{[]float64{10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200}, &Spread{100, 190, 200}},
	} {
		if d := cmp.Diff(c.want, spread(c.list)); d != "" {
			t.Errorf("%v:\n%s", c.list, d)
		}
	}
}

var answered = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// terminalReport is what a terminal may have seen and heard.
func terminalReport() player.Report {
	return player.Report{
		Answered: answered, Ended: answered.Add(10 * time.Second),
		FirstPicture: 321*time.Millisecond + 49*time.Microsecond, HasPicture: true, HasAudio: true,
		Audio: player.Line{Negotiated: true, Keying: "sdes", StreamStats: relay.StreamStats{
			Recv: relay.DirectionStats{Codec: media.G722, Packets: 500, Lost: 2, JitterMS: 1.2345},
			Send: relay.DirectionStats{Codec: media.G722, Packets: 499}, RTT: 15 * time.Millisecond, Security: "AES_CM_128_HMAC_SHA1_80",
		}},
		Video: player.Line{Negotiated: true, Keying: "none", StreamStats: relay.StreamStats{
			Recv: relay.DirectionStats{Codec: media.H264, Packets: 1000, Lost: 3},
			Send: relay.DirectionStats{Codec: media.H264, Packets: 900, Width: 640, Height: 360, FPS: 25}, Security: "none",
		}},
		Ear:     player.EarReport{Decoded: 500, LevelDBFS: -15.04, Tones: []tone.Tone{{Hz: 440.04, DBFS: -15.01, Share: 0.98765}}},
		Eye:     player.EyeReport{Width: 1280, Height: 720, FPS: 29.966, Frames: 300, Keyframes: 4, Freezes: 1, LongestFreezeMS: 812.34},
		Decoded: &player.Decoded{Frames: 299}, Digits: "12#", Warnings: []string{"a note"},
	}
}

func TestCallReport(t *testing.T) {
	since := answered.Add(-250 * time.Millisecond)
	status := bridge.CallStatus{ID: "c1", Transport: "tcp", Remote: netip.MustParseAddrPort("192.0.2.7:5060").String(), Device: "Gateway"}
	c := newCall(status, since, since.Add(80*time.Millisecond))
	c.describe(since, terminalReport())
	for name, p := range map[string]struct {
		got  *float64
		want float64
	}{
		"setup": {c.SetupMS, 250}, "ringing": {c.RingingMS, 80}, "first picture": {c.FirstPictureMS, 321},
		"first sound": {c.FirstAudioMS, 0}, "duration": {c.DurationMS, 10_000}, "round trip": {c.Audio.RTTMS, 15},
		"level": {c.Audio.In.LevelDBFS, -15},
	} {
		if p.got == nil || *p.got != p.want {
			t.Errorf("%s: %v, want %v", name, p.got, p.want)
		}
	}
	if d := cmp.Diff([]Tone{{440, -15, 0.988}}, c.Audio.In.Tones); d != "" {
		t.Error(d)
	}
	if v := c.Video.In; v.Width != 1280 || v.FPS != 29.97 || *v.DecodedFrames != 299 || v.LongestFreezeMS != 812.3 || c.Video.RTTMS != nil {
		t.Errorf("%+v", v)
	}
}

// What was not measured is null, lists are lists.
func TestNulls(t *testing.T) {
	r := terminalReport()
	r.HasPicture, r.HasAudio, r.Decoded, r.Video.Negotiated = false, false, nil, true
	r.Ear = player.EarReport{LevelDBFS: math.Inf(-1)}
	c := newCall(bridge.CallStatus{}, answered, time.Time{})
	c.describe(answered, r)
	b, err := json.Marshal(Report{Calls: []Call{c, notPlaced()}, Summary: summarise([]Call{c, notPlaced()})})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"first_picture_ms":null`, `"ringing_ms":null`, `"decoded_frames":null`, `"level_dbfs":null`, `"tones":[]`,
		`"warnings":[]`, `"audio":null`, `"longest_freeze_ms":null`, `"result":"interrupted"`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}

func TestSummary(t *testing.T) {
	good := newCall(bridge.CallStatus{}, answered.Add(-time.Second), time.Time{})
	good.describe(answered.Add(-time.Second), terminalReport())
	good.Result = Completed
	blind := good
	blind.FirstPictureMS = nil
	dropped := good
	dropped.Result, dropped.Cause = Dropped, "media-timeout"
	busy := failed(bridge.CauseBusy, "")
	r := &Report{Calls: []Call{good, blind, dropped, busy, busy}}
	r.Summary = summarise(r.Calls)
	s := r.Summary
	if s.Placed != 5 || s.Answered != 3 || s.Completed != 2 || s.Failed != 3 || s.WithPicture != 2 || s.WithAudio != 3 {
		t.Errorf("%+v", s)
	}
	if d := cmp.Diff(map[string]int{"busy": 2, "media-timeout": 1}, s.Causes); d != "" {
		t.Error(d)
	}
	if s.SetupMS.P50 != 1000 || s.AudioIn != (Totals{1500, 6}) || s.VideoIn != (Totals{3000, 9}) || s.FreezeMS.Max != 812.3 || s.RingingMS != nil {
		t.Errorf("%+v", s)
	}
	for _, c := range []struct {
		calls       []Call
		good, video bool
	}{
		{[]Call{good, good}, true, true},
		{[]Call{good, blind}, true, false},
		{[]Call{good, dropped}, false, false},
		{[]Call{good, busy}, false, false},
		{nil, false, false},
	} {
		r := &Report{Calls: c.calls, Summary: summarise(c.calls)}
		if r.Good(false) != c.good || r.Good(true) != c.video {
			t.Errorf("%d calls: good %v, with video %v", len(c.calls), r.Good(false), r.Good(true))
		}
	}
}

func TestResults(t *testing.T) {
	for _, c := range []struct {
		how          ending
		cause        bridge.Cause
		seated, open bool
		want         string
	}{
		{endedByTime, bridge.CauseNormal, true, false, Completed},
		{endedByFar, bridge.CauseNormal, true, false, Dropped},
		{endedByFar, bridge.CauseNormal, true, true, Completed},
		{endedByFar, bridge.CauseShutdown, true, true, Completed},
		{endedByFar, bridge.CauseMediaTimeout, true, true, Dropped},
		{endedByFar, bridge.CauseBusy, false, true, Failed},
		{interrupted, bridge.CauseCancelled, false, true, Interrupted},
		{interrupted, bridge.CauseNormal, true, false, Interrupted},
		{interrupted, bridge.CauseNormal, true, true, Completed},
	} {
		if got := result(c.how, c.cause, c.seated, c.open); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestText(t *testing.T) {
	c := newCall(bridge.CallStatus{ID: "c1", Transport: "tls", Remote: "192.0.2.7:5061", Device: "Gateway/1"}, answered, answered)
	c.describe(answered.Add(-250*time.Millisecond), terminalReport())
	c.Result = Completed
	calls := []Call{c, failed(bridge.CauseBusy, "the terminal is in a call")}
	var b strings.Builder
	if err := (&Report{Calls: calls, Summary: summarise(calls)}).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"call c1: completed, tls 192.0.2.7:5061 Gateway/1", "answered after 250 ms, first picture after 321 ms",
		"440 Hz at -15 dBFS for 99 % of the time", "encrypted (sdes, AES_CM_128_HMAC_SHA1_80)", "not encrypted",
		"1280x720 at 30.0 frames a second", "299 decoded", "stood still 1 times, longest 812 ms",
		"digits heard: 12#", "note: a note", "call -: failed (busy: the terminal is in a call)",
		"2 calls: 1 answered, 1 completed, 1 with picture, 1 with sound", "not completed: busy 1", "setup: median 250 ms",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// Of many calls only those that went wrong are written out.
func TestTextOfManyCalls(t *testing.T) {
	good := Call{ID: "good", Result: Completed}
	calls := []Call{good, good, good, good, good, {ID: "bad", Result: Dropped, Cause: "media-timeout"}}
	var b strings.Builder
	if err := (&Report{Calls: calls, Summary: summarise(calls)}).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Contains(s, "good") || !strings.Contains(s, "call bad: dropped (media-timeout)") {
		t.Error(s)
	}
}

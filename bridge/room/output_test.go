package room

import (
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/room/stills"
	"github.com/roombridge/roombridge/transcode"
)

// shelf keeps what a track gives.
type shelf struct {
	seqs   []uint16
	bytes  [][]byte
	flushs int
}

func (s *shelf) WriteRTP(p *packet.Packet) {
	s.seqs, s.bytes = append(s.seqs, p.Seq), append(s.bytes, slices.Clone(p.Payload))
}
func (s *shelf) Flush() { s.flushs++ }

var made720 = plan.Output{Codec: media.H264, Profile: 66, Level: 31, Mode: 1, Width: 1280, Height: 720, FPS: 30, Class: 1_000_000}

func TestOutputGivesWholeFrames(t *testing.T) {
	m, _ := mixerFor(t)
	o := newOutput(m, func() {}, made720, 1)
	s := &shelf{}
	o.track.Attach(s)
	seq := uint16(65533)
	play := func(ts uint32, marker bool) {
		seq++
		o.play(transcode.Frame{Seq: seq, Timestamp: ts, Marker: marker, Payload: []byte{0x61, byte(seq)}}, 1)
	}
	play(1, false)
	play(1, false)
	if len(s.seqs) != 0 {
		t.Fatal("half a frame went out")
	}
	play(1, true)
	play(2, true)
	if s.flushs != 2 || len(s.seqs) != 4 {
		t.Fatalf("%d packets in %d batches", len(s.seqs), s.flushs)
	}
	play(3, false) // its end was lost
	play(4, true)
	if s.flushs != 4 || len(s.seqs) != 6 {
		t.Fatalf("%d packets in %d batches", len(s.seqs), s.flushs)
	}
	for i, b := range s.bytes {
		if s.seqs[i] != uint16(65534)+uint16(i) || b[1] != byte(s.seqs[i]) {
			t.Errorf("packet %d has number %d and bytes % x", i, s.seqs[i], b)
		}
	}
	for range outputBatch + 1 {
		play(5, false)
	}
	if len(s.seqs) != 6+outputBatch {
		t.Errorf("a frame without end is kept: %d packets went out", len(s.seqs))
	}
	o.track.Close()
}

func TestOutputSteers(t *testing.T) {
	m, _ := mixerFor(t)
	woken := 0
	o := newOutput(m, func() { woken++ }, made720, 0)
	defer o.track.Close()
	at := func(ms int64, want int) {
		t.Helper()
		if o.steer(ms * 1e6); o.bitrate != want {
			t.Errorf("at %d ms %d bit/s, not %d", ms, o.bitrate, want)
		}
	}
	at(0, 1_000_000)
	at(100, 1_000_000)
	at(200, 1_100_000)
	at(300, 1_100_000)
	at(400, 1_210_000)
	at(2000, 1_331_000)
	at(3000, 1_464_100)
	at(4000, 1_500_000) // beyond is another class
	o.track.Want("a", media.Limits{Bitrate: 1_200_000})
	at(4001, 1_200_000)
	o.track.Want("b", media.Limits{Bitrate: 30_000})
	at(4002, 64_000)
	if woken != 2 {
		t.Errorf("woken %d times", woken)
	}
	o.track.Unwant("b")
	at(4100, 64_000)
	at(4300, 70_400)
	small := made720
	small.Width, small.Height, small.Class = 320, 180, 4_000_000
	o.serve(small, plan.Scene{}, 5e9)
	at(5000, 200_000) // more would be of no use
	if got := o.track.Format(); got.H264.Profile != 66 || got.H264.Mode != 1 {
		t.Errorf("%+v", got)
	}
}

func TestFormatOf(t *testing.T) {
	for _, c := range []struct {
		profile uint8
		want    media.H264Profile
	}{{66, media.H264ConstrainedBaseline}, {77, media.H264Main}, {100, media.H264ConstrainedHigh}} {
		if got := formatOf(plan.Output{Codec: media.H264, Profile: c.profile}).H264.ProfileOf(); got != c.want {
			t.Errorf("%d is %v", c.profile, got)
		}
	}
	if f := formatOf(plan.Output{Codec: media.VP8}); f.H264 != (media.H264Params{}) || f.ClockRate != 90000 {
		t.Errorf("%+v", f)
	}
}

func TestKeypad(t *testing.T) {
	var k keypad
	now := int64(1e18)
	press := func(keys string) (got []bridge.Layout) {
		for _, d := range keys {
			if l, ok := k.press(d, now); ok {
				got = append(got, l)
			}
		}
		return got
	}
	for keys, want := range map[string][]bridge.Layout{
		"1234567890#": nil, "*1": {bridge.LayoutAuto}, "*4": {bridge.LayoutGrid}, "*5*0": {bridge.LayoutContent, ""}, "**2": {bridge.LayoutSpeaker},
		"*6": nil, "*#3": nil, "*9*3": {bridge.LayoutOnePlusN}, "*22": {bridge.LayoutSpeaker}, "*A": nil,
	} {
		if got := press(keys); !slices.Equal(got, want) {
			t.Errorf("%s: %v", keys, got)
		}
	}
	k.press('*', now)
	if _, ok := k.press('2', now+starFor+1); ok {
		t.Error("the star counts for ever")
	}
}

func TestTalks(t *testing.T) {
	var f floor
	now := int64(1e18)
	say := func(ms int, loud int) {
		for range ms / 50 {
			now += 50e6
			f.hear("a", loud, true, now)
		}
	}
	if f.talks("a", now) {
		t.Error("nobody is there")
	}
	say(150, -20)
	if f.talks("a", now) {
		t.Error("a cough is no talk")
	}
	say(200, -20)
	if !f.talks("a", now) {
		t.Error("this was a word")
	}
	say(600, -90)
	say(50, -20)
	if !f.talks("a", now) {
		t.Error("a pause between words ends nothing")
	}
	if f.talks("a", now+1e9) {
		t.Error("silence is no talk")
	}
	f.mute("a")
	if f.talks("a", now) {
		t.Error("who is muted does not talk")
	}
}

// What goes to the worker and what comes from it costs no memory.
func TestPicturesOfTheWorkerDoNotAllocate(t *testing.T) {
	m, _ := mixerFor(t)
	meeting := &stillMeeting{}
	m.meeting.Store(&meetingRef{meeting})

	b := newBox(t, media.Video, ours)
	f := newFeed(m, plan.Ref{Person: "a"}, media.H264)
	defer f.close()
	f.show(b.stream.Track(), noLimits)
	now := relay.Clock()
	frame := b.plain
	nals := stills.Sizes[3].NALs()
	for i, nal := range nals { // one frame, a unit a packet
		b.plain = append(append([]byte(nil), frame[:packet.HeaderSize]...), nal...)
		b.speak(1, now, func(p []byte, _ int) {
			p[4], p[5], p[6], p[7] = 0, 0, 0, 7
			if i == len(nals)-1 {
				p[1] |= 0x80
			}
		})
	}
	b.plain = frame
	time := uint32(7)
	noAllocations(t, "a camera to the worker", 100, func() {
		now += 30 * ms
		time += 3000
		b.speak(7, now, func(p []byte, i int) {
			p[1] = 97
			if i == 6 {
				p[1] |= 0x80
			}
			p[4], p[5], p[6], p[7] = byte(time>>24), byte(time>>16), byte(time>>8), byte(time)
		})
	})
	if meeting.packets < 300*7 {
		t.Errorf("%d packets to the worker", meeting.packets)
	}

	o := newOutput(m, func() {}, made720, now)
	o.pacer.limit(1 << 40) // nothing waits
	o.pacer.budget = o.pacer.most()
	slots, _ := receivers(t, o.track, 3)
	seq := uint16(0)
	play := func(payload []byte, marker bool) {
		seq++
		o.play(transcode.Frame{Seq: seq, Timestamp: time, Marker: marker, Payload: payload}, now)
	}
	play(idr(), true)
	slice := append([]byte{0x61}, make([]byte, 1000)...)
	noAllocations(t, "the worker to browsers", 100, func() {
		now += 30 * ms
		time += 3000
		for i := range 7 {
			play(slice, i == 6)
		}
	})
	if got := slots[0].sent.packets; got < 300*7 {
		t.Errorf("%d packets left", got)
	}
	o.track.Close()
}

//go:build cgo && !nocodecs

package worker

import (
	"math"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/internal/tone"
)

var all = []media.Codec{media.Opus, media.G722, media.PCMU, media.PCMA, media.G7221}

// Everybody hears the others and not themselves.
func TestMixMinus(t *testing.T) {
	m := newMeeting(t)
	hz := []float64{400, 700, 1100, 1700}
	for i, f := range hz {
		m.talk(newTalker(t, transcode.StreamID(i+1), all[i], f, 0.2))
	}
	var outs []transcode.Output
	for i := range hz {
		var hears []transcode.StreamID
		for j := range hz {
			if j != i {
				hears = append(hears, transcode.StreamID(j+1))
			}
		}
		outs = append(outs, m.listen(transcode.StreamID(i+11), all[i], hears...))
	}
	m.graph(outs...)
	m.run(2000)
	for i := range hz {
		e := m.ears.by[transcode.StreamID(i+11)]
		for j, f := range hz {
			l := tone.Level(e.last(1000), f, e.rate)
			if i == j && l > tone.DB(0.2)-40 {
				t.Errorf("%s hears itself at %.1f dB", all[i], l)
			}
			if i != j && math.Abs(l-tone.DB(0.2)) > 1 {
				t.Errorf("%s hears %s at %.1f dB, want %.1f", all[i], all[j], l, tone.DB(0.2))
			}
		}
	}
}

// Frames come every 20 ms with rising numbers and timestamps without gaps.
func TestCadence(t *testing.T) {
	m := newMeeting(t)
	opus, law := m.listen(1, media.Opus), m.listen(2, media.PCMU)
	long, short := m.listen(3, media.PCMA), m.listen(4, media.G722)
	long.PTime, short.PTime = 60, 10
	m.graph(opus, law, long, short)
	m.run(3000)
	for id, want := range map[transcode.StreamID]struct {
		count int
		step  uint32
	}{1: {150, 960}, 2: {150, 160}, 3: {50, 480}, 4: {300, 80}} {
		f := m.ears.by[id].frames
		if d := len(f) - want.count; d > 0 || d < -1 {
			t.Errorf("output %d: %d frames, want %d", id, len(f), want.count)
		}
		for i := range f {
			if f[i].Seq != uint16(i) || f[i].Timestamp != uint32(i)*want.step || f[i].Marker != (i == 0) {
				t.Fatalf("output %d: frame %d is %+v", id, i, f[i])
			}
		}
	}
}

// Equal outputs are encoded once, others are not.
func TestSharing(t *testing.T) {
	m := newMeeting(t)
	m.talk(newTalker(t, 1, media.PCMU, 500, 0.3))
	m.talk(newTalker(t, 2, media.PCMU, 900, 0.3))
	other := m.listen(14, media.Opus, 1, 2)
	other.Bitrate = 16000
	m.graph(m.listen(11, media.Opus, 1, 2), m.listen(12, media.Opus, 2, 1, 1, 777), m.listen(13, media.PCMU, 1, 2), other, m.listen(15, media.Opus, 1))
	if st := m.engine.Stats(); st.Encoders != 4 || st.Mixes != 2 {
		t.Errorf("%d encoders and %d mixes, want 4 and 2", st.Encoders, st.Mixes)
	}
	m.run(1000)
	for _, id := range []transcode.StreamID{11, 12, 13, 14} {
		e := m.ears.by[id]
		if l := tone.Level(e.last(500), 900, e.rate); math.Abs(l-tone.DB(0.3)) > 3 { // two tones in 16 kbit/s
			t.Errorf("output %d: %.1f dB", id, l)
		}
	}
}

func TestLevels(t *testing.T) {
	m := newMeeting(t)
	loud, soft := m.talk(newTalker(t, 1, media.G722, 600, 0.5)), m.talk(newTalker(t, 2, media.PCMA, 800, 0.05))
	loud.mute = true
	m.graph()
	m.run(1000)
	if n := len(m.ears.levels); n != 20 {
		t.Fatalf("%d reports in a second", n)
	}
	check := func(stream, db int, voice bool) {
		t.Helper()
		for _, l := range m.ears.levels[len(m.ears.levels)-1] {
			if int(l.Stream) == stream && (math.Abs(float64(int(l.DBov)-db)) > 1 || l.Voice != voice) {
				t.Errorf("stream %d: %+v, want %d dBov, voice %v", stream, l, db, voice)
			}
		}
	}
	check(1, -127, false)
	check(2, -29, true)
	loud.mute, soft.mute = false, true
	m.run(1500)
	check(1, -9, true)
	check(2, -127, false)
}

func TestSkip(t *testing.T) {
	m := newMeeting(t)
	m.graph(m.listen(1, media.PCMU))
	m.run(1000)
	m.engine.Skip(100)
	m.now += 100 * tickTime
	m.run(200)
	f := m.ears.by[1].frames
	if last := f[len(f)-1]; last.Seq != uint16(len(f)-1) || last.Timestamp != uint32(len(f)-1+50)*160 {
		t.Errorf("after a stall of a second: %+v, %d frames", last, len(f))
	}
}

func TestIdle(t *testing.T) {
	m := newMeeting(t)
	if !m.engine.Idle() {
		t.Error("a new engine has something to do")
	}
	m.talk(newTalker(t, 1, media.PCMU, 600, 0.5))
	m.graph()
	if m.engine.Idle() {
		t.Error("somebody who speaks is nothing")
	}
	m.engine.SetGraph(transcode.Graph{})
	if m.engine.Idle() {
		t.Error("what is blended out of is nothing")
	}
	m.run(20)
	if !m.engine.Idle() {
		t.Error("an empty graph is something")
	}
}

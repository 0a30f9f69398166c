package transcode

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

var pcmuGraph = Graph{
	Inputs:  []Input{{ID: 1, Codec: media.PCMU, ClockRate: 8000}},
	Outputs: []Output{{ID: 2, Codec: media.PCMU, ClockRate: 8000, Hears: []StreamID{1}}},
}

// A worker that breaks the protocol is put down and started again, with the
// reason told.
func TestHostileWorkers(t *testing.T) {
	for name, want := range map[string]string{
		"dies":          "exit status 3",
		"panics":        "torn to pieces",
		"old-version":   "version 99",
		"no-json":       "hello",
		"frame-first":   "first message is frame",
		"unknown-kind":  "unknown kind",
		"oversize":      "larger than its kind allows",
		"gateways-kind": "graph message",
		"bad-levels":    "levels message",
		"bad-report":    "impossible picture size",
		"bad-stats":     "more streams than there may be",
		"fat-packet":    "larger than its kind allows",
		"floods":        "floods us",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, log := supervise(t, fake(t, name))
			m := open(t, s, newTold())
			m.SetGraph(pcmuGraph)
			eventually(t, "two restarts", func() bool { return m.Stats().Restarts >= 2 })
			m.Close()
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log does not say %q", want)
			}
		})
	}
}

// A worker that does not answer, or does not read, is killed after two seconds.
func TestHangingWorkers(t *testing.T) {
	for _, name := range []string{"hangs", "never-reads"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := supervise(t, fake(t, name))
			ev := newTold()
			m := open(t, s, ev)
			m.SetGraph(pcmuGraph)
			eventually(t, "a restart", func() bool {
				m.Write(Frame{Stream: 1, Payload: make([]byte, 1000)})
				return len(ev.restarted()) > 0
			})
			if r := ev.restarted()[0]; !strings.Contains(r, "has not answered") {
				t.Errorf("reason %q", r)
			}
			if st := m.Stats(); name == "never-reads" && st.Dropped == 0 {
				t.Errorf("nothing was dropped: %+v", st)
			}
		})
	}
}

// What concerns streams that are not in the graph is dropped and counted.
func TestStrangers(t *testing.T) {
	t.Parallel()
	s, _ := supervise(t, fake(t, "strangers"))
	ev := newTold()
	m := open(t, s, ev)
	g := pcmuGraph
	g.VideoInputs, g.VideoOutputs = []VideoInput{{ID: 3, Codec: media.H264}}, []VideoOutput{{ID: 4, Codec: media.H264}}
	m.SetGraph(g)
	eventually(t, "the frame that is ours", func() bool { return ev.count(2) == 1 })
	ev.mu.Lock()
	defer ev.mu.Unlock()
	if len(ev.frames) != 1 || len(ev.levels) != 1 || ev.levels[0] != (Level{Stream: 1, DBov: 0, Voice: true}) {
		t.Errorf("frames of %d streams, levels %v", len(ev.frames), ev.levels)
	}
	if f := m.Stats().Foreign; f != 10 {
		t.Errorf("%d strange messages counted, want 10", f)
	}
	if p := ev.packets; len(p) != 1 || len(p[4]) != 1 || !p[4][0].Marker || string(p[4][0].Payload) != "z" || len(ev.wanted) != 1 || ev.wanted[0] != 3 {
		t.Errorf("packets %v, keyframes wanted of %v", p, ev.wanted)
	}
}

// A worker's words are cut, cleaned and rate limited before they reach the log.
func TestChatter(t *testing.T) {
	t.Parallel()
	s, log := supervise(t, fake(t, "chatters"))
	m := open(t, s, newTold())
	m.SetGraph(pcmuGraph)
	eventually(t, "the worker runs", func() bool { return m.PID() != 0 })
	m.Close()
	text := log.String()
	if n := strings.Count(text, "media worker says"); n == 0 || n > stderrBurst {
		t.Errorf("%d lines", n)
	}
	for _, line := range strings.Split(text, "\n") {
		if len(line) > 2*stderrLine || strings.Contains(line, "\x1b") {
			t.Errorf("line %q", line)
		}
	}
}

// Pictures are checked before anybody sends them to a terminal.
func TestBadPictures(t *testing.T) {
	t.Parallel()
	s, _ := supervise(t, fake(t, "bad-pictures"))
	m := open(t, s, newTold())
	for i := range 7 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		units, err := m.Still(ctx, Still{Width: 352, Height: 288, Profile: 66, Level: 13, MaxNAL: 1200, MaxSize: 1500})
		late := ctx.Err()
		cancel()
		if err == nil || late != nil || units != nil {
			t.Errorf("picture %d: %d units, %v", i, len(units), err)
		}
	}
	if st := m.Stats(); st.Restarts != 0 {
		t.Errorf("%d restarts", st.Restarts)
	}
}

// A request that kills each worker is given up.
func TestDeadlyRequest(t *testing.T) {
	t.Parallel()
	r := newRequests()
	req := &request{kind: 1, reply: make(chan reply, 1), asked: maxAsked}
	r.add(req)
	r.askAgain(nil)
	if a := <-req.reply; a.err == nil || len(r.waiting) != 0 {
		t.Errorf("%v, %d wait", a.err, len(r.waiting))
	}
}

func TestBackoff(t *testing.T) {
	var b backoff
	var got []time.Duration
	for range 9 {
		got = append(got, b.next(time.Millisecond))
	}
	want := []time.Duration{0, 100, 200, 400, 800, 1600, 3200, 5000, 5000}
	for i := range want {
		if got[i] != want[i]*time.Millisecond {
			t.Errorf("pause %d is %v, want %v ms", i, got[i], want[i])
		}
	}
	if p := b.next(time.Minute); p != 0 {
		t.Errorf("pause %v after a minute of life", p)
	}
}

package load

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// scene drives a meter by hand, a reading a second.
type scene struct {
	*Meter
	now time.Time
	cpu time.Duration
}

func newScene(limit float64) *scene {
	return &scene{Meter: &Meter{cfg: Config{Limit: limit, CPUs: 2, Log: slog.New(slog.DiscardHandler)}, status: Status{Limit: limit, Headroom: -1}}, now: time.Unix(1000, 0)}
}

// pass lets seconds go by in which so much of two processors is used.
func (s *scene) pass(seconds int, cpu, busy float64, wait time.Duration, calls int) {
	for range seconds {
		s.now = s.now.Add(time.Second)
		s.cpu += time.Duration(cpu * 2 * float64(time.Second))
		s.take(Reading{CPU: s.cpu, Busy: busy, Late: busy / 2, Wait: wait}, calls, s.now)
	}
}

func TestSigns(t *testing.T) {
	for _, c := range []struct {
		name      string
		cpu, busy float64
		wait      time.Duration
		seconds   int
		reason    string // empty: calls are taken
	}{
		{"quiet", 0.1, 0.1, 0, 30, ""},
		{"a burst of set-ups", 1, 0.1, 0, 6, ""},
		{"processors are used up", 0.95, 0.1, 0, 12, "95 % of its processors"},
		{"one loop is full", 0.5, 0.97, 0, 4, "relaying takes 97 %"},
		{"one loop was full for a moment", 0.5, 0.97, 0, 2, ""},
		{"packets wait", 0.5, 0.7, 60 * time.Millisecond, 4, "packets wait for 60ms"},
		{"packets waited for a moment", 0.5, 0.7, 60 * time.Millisecond, 2, ""},
		{"packets wait a little", 0.5, 0.5, 10 * time.Millisecond, 30, ""},
		{"packets wait because of others", 0.5, 0.5, time.Second, 30, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(0.85)
			s.pass(12, 0.05, 0.05, 0, 1)
			s.pass(c.seconds, c.cpu, c.busy, c.wait, 1)
			err := s.Admit()
			if c.reason == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			var r *bridge.Refusal
			if !errors.As(err, &r) || r.Cause != bridge.CauseCapacity || !strings.Contains(r.Reason, c.reason) {
				t.Fatalf("%v", err)
			}
			if st := s.Status(); !st.Overloaded || st.Reason == "" {
				t.Errorf("%+v", st)
			}
		})
	}
}

// The gateway takes calls again only when there is some room, so that it does
// not take and refuse in turns.
func TestRelief(t *testing.T) {
	s := newScene(0.85)
	s.pass(5, 0.3, 0.9, 0, 1)
	if s.Admit() == nil {
		t.Fatal("not refused")
	}
	s.pass(5, 0.3, 0.8, 0, 1)
	if s.Admit() == nil {
		t.Error("taken just below the limit")
	}
	s.pass(5, 0.3, 0.7, 0, 1)
	if err := s.Admit(); err != nil {
		t.Errorf("still refused: %v", err)
	}
}

// Calls that are starting count with what calls cost.
func TestCallsOnTheirWay(t *testing.T) {
	s := newScene(0.8)
	s.pass(12, 0.2, 0.4, 0, 40) // a call takes 1 %
	taken := 0
	for s.Admit() == nil {
		if taken++; taken > 100 {
			t.Fatal("no end")
		}
	}
	if taken != 40 {
		t.Errorf("%d calls were taken at once", taken)
	}
	if n := s.Status().Headroom; n != 40 {
		t.Errorf("headroom %d", n)
	}
	// Their media shows in the readings now.
	s.pass(2, 0.2, 0.5, 0, 80)
	if s.Admit() == nil {
		t.Error("calls were forgotten before their media came")
	}
	s.pass(10, 0.2, 0.5, 0, 80)
	if err := s.Admit(); err != nil {
		t.Errorf("%v", err)
	}
}

// Calls that come and go all the time are not all there at once.
func TestShortCallsInARow(t *testing.T) {
	s := newScene(0.85)
	for range 30 {
		for range 40 {
			if err := s.Admit(); err != nil {
				t.Fatal(err)
			}
		}
		s.pass(1, 0.3, 0.3, 0, 20)
	}
}

func TestFewCallsSayNothing(t *testing.T) {
	s := newScene(0.8)
	s.pass(12, 0.5, 0.5, 0, 3)
	for range 100 {
		if err := s.Admit(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Status().Headroom; n != -1 {
		t.Errorf("headroom %d of three calls", n)
	}
}

func TestNoLimit(t *testing.T) {
	s := newScene(0)
	s.pass(30, 1, 1, 1, 100)
	if err := s.Admit(); err != nil {
		t.Error(err)
	}
}

// Between two readings a worker may end and take its time along.
func TestTimeGoesBack(t *testing.T) {
	s := newScene(0.8)
	s.pass(5, 0.5, 0, 0, 1)
	s.cpu = 0
	s.pass(1, 0.1, 0, 0, 1)
	if c := s.Status().CPU; c != 0 {
		t.Errorf("cpu %v", c)
	}
}

func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := 0.2
		m := New(Config{Limit: 0.8, CPUs: 1, Read: func() Reading { return Reading{Busy: busy} }, Calls: func() int { return 1 }})
		defer m.Close()
		time.Sleep(3500 * time.Millisecond)
		if err := m.Admit(); err != nil {
			t.Error(err)
		}
		if l := m.Status().Loop; l < 0.19 || l > 0.21 {
			t.Errorf("loop %v", l)
		}
	})
}

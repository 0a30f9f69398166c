package plan

import (
	"math/rand/v2"
	"testing"
	"time"
)

// simulated is a line with a queue of a quarter of a second that drops what
// does not fit, and the reports of a terminal behind it.
type simulated struct {
	line  Line
	rate  func(now int64) int // what it carries, bit/s
	loss  float64             // whatever is sent
	queue float64             // bits
	now   int64
	every time.Duration // between reports
	most  int           // what is sent without a limit, bit/s
	sent  float64       // bits since the last report
	lost  float64
	dice  *rand.Rand
}

const (
	simStep = 10 * time.Millisecond
	simTrip = 40 * time.Millisecond
)

// run lets time pass and calls watch at each report.
func (s *simulated) run(d time.Duration, watch func(limit int, part float64)) {
	if s.dice == nil {
		s.dice = rand.New(rand.NewPCG(1, 2))
	}
	next := s.now + int64(s.every)
	for end := s.now + int64(d); s.now < end; {
		s.now += int64(simStep)
		limit := s.most
		if l := s.line.Limit(); l > 0 {
			limit = min(limit, l)
		}
		in := float64(limit) * simStep.Seconds() * (0.8 + 0.4*s.dice.Float64())
		s.sent += in
		through := in * (1 - s.loss)
		s.lost += in - through
		capacity := float64(s.rate(s.now))
		s.queue = max(0, s.queue+through-capacity*simStep.Seconds())
		if over := s.queue - capacity/4; over > 0 {
			s.lost += over
			s.queue -= over
		}
		if s.now >= next {
			part := s.lost / s.sent
			trip := simTrip + time.Duration(s.queue/capacity*1e9)
			s.line.Report(part, trip, int(s.sent/s.every.Seconds()), s.now)
			s.sent, s.lost = 0, 0
			next += int64(s.every)
			watch(s.line.Limit(), part)
		}
	}
}

func constant(bps int) func(int64) int { return func(int64) int { return bps } }

func TestLineThatCarriesAll(t *testing.T) {
	s := simulated{rate: constant(10_000_000), every: time.Second, most: 2_000_000}
	s.run(time.Minute, func(limit int, _ float64) {
		if limit != 0 {
			t.Fatalf("limited to %d", limit)
		}
	})
}

// A line that is cut to a seventh and comes back.
func TestLineCut(t *testing.T) {
	for seed := range uint64(20) {
		cutLine(t, seed)
	}
}

func cutLine(t *testing.T, seed uint64) {
	t.Helper()
	cut, back := int64(20e9)+int64(seed)*int64(49*time.Millisecond), int64(40e9) // within an interval of reports too
	s := simulated{every: time.Second, most: 2_000_000, dice: rand.New(rand.NewPCG(seed, 3)), rate: func(now int64) int {
		if now > cut && now <= back {
			return 300_000
		}
		return 2_200_000
	}}
	lossy := 0
	recovered := int64(0)
	s.run(time.Minute, func(limit int, part float64) {
		switch after := s.now - cut; {
		case s.now <= cut && limit != 0:
			t.Fatalf("limited to %d before the cut", limit)
		case after > 3e9 && s.now <= back:
			if limit > 400_000 || limit < lineFloor {
				t.Errorf("%v after the cut the limit is %d", time.Duration(after), limit)
			}
			if part > 0.05 {
				lossy++
			}
		case s.now > back && recovered == 0 && (limit == 0 || limit >= 2_000_000):
			recovered = s.now
		}
	})
	if lossy > 1 {
		t.Errorf("during the cut %d of 17 reports told of more than 5 %% lost", lossy)
	}
	if took := time.Duration(recovered - back); recovered == 0 || took > 6*time.Second {
		t.Errorf("the limit was back after %v", took)
	}
}

// A line that loses packets whatever it is sent keeps its rate.
func TestLineThatLoses(t *testing.T) {
	for _, loss := range []float64{0.02, 0.05, 0.08, 0.15} {
		s := simulated{rate: constant(10_000_000), loss: loss, every: time.Second, most: 2_000_000}
		var low, n int
		s.run(time.Minute, func(limit int, _ float64) {
			if n++; n > 15 && limit != 0 && limit < 1_500_000 {
				low++
			}
		})
		if low > 3 {
			t.Errorf("%.0f %% loss: below 1.5 Mbit/s in %d reports of 45", 100*loss, low)
		}
	}
}

// A line that is narrow from the first is found, with every rate of reports.
func TestLineNarrow(t *testing.T) {
	for _, every := range []time.Duration{500 * time.Millisecond, time.Second, 5 * time.Second} {
		s := simulated{rate: constant(800_000), every: every, most: 4_000_000}
		var sum, lost float64
		n := 0
		s.run(2*time.Minute, func(limit int, part float64) {
			if s.now < 30e9 {
				return
			}
			sum, lost, n = sum+float64(limit), lost+part, n+1
		})
		if mean := sum / float64(n); mean < 500_000 || mean > 900_000 || lost/float64(n) > 0.05 {
			t.Errorf("reports every %v: %.0f bit/s in the mean, %.3f lost", every, mean, lost/float64(n))
		}
	}
}

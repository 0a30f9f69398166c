package plan

import (
	"slices"
	"testing"
	"time"
)

func constant(bps int) func(int64) int { return func(int64) int { return bps } }

func TestLineThatCarriesAll(t *testing.T) {
	p := newPath(1)
	p.rate = constant(10_000_000)
	p.run(time.Minute, func() {
		if l := p.line.Limit(); l != 0 {
			t.Fatalf("limited to %d", l)
		}
	})
}

// cutRuns is how many lines are cut, each at another time and with other dice.
const cutRuns = 20

// cutOne cuts the line of a path for some 25 s, and gives how long the picture
// then took to be back at full size and three quarters of its bit rate, and what
// the line was like from 5 s after the cut on: which part of the sound was lost.
func cutOne(p *path, narrow int) (back time.Duration, lost float64) {
	cut, end := 20e9+p.dice.Int64N(2e9), 45e9+p.dice.Int64N(2e9)
	p.rate = func(now int64) int {
		if now > cut && now <= end {
			return narrow
		}
		return 2_300_000
	}
	before := p.sound
	p.run(time.Duration(end), func() {
		if p.now < cut+5e9 {
			before = p.sound
		}
	})
	for p.now-end < 60e9 && back == 0 {
		p.run(100*time.Millisecond, func() {
			if p.coding.Width == 1280 && p.coding.bitrate >= p.most*3/4 {
				back = time.Duration(p.now - end)
			}
		})
	}
	p.run(5*time.Second, func() {})
	if back == 0 {
		back = time.Minute
	}
	return back, float64(p.sound.lost-before.lost) / float64(p.sound.sent-before.sent)
}

// A line that is cut to a seventh, a fourth or a third, and comes back.
func TestLineCut(t *testing.T) {
	for _, every := range []time.Duration{800 * time.Millisecond, time.Second} {
		for _, narrow := range []int{300_000, 500_000, 800_000} {
			for _, queue := range []time.Duration{100, 250, 500, 1000} {
				queue *= time.Millisecond
				var all []time.Duration
				var lost float64
				for seed := range uint64(cutRuns) {
					p := newPath(seed)
					p.every, p.queue = every, queue
					back, l := cutOne(p, narrow)
					all, lost = append(all, back), lost+l
				}
				slices.Sort(all)
				n := len(all)
				t.Logf("reports every %5v, cut to %d kbit/s, queue %5v: back after %.1f s, at most %.1f s, of 20 17 times %.1f s; %.2f %% of the sound lost",
					every, narrow/1000, queue, all[n/2].Seconds(), all[n-1].Seconds(), all[n*17/20].Seconds(), 100*lost/float64(n))
				most, mostLost := 6*time.Second, 0.005
				switch {
				case queue <= 100*time.Millisecond: // less shows in time
					most, mostLost = 10*time.Second, 0.03
				case narrow == 300_000 && queue == 250*time.Millisecond && every < time.Second: // issue 5
					most = 4 * time.Second
				}
				if all[n/2] > 2500*time.Millisecond || all[n*17/20] > most || lost/float64(n) > mostLost {
					t.Error("that is not right")
				}
			}
		}
	}
}

// Reports that are rare, packets that are lost anyway, delays that change, and
// terminals that do not tell the round trip make it slower.
func TestLineCutOtherwise(t *testing.T) {
	for _, c := range []struct {
		what string
		set  func(p *path)
		most time.Duration // nine times of ten
	}{
		{"a report every 5 s", func(p *path) { p.every = 5 * time.Second }, 60 * time.Second},
		{"1 % lost", func(p *path) { p.loss = 0.01 }, 7 * time.Second},
		{"delays change by 20 ms", func(p *path) { p.shake = 20 * time.Millisecond }, 11 * time.Second},
		{"no round trips", func(p *path) { p.dull = true }, 20 * time.Second},
	} {
		var all []time.Duration
		var lost float64
		for seed := range uint64(cutRuns) {
			p := newPath(seed)
			c.set(p)
			back, l := cutOne(p, 300_000)
			all, lost = append(all, back), lost+l
		}
		slices.Sort(all)
		n := len(all)
		t.Logf("%s: back after %.1f s, at most %.1f s; %.2f %% of the sound lost", c.what, all[n/2].Seconds(), all[n-1].Seconds(), 100*lost/float64(n))
		if all[n*9/10] > c.most {
			t.Errorf("%s: nine times of ten the picture was back after %v", c.what, all[n*9/10])
		}
	}
}

// A line that loses packets whatever it is sent keeps its rate.
func TestLineThatLoses(t *testing.T) {
	for _, loss := range []float64{0.02, 0.05, 0.08, 0.15} {
		p := newPath(1)
		p.rate, p.loss = constant(10_000_000), loss
		low, n := 0, 0
		p.run(time.Minute, func() {
			if l := p.line.Limit(); p.now > 20e9 {
				n++
				if l != 0 && l < 1_500_000 {
					low++
				}
			}
		})
		if low > n/10 {
			t.Errorf("%.0f %% loss: below 1.5 Mbit/s for %d of %d tenths of a second", 100*loss, low, n)
		}
	}
}

// A terminal that is shown a camera's layers as they come gets back from the
// smallest to the largest, though no layer tries what the next one needs, and
// though a busy machine makes round trips vague.
func TestLineOfLayers(t *testing.T) {
	layers := []int{120_000, 450_000, 1_500_000}
	need := []int{0, 280_000, 1_000_000} // from which limit on they are shown
	for _, shake := range []time.Duration{5 * time.Millisecond, 60 * time.Millisecond} {
		p := newPath(1)
		var l Line
		now, dice := int64(1e9), p.dice
		l.Report(Report{Lost: 0.2, Sent: 1_500_000, Trip: 200 * time.Millisecond}, now)
		l.Report(Report{Lost: 0.6, Sent: 400_000, Trip: 200 * time.Millisecond}, now+1e9)
		from, back := now, int64(0)
		for now += 2e9; back == 0 && now-from < 60e9; now += 1e9 {
			i := 0
			for i+1 < len(layers) && (l.Limit() == 0 || l.Limit() >= need[i+1]) {
				i++
			}
			if i == len(layers)-1 {
				back = now
			}
			trip := 40*time.Millisecond + time.Duration(dice.Float64()*float64(shake))
			l.Report(Report{Sent: layers[i], Trip: trip, Burst: layers[i] / 25, Fixed: true}, now)
		}
		if took := time.Duration(back - from); back == 0 || took > 20*time.Second {
			t.Errorf("with round trips that vary by %v the largest layer is back after %v", shake, took)
		}
	}
}

// A line that is narrow is used, and not overrun: little waits, hardly any sound
// is lost, and the picture's size does not go to and fro.
func TestLineNarrow(t *testing.T) {
	for _, every := range []time.Duration{800 * time.Millisecond, time.Second, 5 * time.Second} {
		for _, narrow := range []int{300_000, 500_000, 800_000} {
			for _, queue := range []time.Duration{100, 250, 500, 1000} {
				narrowLine(t, every, narrow, queue*time.Millisecond)
			}
		}
	}
}

func narrowLine(t *testing.T, every time.Duration, narrow int, queue time.Duration) {
	t.Helper()
	const minutes = 2
	var waits []time.Duration
	var sum, sent, lost, sizes, n int
	const runs = 4
	for seed := range uint64(runs) {
		p := newPath(seed)
		p.every, p.queue, p.rate = every, queue, constant(narrow)
		p.run(30*time.Second, func() {})
		before, width := p.sound, p.coding.Width
		p.run(minutes*time.Minute, func() {
			waits, sum, n = append(waits, p.waited), sum+p.coding.bitrate, n+1
			if p.coding.Width < width {
				sizes++
			}
			width = p.coding.Width
		})
		sent, lost = sent+p.sound.sent-before.sent, lost+p.sound.lost-before.lost
	}
	slices.Sort(waits)
	mean, late, share := sum/n, waits[len(waits)*19/20], float64(lost)/float64(sent)
	falls := float64(sizes) / float64(runs*minutes)
	t.Logf("reports every %5v, %d kbit/s, queue %5v: picture %d kbit/s, packets wait %v, of 20 19 at most %v, %.2f %% of the sound lost, %.1f falls of size a minute",
		every, narrow/1000, queue, mean/1000, waits[len(waits)/2].Round(time.Millisecond), late.Round(time.Millisecond), 100*share, falls)
	mostLost, mostLate := 0.006, 250*time.Millisecond
	if queue <= 100*time.Millisecond || every > time.Second {
		mostLost, mostLate = 0.03, 500*time.Millisecond // less shows in time
	}
	if mean < narrow*55/100 || mean > narrow || late > mostLate || share > mostLost || falls > 3.5 {
		t.Error("that is not right")
	}
}

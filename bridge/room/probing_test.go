package room

import (
	"slices"
	"testing"
	"time"
)

// probingRuns is how many paths of a kind there are, each with other dice.
func probingRuns() int {
	if raceDetector { // which finds nothing here, and is slow
		return 2
	}
	return 20
}

// A browser that begins behind lines of all kinds: how soon its picture has the
// size that the line carries, and what sound pays for finding that out.
func TestProbingBegins(t *testing.T) {
	for _, c := range []struct{ rate, width int }{{300_000, 512}, {600_000, 640}, {800_000, 848}, {2_000_000, 1280}, {10_000_000, 1280}} {
		for _, queue := range []time.Duration{50 * time.Millisecond, 200 * time.Millisecond} {
			for _, loss := range []float64{0, 0.02, 0.05} {
				beginsBehind(t, c.rate, c.width, queue, loss)
			}
		}
	}
}

func beginsBehind(t *testing.T, rate, width int, queue time.Duration, loss float64) {
	t.Helper()
	var all []time.Duration
	var first, later, padding, under float64
	most := 0
	for seed := range uint64(probingRuns()) {
		n := newNarrows(seed, rate)
		n.queue, n.loss = queue, loss
		took, low := time.Minute, 0
		watch := func() {
			if most = max(most, n.bitrate); n.output.Width >= width {
				took = min(took, n.since())
			} else if n.since() > 5*time.Second {
				low++
			}
		}
		n.run(5*time.Second, watch)
		before := n.sound
		first += float64(before.lost) / float64(before.sent) / float64(probingRuns())
		n.run(55*time.Second, watch)
		later += float64(n.sound.lost-before.lost) / float64(n.sound.sent-before.sent) / float64(probingRuns())
		under += float64(low) / 5500 / float64(probingRuns())
		padding += float64(8*n.padding) / 60 / float64(rate) / float64(probingRuns())
		all = append(all, took)
	}
	slices.Sort(all)
	t.Logf("%5d kbit/s, queue %v, %.0f %% lost: %d wide after %.2f s, at most %.2f s, later narrower for %.1f %%; at most %d kbit/s; sound lost %.2f %% in 5 s, then %.2f %%; padding %.2f %%",
		rate/1000, queue, 100*loss, width, all[len(all)/2].Seconds(), all[len(all)-1].Seconds(), 100*under, most/1000, 100*first, 100*later, 100*padding)
	soon, mostUnder, mostFirst := 5*time.Second, 0.02, 0.005
	if loss > 0 { // what comes of a cluster tells less
		mostUnder, mostFirst = 0.10, 0.015
	}
	if rate <= 300_000 { // just about 512 wide
		soon, mostUnder = 30*time.Second, 0.6
	}
	if queue < 100*time.Millisecond { // a keyframe alone does not fit
		mostFirst += 0.025
	}
	if all[len(all)*19/20] > soon || under > mostUnder || most > rate*11/10 || !raceDetector && (first-loss > mostFirst || later-loss > 0.005) || padding > 0.015 {
		t.Error("that is not right")
	}
}

// What a line of 600 kbit/s loses of the sound while it is probed, beside what
// the picture alone makes it lose.
func TestProbingSparesSound(t *testing.T) {
	for _, queue := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond} {
		lost := [2]int{}
		for seed := range uint64(probingRuns()) {
			n := newNarrows(seed, 600_000)
			n.queue = queue
			n.run(20*time.Second, func() {})
			for i := range lost {
				before, trials := n.sound.lost, n.trials
				n.run(time.Minute, func() {})
				lost[i] += n.sound.lost - before
				if (n.trials > trials) != (i == 0) {
					t.Fatalf("%d trials", n.trials-trials)
				}
				n.still = true
			}
		}
		t.Logf("queue %v: of %d packets of sound %d are lost with trials, %d without", queue, probingRuns()*3000, lost[0], lost[1])
		if lost[0] > lost[1]+probingRuns()*3000/1000 || queue > 50*time.Millisecond && lost[0] > 0 {
			t.Error("trials cost sound")
		}
	}
}

// A line that is cut and comes back: the picture does, too, soon.
func TestProbingCut(t *testing.T) {
	for _, narrow := range []int{300_000, 500_000, 800_000} {
		for _, queue := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond} {
			var all []time.Duration
			var cutting int
			var during float64
			for seed := range uint64(probingRuns()) {
				n := newNarrows(seed, 0)
				n.queue = queue
				cut := n.now + 20e9 + n.dice.Int64N(2e9)
				end := cut + 25e9 + n.dice.Int64N(2e9)
				n.rate = func(now int64) int {
					if now > cut && now < end {
						return narrow
					}
					return 2_300_000
				}
				n.run(time.Duration(cut-n.now), func() {})
				before := n.sound
				n.run(5*time.Second, func() {})
				cutting += n.sound.lost - before.lost
				before = n.sound
				n.run(time.Duration(end-n.now), func() {})
				during += float64(n.sound.lost-before.lost) / float64(n.sound.sent-before.sent) / float64(probingRuns())
				back := time.Minute
				n.run(20*time.Second, func() {
					if n.output.Width == 1280 && n.bitrate > 1_200_000 {
						back = min(back, time.Duration(n.now-end))
					}
				})
				all = append(all, back)
			}
			slices.Sort(all)
			t.Logf("cut to %d kbit/s, queue %v: back after %.1f s, at most %.1f s; %d packets of sound lost when it is cut, %.2f %% while it is",
				narrow/1000, queue, all[len(all)/2].Seconds(), all[len(all)-1].Seconds(), cutting/probingRuns(), 100*during)
			if all[len(all)-1] > 5*time.Second || during > 0.01 || queue > 50*time.Millisecond && during > 0 {
				t.Error("that is not right")
			}
		}
	}
}

// Nothing is sent while the budget is enough, or while packets wait.
func TestProbingRests(t *testing.T) {
	b := newBudget()
	now := int64(1e18)
	if _, due := b.trial(now); due || b.value != budgetStart {
		t.Error("a browser that takes no padding is tried")
	}
	b.begin()
	if _, due := b.trial(now); due || b.value != trialStart {
		t.Error("tried although nothing is wanted")
	}
	b.search.want = 2_500_000
	c, due := b.trial(now)
	if bytes := trialParts * c.packets * (c.size + padCost); !due || bytes < 1000 || bytes > 1400 || trialParts*c.packets < trialLeast {
		t.Errorf("the first cluster: %+v, %v", c, due)
	}
	b.calm = false
	if _, due := b.trial(now); due {
		t.Error("tried while packets wait")
	}
	b.calm = true
	b.tried(5_000_000, 5_000_000, 0, now)
	if _, due := b.trial(now + 60e9); due || b.value < 2_500_000 {
		t.Errorf("tried although %d bit/s are enough", b.value)
	}
}

// Trials that show nothing more become rare, and rarer where they showed too much.
func TestProbingPatience(t *testing.T) {
	b := newBudget()
	b.begin()
	b.search.want = 2_500_000
	now := int64(1e18)
	b.tried(500_000, 500_000, 0, now)
	value := b.value
	for _, wait := range []int64{1e9, 2e9, trialRest, trialRest} {
		b.tried(1_000_000, value, 0, now)
		if got := b.search.next - now; got != wait || b.value != value {
			t.Errorf("the next after %v, want %v; %d bit/s", time.Duration(got), time.Duration(wait), b.value)
		}
	}
	b.tried(1000, 1000, 0, now)
	if got := b.search.next - now; got != trialRest/4 || b.value != value {
		t.Errorf("after one that a busy machine sent late: the next after %v, %d bit/s", time.Duration(got), b.value)
	}
	for _, wait := range []int64{2e9, 4e9, 8e9, 16e9, 30e9, 30e9} {
		b.tried(2_000_000, 2_000_000, 0, now)
		if b.value <= value {
			t.Fatalf("%d bit/s", b.value)
		}
		b.acked = 100_000
		b.cut(now + 1e9)
		if got := b.search.next - now - 1e9; got != wait {
			t.Errorf("wrong again: the next after %v, want %v", time.Duration(got), time.Duration(wait))
		}
		now += 60e9
	}
	b.tried(2_000_000, 2_000_000, 0, now)
	b.cut(now + 40e9)
	if got := b.search.next - now - 40e9; got != trialWait {
		t.Errorf("after one that was right: the next after %v", time.Duration(got))
	}
}

// A browser that never tells of arrivals gets what it got without trials.
func TestProbingUnanswered(t *testing.T) {
	n := newNarrows(1, 10_000_000)
	n.mute = true
	n.run(3*time.Second, func() {})
	if n.trials != trialSilent || n.link.bitrate() != budgetStart {
		t.Errorf("%d trials, %d bit/s", n.trials, n.link.bitrate())
	}
}

// Others' pictures get what a path is given that is not probed, or more.
func TestProbingPresumes(t *testing.T) {
	now := int64(1e18)
	l := newLink(func() int64 { return now })
	l.begin()
	if l.bitrate() != trialStart || l.presumed() != budgetStart {
		t.Errorf("at first %d bit/s are known, %d presumed", l.bitrate(), l.presumed())
	}
	tell := func(lost int, queue float64, d int64) {
		for end := now + d; now < end; now += 100e6 {
			l.budget.feedback(30, lost, 36_000, queue, now)
			l.steady.feedback(30, lost, 36_000, queue, now)
		}
	}
	tell(0, 400, 1e9)
	if got := l.presumed(); got >= budgetStart {
		t.Errorf("with a queue %d bit/s are presumed", got)
	}
	tell(0, 0, 10e9) // no trial says that it is gone
	if l.bitrate() > trialStart || l.presumed() < budgetStart/2 {
		t.Errorf("after it %d bit/s are known, %d presumed", l.bitrate(), l.presumed())
	}
	l.budget.tried(8_000_000, 8_000_000, 0, now)
	if l.presumed() < 7_000_000 {
		t.Errorf("a trial of 8 Mbit/s: %d presumed", l.presumed())
	}
	l.ceiling(200_000)
	if l.presumed() > 200_000 {
		t.Errorf("%d bit/s are presumed, the browser says 200000", l.presumed())
	}
}

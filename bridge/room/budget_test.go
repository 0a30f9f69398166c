package room

import "testing"

// path plays a path of some capacity: packets of 1000 bytes arrive until it is
// full, then a queue grows, then they are lost.
type path struct {
	capacity int // bit/s
	queue    float64
}

func (p *path) feed(b *budget, rate int, from, to int64) {
	for now := from; now < to; now += 100 * ms {
		sent := rate / 10 / 8000
		fits := p.capacity / 10 / 8000
		got := min(sent, fits)
		if sent > fits {
			p.queue += 100 * float64(sent-fits) / float64(fits)
		} else {
			p.queue = max(0, p.queue-100*float64(fits-sent)/float64(fits))
		}
		lost := 0
		if p.queue > 300 {
			p.queue, lost = 300, sent-got
		}
		b.feedback(got, lost, got*1000, p.queue, now)
	}
}

func TestBudget(t *testing.T) {
	base := int64(1) << 60
	b := newBudget()
	p := path{capacity: 10_000_000}
	p.feed(&b, 2_000_000, base, base+30e9)
	if got := b.bitrate(); got < 2*budgetStart {
		t.Errorf("a clear path for 30 s: %d bit/s", got)
	}
	p.capacity = 1_000_000
	p.feed(&b, 2_000_000, base+30e9, base+33e9)
	low := b.bitrate()
	if low > 1_000_000 || low < 500_000 {
		t.Errorf("a path of 1 Mbit/s that was given 2: %d bit/s", low)
	}
	p.feed(&b, low, base+33e9, base+35e9)
	if got := b.bitrate(); got > low*11/10 {
		t.Errorf("grew at once, from %d to %d", low, got)
	}
}

// A browser that had no time to read for a moment shows a queue although
// hardly anything was sent.
func TestBudgetForgivesOneSpike(t *testing.T) {
	base := int64(1) << 60
	b := newBudget()
	p := path{capacity: 10_000_000}
	p.feed(&b, 200_000, base, base+2e9)
	before := b.bitrate()
	for i := range int64(3) {
		b.feedback(5, 0, 5000, 400, base+2e9+i*100*ms)
	}
	if got := b.bitrate(); got < before/2 {
		t.Errorf("one spike: from %d to %d", before, got)
	}
	p.feed(&b, 200_000, base+2300*ms, base+6e9)
	if got := b.bitrate(); got < before*8/10 {
		t.Errorf("four seconds after one spike: %d, before it %d", got, before)
	}
}

func TestBudgetPatience(t *testing.T) {
	base := int64(1) << 60
	b := newBudget()
	now := base
	var waits []int64
	for range 4 {
		p := path{capacity: 1_000_000}
		p.feed(&b, 2_000_000, now, now+3e9)
		now += 3e9
		low, from := b.bitrate(), now
		for b.bitrate() <= low*102/100 && now < from+100e9 {
			p.feed(&b, 500_000, now, now+500e6)
			now += 500e6
		}
		waits = append(waits, (now-from)/1e9)
	}
	if waits[3] <= waits[0] {
		t.Errorf("seconds until it grew again: %v, not longer and longer", waits)
	}
}

func TestBudgetCeiling(t *testing.T) {
	b := newBudget()
	b.ceiling = 700_000
	if got := b.bitrate(); got != 700_000 {
		t.Errorf("with a REMB of 700 kbit/s: %d", got)
	}
	b.ceiling = 1
	if got := b.bitrate(); got != budgetLeast {
		t.Errorf("with a REMB of nothing: %d", got)
	}
}

func TestBudgetLoss(t *testing.T) {
	base := int64(1) << 60
	b := newBudget()
	for now := base; now < base+5e9; now += 100 * ms {
		b.feedback(19, 1, 19_000, 5, now) // 5 % is no reason to send less
	}
	if got := b.bitrate(); got < budgetStart {
		t.Errorf("5 %% loss: %d", got)
	}
	for now := base + 5e9; now < base+8e9; now += 100 * ms {
		b.feedback(14, 6, 14_000, 5, now)
	}
	if got := b.bitrate(); got > 1_200_000 {
		t.Errorf("30 %% loss: %d", got)
	}
}

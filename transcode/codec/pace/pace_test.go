package pace

import "testing"

// run sends pictures of equal size and gives how many were left out.
func run(p *Pace, from int64, pictures int, step int64, bytes int) (left int, at int64) {
	for at = from; pictures > 0; pictures-- {
		if p.Arrive(at) {
			p.Spent(bytes)
		} else {
			left++
		}
		at += step
	}
	return left, at
}

func TestOnTime(t *testing.T) {
	p := New(240_000, 30)
	if left, _ := run(p, 1000, 300, 3000, 1000); left != 0 {
		t.Errorf("%d pictures of the right size are left out", left)
	}
	if d := p.Debt(); d < 0 || d > 8001 {
		t.Errorf("%.0f bits are owed", d)
	}
	if f := p.FPS(); f < 29.9 || f > 30.1 || p.Drive() < 0.97 || p.Drive() > 1 {
		t.Errorf("%.1f pictures a second, driven by %.2f", f, p.Drive())
	}
}

// Pictures twice as large as planned come half as often, after what may be owed is used up.
func TestTooMuch(t *testing.T) {
	p := New(240_000, 30)
	_, at := run(p, 0, 60, 3000, 2000)
	if left, _ := run(p, at, 300, 3000, 2000); left < 145 || left > 155 {
		t.Errorf("%d of 300 are left out", left)
	}
	if d := p.Debt(); d > 240_000 || p.Drive() != leastDrive {
		t.Errorf("%.0f bits are owed, driven by %.2f", d, p.Drive())
	}
}

// Pictures that come half as often as was said may be twice as large.
func TestSeldom(t *testing.T) {
	p := New(240_000, 30)
	_, at := run(p, 0, 60, 6000, 2000)
	if f, d := p.FPS(), p.Due(); f < 14.9 || f > 15.1 || d < 15_900 || d > 16_100 {
		t.Errorf("%.1f pictures a second, %.0f bits for one", f, d)
	}
	run(p, at, 60, 6000, 0)
	if d := p.Drive(); d != 1+mostSavings*perSaved || p.Debt() > -mostSavings*240_000+1 {
		t.Errorf("%.0f bits are owed, driven by %.2f", p.Debt(), d)
	}
}

// Neither a pause nor times that go back upset the plan.
func TestOddTimes(t *testing.T) {
	p := New(240_000, 30)
	_, at := run(p, 0, 30, 3000, 1000)
	_, at = run(p, at+Clock*3600, 30, 3000, 1000)
	if f := p.FPS(); f < 25 || f > 30.1 {
		t.Errorf("%.1f pictures a second after a pause", f)
	}
	run(p, at-Clock, 3, 0, 1000)
	if f := p.FPS(); f > 37.6 {
		t.Errorf("%.1f pictures a second", f)
	}
	p.Adjust(24_000, 10)
	if f := p.FPS(); f != 10 || p.Debt() > mostDebt*24_000 {
		t.Errorf("%.1f pictures a second, %.0f bits are owed", f, p.Debt())
	}
}

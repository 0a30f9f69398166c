package room

import "testing"

func TestLossLimit(t *testing.T) {
	var l lossLimit
	for i, step := range []struct {
		part    float64
		sent    int
		changed bool
		want    int
	}{
		{0, 1_500_000, false, 0},
		{0.05, 1_500_000, false, 0},
		{0.2, 0, false, 0},
		{0.2, 1_200_000, true, 1_000_000},
		{0.03, 1_000_000, false, 1_000_000},
		{0.1, 1_000_000, true, 833_333},
		{0.01, 800_000, true, 874_999},
	} {
		if changed := l.report(step.part, step.sent); changed != step.changed || l.bitrate() != step.want {
			t.Errorf("step %d: changed %v to %d", i, changed, l.bitrate())
		}
	}
	for range 20 {
		l.report(0.3, 100_000)
	}
	if l.bitrate() != lossFloor {
		t.Errorf("the floor is %d", l.bitrate())
	}
	reports := 0
	for ; l.bitrate() != 0; reports++ {
		l.report(0, 300_000)
	}
	if reports < 20 || reports > 120 {
		t.Errorf("lifted after %d good reports", reports)
	}
}

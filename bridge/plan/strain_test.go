package plan

import (
	"strings"
	"testing"
)

func TestStrainLate(t *testing.T) {
	var s Strain
	now := start
	told := func(frames, late uint64) string {
		now += second
		s.Late(frames, late, now)
		return s.Reason(now)
	}
	if why := told(30, 0); why != "" {
		t.Fatal(why)
	}
	if why := told(25, 5); why != "" {
		t.Fatal("some late pictures:", why)
	}
	if why := told(10, 20); why != "" {
		t.Fatal("a second of late pictures:", why)
	}
	if why := told(30, 0); why != "" {
		t.Fatal("it has caught up:", why)
	}
	told(10, 20)
	why := told(10, 20)
	if !strings.Contains(why, "does not keep up") || !strings.Contains(why, "within a minute") {
		t.Fatalf("two seconds of late pictures: %q", why)
	}
	if why := s.Reason(now + restFirst - 1); why == "" {
		t.Fatal("it is tried again too soon")
	}
	if why := s.Reason(now + restFirst); why != "" {
		t.Fatal("after half a minute:", why)
	}
}

func TestStrainWaitsLonger(t *testing.T) {
	var s Strain
	now := start
	for _, want := range []int64{30, 60, 120, 240, 480, 960, 960} {
		s.Failed(now)
		if s.Reason(now+want*second-1) == "" {
			t.Fatalf("tried again before %d s", want)
		}
		now += want * second
		if s.Reason(now) != "" {
			t.Fatalf("not tried again after %d s", want)
		}
		now += 5 * second
	}
	now += restProof + 1
	s.Failed(now)
	if s.Reason(now+30*second) != "" {
		t.Error("minutes without trouble forgive nothing")
	}
}

// A machine that stays loaded is left alone, and the rest after it is no longer than usual.
func TestStrainLoaded(t *testing.T) {
	var s Strain
	now := start
	for range 100 {
		s.Loaded("it uses 95 % of its processors", now)
		if why := s.Reason(now); !strings.Contains(why, "95 %") {
			t.Fatal(why)
		}
		now += second
	}
	now += restFirst
	if why := s.Reason(now); why != "" {
		t.Error(why)
	}
	s.Failed(now + second)
	if s.Reason(now+second+59*second) == "" || s.Reason(now+second+60*second) != "" {
		t.Error("the second rest is not a minute")
	}
	if got := minutes(241 * 1e9); got != "5 minutes" {
		t.Error(got)
	}
}

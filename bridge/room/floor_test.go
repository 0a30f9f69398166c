package room

import (
	"slices"
	"testing"
)

const ms = int64(1e6)

// said is one participant's speech: from and to in ms, at a level.
type said struct {
	who      string
	from, to int64
	dbov     int
}

// play runs a scene in steps of 50 ms and gives who had the floor when.
func play(scene []said, length int64) map[int64]string {
	var f floor
	out := map[int64]string{}
	base := int64(1) << 60
	for at := int64(0); at <= length; at += 50 {
		for _, s := range scene {
			speaking := at > s.from && at <= s.to // a level tells of the 50 ms before it
			level := -90
			if speaking {
				level = s.dbov
			}
			f.hear(s.who, level, speaking, base+at*ms)
		}
		out[at] = f.speaker(base + at*ms)
	}
	return out
}

func TestFloor(t *testing.T) {
	for _, c := range []struct {
		name  string
		scene []said
		want  map[int64]string // at ms
	}{
		{"nobody", nil, map[int64]string{0: "", 1000: ""}},
		{"one speaks", []said{{"a", 0, 5000, -20}}, map[int64]string{0: "", 50: "a", 5000: "a"}},
		{"the floor stays after the speech", []said{{"a", 0, 1000, -20}}, map[int64]string{6000: "a"}},
		{"a cough is not a speech", []said{{"a", 0, 2000, -20}, {"b", 3000, 3200, -10}}, map[int64]string{4000: "a"}},
		{"the next speaker", []said{{"a", 0, 2000, -20}, {"b", 2500, 4000, -20}}, map[int64]string{2700: "a", 2750: "b", 4000: "b"}},
		{"right after the last word", []said{{"a", 0, 2000, -20}, {"b", 2000, 4000, -20}}, map[int64]string{2200: "a", 2250: "b"}},
		{"a quiet interruption", []said{{"a", 0, 9000, -20}, {"b", 2000, 8000, -25}}, map[int64]string{7900: "a"}},
		{"a loud interruption", []said{{"a", 0, 9000, -30}, {"b", 2000, 8000, -15}}, map[int64]string{3000: "a", 3500: "b"}},
		{"noise below the threshold", []said{{"a", 0, 9000, -60}}, map[int64]string{9000: ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := play(c.scene, 10000)
			for at, who := range c.want {
				if got[at] != who {
					t.Errorf("at %d ms %q has the floor, not %q", at, got[at], who)
				}
			}
		})
	}
}

func TestFloorSyllables(t *testing.T) {
	var f floor
	base := int64(1) << 60
	for at := int64(0); at < 2000; at += 50 {
		// a quarter of a second of silence in every half
		f.hear("a", -20, at%500 < 250, base+at*ms)
		f.speaker(base + at*ms)
	}
	if who := f.speaker(base + 2000*ms); who != "a" {
		t.Errorf("%q has the floor", who)
	}
}

// Two who utter short sounds in turns do not take the floor from each other
// at every one of them.
func TestFloorIsCalm(t *testing.T) {
	var f floor
	base := int64(1) << 60
	changes, last := 0, ""
	for at := int64(0); at < 10000; at += 50 {
		f.hear("a", -20, at%500 < 200, base+at*ms)
		f.hear("b", -20, (at+250)%500 < 200, base+at*ms)
		if who := f.speaker(base + at*ms); who != last {
			changes, last = changes+1, who
		}
	}
	if changes > 10000/1500+1 {
		t.Errorf("the floor changed %d times in 10 s", changes)
	}
}

func TestFloorOfTheMuted(t *testing.T) {
	var f floor
	base := int64(1) << 60
	for at := int64(0); at < 1000; at += 50 {
		f.hear("a", -20, true, base+at*ms)
		f.speaker(base + at*ms)
	}
	f.mute("a")
	for at := int64(1000); at <= 1250; at += 50 {
		f.hear("b", -20, true, base+at*ms)
	}
	if who := f.speaker(base + 1250*ms); who != "b" {
		t.Errorf("%q has the floor a quarter of a second after who had it was muted", who)
	}
	f.mute("nobody")
}

func TestFloorRecent(t *testing.T) {
	var f floor
	base := int64(1) << 60
	for i, who := range []string{"a", "b", "c", "b"} {
		for at := range int64(10) {
			now := base + int64(i)*2000*ms + at*100*ms
			f.hear(who, -20, true, now)
			f.speaker(now)
		}
	}
	if got := f.recent(); !slices.Equal(got, []string{"b", "c", "a"}) {
		t.Errorf("recent %v", got)
	}
	f.leave("c")
	if got := f.recent(); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("after c left %v", got)
	}
}

func TestFloorIsBounded(t *testing.T) {
	var f floor
	base := int64(1) << 60
	for i := range 40 {
		who := string(rune('A' + i))
		for at := range int64(5) {
			now := base + int64(i)*1000*ms + at*100*ms
			f.hear(who, -20, true, now)
			f.speaker(now)
		}
	}
	if n := len(f.recent()); n != floorHistory {
		t.Errorf("%d speakers are remembered", n)
	}
}

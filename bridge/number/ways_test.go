package number

import (
	"fmt"
	"testing"
)

func TestWaysToARoom(t *testing.T) {
	p := mustPlan(t,
		rule(Exact, "1001", to("board"), func(r *Rule) { r.Label = "Phòng họp" }),
		rule(Exact, "1002", to("board"), func(r *Rule) { r.Registered = Yes }),
		rule(Exact, "board2"),
		rule(Prefix, "30", to("team-$1")),
		rule(Prefix, "31", to("all")),
		rule(Regex, `4(\d\d)`, to("r-$1")),
		rule(Exact, "5005", to("board"), func(r *Rule) { r.Disabled = true }),
		rule(Any, "", first(900), to("any-$0")),
	)
	for name, want := range map[string]string{
		"board":     "[{1001 Phòng họp exact 1001} {1002  exact 1002}]",
		"board2":    "[{board2  exact board2}]",
		"team-7":    "[{prefix 30  exact 307}]",
		"all":       "[{prefix 31  prefix 31}]",
		"r-12":      `[{regex 4(\d\d)  regex 4(\d\d)}]`,
		"r-1":       "[]",
		"any-thing": "[{any  exact thing}]",
		"none":      "[]",
	} {
		if got := fmt.Sprint(p.Ways(name, 10)); got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
	if got := p.Ways("board", 1); len(got) != 1 {
		t.Errorf("more than asked for: %v", got)
	}
}

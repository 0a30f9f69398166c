package plan

import "testing"

func TestFloorView(t *testing.T) {
	type step struct {
		at     int64 // ms
		recent []string
		others []string
		want   string
	}
	all := []string{"b", "c", "d"}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"nobody has a picture", []step{{0, []string{"b"}, nil, ""}}},
		{"nobody has spoken", []step{{0, nil, all, "b"}, {5000, nil, all, "b"}}},
		{"the speaker", []step{{0, nil, all, "b"}, {5000, []string{"c"}, all, "c"}}},
		{"the last other speaker for the one who speaks", []step{{0, []string{"self", "d", "c"}, all, "d"}}},
		{"a speaker without a picture", []step{{0, []string{"phone", "c"}, all, "c"}}},
		{"whoever is shown stays when nobody else speaks", []step{{0, []string{"c"}, all, "c"}, {5000, []string{"self"}, all, "c"}}},
		{"calm", []step{{0, []string{"b"}, all, "b"}, {300, []string{"c", "b"}, all, "b"}, {600, []string{"c", "b"}, all, "c"}}},
		{"gone is gone at once", []step{{0, []string{"b"}, all, "b"}, {100, []string{"b"}, []string{"c", "d"}, "c"}, {200, nil, nil, ""}}},
		{"the first picture comes at once", []step{{0, nil, nil, ""}, {100, nil, []string{"d"}, "d"}}},
		{"back to the still and on", []step{{0, nil, []string{"b"}, "b"}, {50, nil, nil, ""}, {100, nil, []string{"b"}, "b"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v floorView
			for _, s := range c.steps {
				if got := v.choose(s.recent, s.others, start+s.at*ms); got != s.want {
					t.Errorf("at %d ms %q is shown, not %q", s.at, got, s.want)
				}
			}
		})
	}
}

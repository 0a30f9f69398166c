package plan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Wish is a picture of the worker's that one receiver is to be given.
type Wish struct {
	Output Output
	Scene  Scene
	Now    int // index of the stream that the receiver has or waits for, -1 is none
}

// Share gives for each wish the stream that serves it: receivers with equal
// wishes have one together. running are the encodings of the streams that there are;
// an index beyond them is a stream to be made. A stream goes on for those of its
// receivers who are most, for whom nothing is interrupted, and the others get another.
func Share(wishes []Wish, running []Output) []int {
	groups := group(wishes)
	type claim struct{ group, stream, receivers int }
	var claims []claim
	for g, members := range groups {
		for s, o := range running {
			n := 0
			for _, w := range members {
				if wishes[w].Now == s {
					n++
				}
			}
			if n > 0 && alike(o, wishes[members[0]].Output) {
				claims = append(claims, claim{g, s, n})
			}
		}
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return cmp.Compare(b.receivers, a.receivers) })
	of, taken := make(map[int]int, len(groups)), make(map[int]bool, len(running))
	for _, c := range claims {
		if _, has := of[c.group]; !has && !taken[c.stream] {
			of[c.group], taken[c.stream] = c.stream, true
		}
	}
	got, next := make([]int, len(wishes)), len(running)
	for g, members := range groups {
		s, has := of[g]
		if !has {
			s = next
			next++
		}
		for _, w := range members {
			got[w] = s
		}
	}
	return got
}

// alike tells whether a stream can go on with another encoding: the receiver
// sees nothing but a keyframe.
func alike(a, b Output) bool { return a.Codec == b.Codec && a.Profile == b.Profile && a.Mode == b.Mode }

// group puts equal wishes together, in the order of the first of each.
func group(wishes []Wish) [][]int {
	index := make(map[string]int, len(wishes))
	var groups [][]int
	for i := range wishes {
		k := wishes[i].key()
		g, ok := index[k]
		if !ok {
			g = len(groups)
			index[k], groups = g, append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

// key is equal for equal wishes.
func (w *Wish) key() string {
	var b strings.Builder
	number := func(n int) { b.WriteString(strconv.Itoa(n)); b.WriteByte(' ') }
	text := func(s string) { number(len(s)); b.WriteString(s) }
	o, s := w.Output, w.Scene
	for _, n := range [...]int{int(o.Profile), int(o.Level), int(o.Mode), o.MTU, o.Width, o.Height, o.FPS, o.Class, s.More} {
		number(n)
	}
	text(string(o.Codec))
	text(string(s.Layout))
	text(s.Title)
	text(s.Banner)
	for _, t := range s.Tiles {
		text(t.Person)
		if t.Slides {
			b.WriteByte('s')
		}
	}
	return b.String()
}

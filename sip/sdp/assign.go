package sdp

import (
	"sort"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
)

// floorLabels collects the labels that BFCP floors point at (RFC 4583 6, in
// both spellings that terminals use): a picture with such a label is slides.
func floorLabels(d *Description) map[string]bool {
	labels := map[string]bool{}
	for i := range d.Media {
		for _, a := range d.Media[i].Attributes {
			if a.Name != "floorid" {
				continue
			}
			for _, word := range strings.Fields(a.Value) {
				name, label, found := strings.Cut(word, ":")
				if found && (strings.EqualFold(name, "mstrm") || strings.EqualFold(name, "m-stream")) {
					labels[label] = true
				}
			}
		}
	}
	return labels
}

// candidates gives the live lines that may carry a local stream, best first:
// the line that carried it before, then what fits its role, then what fits the
// policy on encryption where a far end offers a line twice, then their order.
func candidates(l LocalStream, bound int, lines []remote, labels map[string]bool, policy media.Policy) []*remote {
	type candidate struct {
		r    *remote
		rank [3]int
	}
	var list []candidate
	for i := range lines {
		r := &lines[i]
		role := roleRank(l.Role, r, labels, isSecondPicture(lines, i))
		if !r.live || r.kind != l.Kind || role < 0 {
			continue
		}
		// A paused picture (music on hold) is not replaced by what may be slides.
		if bound >= 0 && r.index != bound && role > 0 {
			continue
		}
		c := candidate{r: r, rank: [3]int{1, role, securityRank(r, policy)}}
		if r.index == bound {
			c.rank[0] = 0
		}
		list = append(list, c)
	}
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i].rank, list[j].rank
		for k := range a {
			if a[k] != b[k] {
				return a[k] < b[k]
			}
		}
		return false
	})
	out := make([]*remote, len(list))
	for i := range list {
		out[i] = list[i].r
	}
	return out
}

// isSecondPicture tells whether a picture without content stands behind
// another one, where Cisco and Poly put their slides.
func isSecondPicture(lines []remote, i int) bool {
	for j := range i {
		if lines[j].kind == media.Video && lines[j].profile == lines[i].profile {
			return true
		}
	}
	return false
}

// roleRank says how well a line fits a role, 0 best, -1 not at all. A line
// that says slides is never the main picture; one that only a floor's label
// or its place makes slides is, when there is no other.
func roleRank(role media.Role, r *remote, labels map[string]bool, second bool) int {
	if r.kind != media.Video {
		if role == media.Main {
			return 0
		}
		return -1
	}
	labelled := r.label != "" && labels[r.label]
	said := r.content != ""
	switch {
	case role == media.Main && r.slides():
		return -1
	case role == media.Main && !said && labelled:
		return 2
	case role == media.Main && !said && second:
		return 1
	case role == media.Main:
		return 0
	case r.slides():
		return 0
	case !said && labelled:
		return 1
	case !said && second:
		return 2
	}
	return -1
}

// securityRank puts the encrypted one of two equal lines first, or last when
// encryption is off.
func securityRank(r *remote, policy media.Policy) int {
	if r.profile.secure == (policy != media.EncryptionOff) {
		return 0
	}
	return 1
}

package number

import "slices"

// With is the plan as it would be with a rule written, in place of the one with the same
// id if there is one. It is for one look: without an index, each rule is tried.
func (p *Plan) With(r Rule) (*Plan, error) {
	c, err := compile(r.Normal(), zones{})
	if err != nil {
		return nil, err
	}
	next := *p
	next.rules = make([]*compiled, 0, len(p.rules)+1)
	for _, old := range p.rules {
		if old.ID != c.ID {
			next.rules = append(next.rules, old)
		}
	}
	i, _ := slices.BinarySearchFunc(next.rules, c, func(a, b *compiled) int { return before(&a.Rule, &b.Rule) })
	next.rules = slices.Insert(next.rules, i, c)
	all := make([]int32, len(next.rules))
	for i := range all {
		all[i] = int32(i)
	}
	next.exact, next.begins, next.lengths = nil, map[string][]int32{"": all}, []int{0}
	return &next, nil
}

// foldFrom is the length from which a run of rules for other numbers is told as one.
const foldFrom = 4

// Brief tells runs of rules for other numbers as one step, so that what is read is what
// came near: in a plan of ten thousand rules most are for other numbers.
func (e Explanation) Brief() Explanation {
	var steps []Step
	for i := 0; i < len(e.Steps); {
		n := 0
		for i+n < len(e.Steps) && e.Steps[i+n].Check == checkNames[checkNumber] {
			n++
		}
		if n < foldFrom {
			n = max(n, 1)
			steps = append(steps, e.Steps[i:i+n]...)
		} else {
			steps = append(steps, Step{Rule: e.Steps[i].Rule, Check: checkNames[checkNumber], Count: n, Why: "rules for other numbers"})
		}
		i += n
	}
	e.Steps = steps
	return e
}

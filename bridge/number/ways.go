package number

// Way is a rule that leads to a room.
type Way struct {
	Rule   string `json:"rule"`
	Label  string `json:"label,omitempty"`
	Match  Kind   `json:"match"`
	Number string `json:"number"` // what is dialled for it; where more is, what the rule compares with
}

// Ways are the first rules, in their order, that lead to a room of this name, whoever they
// are for and whenever. An expression's are those that may: its room has the form of the name.
func (p *Plan) Ways(name string, most int) []Way {
	ways := []Way{}
	for _, i := range p.leading(name) {
		if len(ways) == most {
			break
		}
		r := p.rules[i]
		dialled, one, ok := r.source(name)
		if !ok {
			continue
		}
		w := Way{Rule: r.ID, Label: r.Label, Match: r.Kind, Number: r.Number}
		if one {
			h := hear(Split(dialled))
			caps, fits := r.matcher.match(&h)
			if !fits || r.place.fill(&caps, nil) != name {
				continue
			}
			w.Match, w.Number = Exact, dialled
		}
		ways = append(ways, w)
	}
	return ways
}

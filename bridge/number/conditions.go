package number

import (
	"net/netip"
	"slices"
	"time"
	"unicode/utf8"
)

// Call is what the plan knows of a call.
type Call struct {
	Protocol   string         // "sip", "h323"
	Number     string         // what was dialled
	PIN        string         // typed behind it, where the front-end has parted them
	Host       string         // whom the address named
	Trunk      string         // by which trunk of ours it came
	Owner      string         // tenant whose registered terminal calls
	Local      netip.AddrPort // where its signalling arrived
	Caller     string         // alias
	Addr       netip.Addr     // where its signalling comes from
	Registered bool
	Encrypted  bool
	At         time.Time
}

// check names what a rule may fail at. It is part of the API.
type check uint8

const (
	checkNone check = iota // the rule fits
	checkNumber
	checkDisabled
	checkProtocol
	checkCaller
	checkNetwork
	checkRegistered
	checkEncrypted
	checkTime
)

var checkNames = [...]string{"", "number", "disabled", "protocol", "caller", "network", "registered", "encrypted", "time"}

// zones loads each zone once.
type zones map[string]*time.Location

func (z zones) load(name string) (*time.Location, error) {
	if loc := z[name]; loc != nil {
		return loc, nil
	}
	loc, err := time.LoadLocation(name)
	if err == nil {
		z[name] = loc
	}
	return loc, err
}

// conditions are compiled Conditions.
type conditions struct {
	*Conditions
	callers  []string         // folded patterns
	networks []netip.Prefix   // masked
	places   []*time.Location // of Times
}

func (c *Conditions) compile(z zones) (conditions, error) {
	k := conditions{Conditions: c}
	for _, p := range c.Callers {
		k.callers = append(k.callers, fold(p))
	}
	for _, p := range c.Networks {
		k.networks = append(k.networks, p.Masked())
	}
	for i := range c.Times {
		loc, err := z.load(c.Times[i].zone)
		if err != nil {
			return k, err
		}
		k.places = append(k.places, loc)
	}
	return k, nil
}

// fail gives the first condition that a call does not meet. alias is the caller's, folded.
func (k *conditions) fail(c *Call, alias string) check {
	switch {
	case len(k.Protocols) > 0 && !slices.Contains(k.Protocols, c.Protocol):
		return checkProtocol
	case !k.Registered.fits(c.Registered):
		return checkRegistered
	case !k.Encrypted.fits(c.Encrypted):
		return checkEncrypted
	case len(k.networks) > 0 && !k.near(c.Addr.Unmap()):
		return checkNetwork
	case len(k.callers) > 0 && !slices.ContainsFunc(k.callers, func(p string) bool { return like(p, alias) }):
		return checkCaller
	case len(k.Times) > 0 && !k.open(c.At):
		return checkTime
	}
	return checkNone
}

func (k *conditions) near(a netip.Addr) bool {
	for _, p := range k.networks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (k *conditions) open(at time.Time) bool {
	for i := range k.Times {
		if k.Times[i].has(at.In(k.places[i])) {
			return true
		}
	}
	return false
}

// like compares a text with a pattern in which * is any text and ? any one letter. It
// goes back to the last star only, so that it takes at most the product of the lengths.
func like(pattern, s string) bool {
	star, mark := -1, 0
	p, i := 0, 0
	for i < len(s) {
		_, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			p, i = p+1, i+size
		case p < len(pattern) && pattern[p] == s[i]:
			p, i = p+1, i+1
		case star >= 0:
			_, size = utf8.DecodeRuneInString(s[mark:])
			mark += size
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

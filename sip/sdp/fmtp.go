package sdp

import (
	"strconv"
	"strings"
)

// params are the parameters of one format; names are in lower case.
type params map[string]string

const maxParams = 64

// add reads what stands after the payload type of a=fmtp. Parameters
// are parted by semicolons, by blanks (eyeBeam, Huawei), or by both (Poly);
// blanks may stand around the equals sign; flags have no value. The first of
// two parameters with one name counts.
func (p params) add(s string) {
	for _, part := range strings.Split(s, ";") {
		part = joinEquals(part)
		for _, one := range strings.Fields(part) {
			name, value, _ := strings.Cut(one, "=")
			name = strings.ToLower(name)
			if _, twice := p[name]; twice || name == "" || len(p) >= maxParams {
				continue
			}
			p[name] = value
		}
	}
}

// joinEquals takes away the blanks around the first equals sign.
func joinEquals(s string) string {
	name, value, found := strings.Cut(s, "=")
	if !found {
		return s
	}
	return strings.TrimRight(name, " \t") + "=" + strings.TrimLeft(value, " \t")
}

// number gives a parameter as a number, 0 when it is missing or none.
func (p params) number(name string) int {
	n, err := strconv.ParseUint(p[name], 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// small gives a number that fits 32 bits.
func (p params) small(name string) uint32 { return uint32(p.number(name)) }

func (p params) flag(name string) bool { return p[name] == "1" }

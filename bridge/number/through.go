package number

import (
	"regexp"
	"strings"
)

// maxDialable bounds a number that is called through a trunk, digits.
const maxDialable = 32

// Dialable reads a number as a trunk takes it, with or without tel: and visual separators (RFC 3966 5.1.1).
func Dialable(text string) (string, bool) {
	text = withoutTel(strings.TrimSpace(text))
	text, _, _ = strings.Cut(text, ";")
	number := strings.NewReplacer("-", "", ".", "", "(", "", ")", "", " ", "").Replace(text)
	rest := strings.TrimPrefix(number, "+")
	return number, rest != "" && len(rest) <= maxDialable && strings.Trim(rest, "0123456789*#") == ""
}

// withoutTel takes the scheme of a telephone number away.
func withoutTel(text string) string {
	if len(text) > 4 && strings.EqualFold(text[:4], "tel:") {
		return text[4:]
	}
	return text
}

const trunkParam = ";trunk="

// places are those of a template.
var places = regexp.MustCompile(`\$(\d|\{[^}]*\})`)

// through parts the target of a rule that calls a number: [tel:]NUMBER[;trunk=NAME], where the number is a
// template. It is not ok where the target is an address.
func through(target string) (number, trunk string, ok bool) {
	text, trunk, named := strings.Cut(target, trunkParam)
	number = withoutTel(text)
	_, dialable := Dialable(places.ReplaceAllString(number, "0"))
	return number, trunk, dialable && !strings.ContainsAny(number, ";:@") && named == (trunk != "")
}

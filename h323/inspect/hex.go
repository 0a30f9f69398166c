package inspect

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// ParseHex reads octets as captures and logs print them: with or without blanks, line
// ends, colons, commas, hyphens or 0x between them.
func ParseHex(s string) ([]byte, error) {
	s = strings.NewReplacer("0x", " ", "0X", " ").Replace(s)
	digits := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
			digits = append(digits, c)
		case strings.IndexByte(" \t\r\n:,-", c) < 0:
			return nil, fmt.Errorf("%q is no hexadecimal digit", s[i:i+1])
		}
	}
	if len(digits)%2 != 0 {
		return nil, fmt.Errorf("%d hexadecimal digits are not whole octets", len(digits))
	}
	b := make([]byte, len(digits)/2)
	_, err := hex.Decode(b, digits)
	return b, err
}

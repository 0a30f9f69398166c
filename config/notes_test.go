package config

import (
	"strings"
	"testing"
)

// A token that people can guess is told of, without what it is.
func TestShortTokenIsTold(t *testing.T) {
	for token, told := range map[Secret]bool{"": false, "geheim": true, "0123456789abcdef0123456789abcdef": false} {
		c := Default()
		c.Admin.Token = token
		all := strings.Join(c.Notes(true), "\n")
		if strings.Contains(all, "token is short") != told || token != "" && strings.Contains(all, string(token)) {
			t.Errorf("%q: %s", string(token), all)
		}
	}
}

package config

import (
	"strings"
	"testing"
)

// The password of a database is not printed, even where its URL cannot be read.
func TestExplainHidesPassword(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://gw:s3cret@db.example/rb":           "postgres://gw:xxxxx@db.example/rb",
		"postgres://gw:s3cret%zz@db/rb":                "[masked]",
		"postgres://db/rb?user=gw&password=s3cret":     "postgres://db/rb?password=xxxxx&user=gw",
		"postgres://db/rb?sslpassword=s3cret":          "postgres://db/rb?sslpassword=xxxxx",
		"postgres://db/rb?user=gw;password=s3cret":     "[masked]",
		"postgres://db/rb?sslmode=verify-full&user=gw": "postgres://db/rb?sslmode=verify-full&user=gw",
		"sqlite:/var/lib/rb.db":                        "sqlite:/var/lib/rb.db",
	} {
		c := Default()
		c.Store.URL = text
		if out := c.Explain(); !strings.Contains(out, want) || strings.Contains(out, "s3cret") {
			t.Errorf("%s: %s", text, out)
		}
	}
}

package config

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOIDC(t *testing.T) {
	read := func(text string) (Config, error) {
		path := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(path, []byte("admin: {oidc: {"+text+"}}"), 0o600); err != nil {
			t.Fatal(err)
		}
		return load(path, nil)
	}
	const good = `issuer: "https://id.example/realm", client_id: gw, client_secret: geheim, redirect: "https://gw.example:8443", role_claim: groups, roles: ["cn=it=operator", "staff=viewer"]`
	c, err := read(good)
	if err != nil {
		t.Fatal(err)
	}
	if c.Admin.OIDC.Session != 4*time.Hour {
		t.Errorf("a session is of %v", c.Admin.OIDC.Session)
	}
	table, err := c.Admin.OIDC.RoleTable()
	if err != nil || !maps.Equal(table, map[string]string{"cn=it": "operator", "staff": "viewer"}) {
		t.Errorf("%v %v", err, table)
	}
	if strings.Contains(c.Explain(), "geheim") {
		t.Error("the secret is explained")
	}
	for _, bad := range [][3]string{
		{"https://id.example/realm", "http://id.example", "issuer"}, {"https://id.example/realm", "id.example", "issuer"}, {"client_id: gw,", "", "client_id"},
		{"https://gw.example:8443", "https://gw.example:8443/", "redirect"}, {"https://gw.example:8443", "", "redirect"},
		{"client_id: gw", "client_id: gw, session: 1m", "session"}, {"client_id: gw", "client_id: gw, session: 169h", "session"}, {"client_id: gw", "client_id: gw, session: 0", "session"},
		{"role_claim: groups, ", "", "roles"}, {"staff=viewer", "staff=king", "roles"},
	} {
		if _, err := read(strings.Replace(good, bad[0], bad[1], 1)); err == nil || !strings.Contains(err.Error(), "admin.oidc."+bad[2]) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSIPRegister(t *testing.T) {
	c, err := load(file(t, `
sip:
  register: {enabled: true, realm: Phòng, domains: [a.example, "2001:db8::1"], users: ["phonghop1=geheim", "Phòng Họp=a=b"],
    algorithms: [md5, sha-256], calls: digest}
`), []string{"ROOMBRIDGE_SIP_REGISTER_PROBE=1m"})
	if err != nil {
		t.Fatal(err)
	}
	r := c.SIP.Register
	table, err := r.UserTable()
	if want := map[string]string{"phonghop1": "geheim", "Phòng Họp": "a=b"}; err != nil || !cmp.Equal(table, want) {
		t.Errorf("%v, %v", table, err)
	}
	if r.Probe != time.Minute || r.Algorithms[0] != "md5" || !r.QOP || r.Expires != time.Hour {
		t.Errorf("%+v", r)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c) + c.Explain(); strings.Contains(text, "geheim") {
		t.Error("a password shows in clear")
	}
	c, err = load("", []string{"ROOMBRIDGE_SIP_REGISTER_USERS=a=1,b=2", "ROOMBRIDGE_H323_GATEKEEPER_PASSWORDS="})
	table, _ = c.SIP.Register.UserTable()
	if err != nil || !cmp.Equal(table, map[string]string{"a": "1", "b": "2"}) || len(c.H323.Gatekeeper.Passwords) != 0 {
		t.Errorf("from the environment: %v, %v", table, err)
	}
	for in, key := range map[string]string{
		`users: ["a"]`: "sip.register.users", `users: ["a=1", "A=2"]`: "sip.register.users",
		`users: ["=x"]`: "sip.register.users", "calls: all": "sip.register.calls", "algorithms: [sha1]": "sip.register.algorithms",
		"algorithms: [md5, md5]": "sip.register.algorithms", "algorithms: []": "sip.register.algorithms", "expires: 30s": "sip.register.expires",
		"expires: 48h": "sip.register.expires", "min_expires: 1s": "sip.register.min_expires", "min_expires: 2h": "sip.register.min_expires",
		"probe: 1s": "sip.register.probe", `realm: ""`: "sip.register.realm", `domains: ["a b"]`: "sip.register.domains",
	} {
		_, err := load(file(t, "sip: {register: {"+in+"}}"), nil)
		if err == nil || !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "a=1") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

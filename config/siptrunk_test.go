package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestSIPTrunks(t *testing.T) {
	c, err := load(file(t, `sip: {trunks: [{name: carrier, address: "sip.example:5070", transport: tcp, user: u, password: geheim, from: "8424@x.example", prefixes: ["0", "+84"], encryption: "off"},
  {name: b, address: "2001:db8::1"}]}`), nil)
	if err != nil || len(c.SIP.Trunks) != 2 || c.SIP.Trunks[0].Password.Reveal() != "geheim" || len(c.SIP.Trunks[0].Prefixes) != 2 {
		t.Fatalf("%+v: %v", c.SIP.Trunks, err)
	}
	if text := fmt.Sprintf("%v %+v", c, c) + c.Explain(); strings.Contains(text, "geheim") {
		t.Error("a password shows in clear")
	}
	for i, want := range []string{"sip.example 5070", "2001:db8::1 0"} {
		if host, port, err := c.SIP.Trunks[i].HostPort(); err != nil || fmt.Sprint(host, " ", port) != want {
			t.Errorf("%s %d, %v", host, port, err)
		}
	}
	for in, key := range map[string]string{
		`{address: h}`: "sip.trunks[0].name", `{name: a}`: "sip.trunks[0].address", `{name: a, address: "h:x"}`: "sip.trunks[0].address",
		`{name: a, address: h}, {name: a, address: h}`: "sip.trunks[1].name", `{name: a, address: h, transport: sctp}`: "sip.trunks[0].transport",
		`{name: a, address: h, user: u}`: "sip.trunks[0].user", `{name: a, address: h, encryption: x}`: "sip.trunks[0].encryption",
		`{name: a, address: h, from: "a b"}`: "sip.trunks[0]", `{name: a, address: h, colour: red}`: "colour",
	} {
		if _, err := load(file(t, "sip: {trunks: ["+in+"]}"), nil); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", in, err)
		}
	}
}

package config

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestSIPTrunks(t *testing.T) {
	c, err := load(file(t, `sip: {trunks: [{name: carrier, address: "sip.example:5070", transport: tcp, user: u, password: geheim, from: "8424@x.example", prefixes: ["0", "+84"], encryption: "off"},
  {name: b, address: "2001:db8::1"}, {name: c, address: sbc.example, user: "1000", password: geheim, probe: "off", register: {on: true, registrar: "ims.example:5062", outbound_proxy: sbc.example, expires: 10m}},
  {name: d, address: sbc.example, register: {on: true, address: "842410@ims.example"}}]}`), nil)
	if err != nil || len(c.SIP.Trunks) != 4 || c.SIP.Trunks[0].Password.Reveal() != "geheim" || len(c.SIP.Trunks[0].Prefixes) != 2 {
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
	for i, want := range []string{"8424@x.example", "@", "1000@ims.example", "842410@ims.example"} {
		if user, domain := c.SIP.Trunks[i].Identity(); user+"@"+domain != want {
			t.Errorf("trunk %d calls as %s@%s", i, user, domain)
		}
	}
	host, port, err := c.SIP.Trunks[2].Registrar()
	if proxy, _, bad := c.SIP.Trunks[2].Proxy(); host != "ims.example" || port != 5062 || proxy != "sbc.example" || err != nil || bad != nil || c.SIP.Trunks[2].Register.Expires != 10*time.Minute {
		t.Errorf("%s %d %s %v %v", host, port, proxy, err, bad)
	}
	if text := c.Explain(); !strings.Contains(text, "c (sbc.example), registers as 1000@ims.example") {
		t.Error(text)
	}
	for in, key := range map[string]string{
		`{address: h}`: "sip.trunks[0].name", `{name: a}`: "sip.trunks[0].address", `{name: a, address: "h:x"}`: "sip.trunks[0].address",
		`{name: a, address: h}, {name: a, address: h}`: "sip.trunks[1].name", `{name: a, address: h, transport: sctp}`: "sip.trunks[0].transport",
		`{name: a, address: h, user: u}`: "sip.trunks[0].user", `{name: a, address: h, encryption: x}`: "sip.trunks[0].encryption",
		`{name: a, address: h, register: {on: true}}`: "sip.trunks[0].register.address", `{name: a, address: h, probe: never}`: "sip.trunks[0].probe",
		`{name: a, address: h, register: {on: true, address: u, registrar: "h:x"}}`:      "sip.trunks[0].register.registrar",
		`{name: a, address: h, register: {on: true, address: u, outbound_proxy: "h@h"}}`: "sip.trunks[0].register.outbound_proxy",
		`{name: a, address: h, register: {on: true, address: u, expires: 3600}}`:         "sip.trunks[0].register.expires",
		`{name: a, address: h, register: {on: true, address: "u;x"}}`:                    "sip.trunks[0]", `{name: a, address: h, register: {at: b}}`: "register",
		`{name: a, address: h, from: "a b"}`: "sip.trunks[0]", `{name: a, address: h, colour: red}`: "colour",
	} {
		if _, err := load(file(t, "sip: {trunks: ["+in+"]}"), nil); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", in, err)
		}
	}
}

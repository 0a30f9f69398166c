package gateway

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/sip/siptest"
)

var challenge = regexp.MustCompile(`(\w+)="?([^",]*)"?`)

// as is a request that a user sends, of this machine or of a domain.
func as(user, raw string) string {
	if !strings.Contains(user, "@") {
		user += "@127.0.0.1"
	}
	raw = regexp.MustCompile(`(?m)^From: [^;]*`).ReplaceAllString(raw, "From: <sip:"+user+">")
	if raw[:8] == "REGISTER" {
		raw = regexp.MustCompile(`(?m)^To: .*\r$`).ReplaceAllString(raw, "To: <sip:"+user+">\r")
	}
	return raw
}

// registerAs proves a password by MD5 as terminals of RFC 2617 do.
func registerAs(p *siptest.Peer, user, password string) int {
	c := p.NewCall("sip:127.0.0.1")
	p.Write(as(user, c.Request("REGISTER", "", "")))
	values := map[string]string{}
	for _, v := range p.Expect("401").All("www-authenticate") {
		part := map[string]string{}
		for _, m := range challenge.FindAllStringSubmatch(v, -1) {
			part[m[1]] = m[2]
		}
		if part["algorithm"] == "MD5" {
			values = part
		}
	}
	whole := user
	user, _, _ = strings.Cut(user, "@")
	h := func(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) }
	response := h(h(user+":"+values["realm"]+":"+password) + ":" + values["nonce"] + ":00000001:c:auth:" + h("REGISTER:sip:127.0.0.1"))
	p.Write(as(whole, c.Request("REGISTER", fmt.Sprintf(`Authorization: Digest username="%s", realm="%s", nonce="%s", uri="sip:127.0.0.1", `+
		`algorithm=MD5, qop=auth, nc=00000001, cnonce="c", response="%s", opaque="%s"`, user, values["realm"], values["nonce"], response, values["opaque"]), "")))
	return p.Next(siptest.Patience).Status()
}

// A tenant's device registers, its calls are the tenant's, it is remembered, and it is gone
// when it is removed.
func TestDeviceOfTenant(t *testing.T) {
	g := start(t, func(c *config.Config) { c.SIP.Register.Enabled, c.SIP.Listen = true, []string{"tcp://127.0.0.1:0"} })
	if _, err := g.kept.db.Site().Change(t.Context(), store.Who{}, "", func(tx *store.Tx) error {
		return store.Tenants.Put(t.Context(), tx, store.Tenant{Tenant: number.Tenant{ID: "acme"}, Name: "Acme"})
	}); err != nil {
		t.Fatal(err)
	}
	acme, err := g.kept.db.Tenant("acme")
	if err != nil {
		t.Fatal(err)
	}
	change := func(do func(tx *store.Tx) error) {
		t.Helper()
		if _, err := acme.Change(t.Context(), store.Who{}, "", do); err != nil {
			t.Fatal(err)
		}
	}
	change(func(tx *store.Tx) error {
		err := store.Devices.Put(t.Context(), tx, store.Device{User: "room1", Label: "Phòng 1", Credentials: store.Credentials{H235: "geheim"}})
		if err != nil {
			return err
		}
		return store.Rules.Put(t.Context(), tx, number.Rule{Match: number.Match{Kind: number.Any}, Outcome: number.Outcome{Action: number.Refuse, Reason: "acme's plan"}}.Normal())
	})
	eventually(t, "the device and the plan", func() bool {
		plan := g.kept.book.Directory().Plan("acme")
		return len(g.known("acme")) == 1 && plan != nil && plan.Len() == 1
	})
	p := siptest.Dial(t, g.sip.Addrs()[0])
	if status := registerAs(p, "room1", "wrong"); status != 401 {
		t.Errorf("a wrong password: %d", status)
	}
	if status := registerAs(p, "room1", "geheim"); status != 200 {
		t.Fatalf("registered: %d", status)
	}
	if list := g.devices().List(); len(list) != 1 || list[0].Tenant != "acme" || list[0].Label != "Phòng 1" {
		t.Errorf("%+v", list)
	}
	before := g.heard(t.Context(), nil)
	call := p.NewCall("sip:1001@127.0.0.1")
	p.Write(as("room1", call.Request("INVITE", "Content-Type: application/sdp", siptest.SDP(1, "sendrecv"))))
	if no := p.Expect("403"); no.Status() != 403 {
		t.Errorf("%s", no.Raw)
	}
	p.Write(as("room1", call.Again("ACK", "", "")))
	eventually(t, "the refused call is acme's", func() bool {
		list, _, err := store.Calls.List(t.Context(), acme, store.JournalQuery{})
		return err == nil && len(list) == 1 && list[0].Reason == "acme's plan"
	})
	change(func(tx *store.Tx) error { return store.Devices.Delete(t.Context(), tx, "room1", -1) })
	eventually(t, "it is gone", func() bool { return len(g.devices().List()) == 0 })
	g.heard(t.Context(), before)
	if kept, err := store.Presences.Get(t.Context(), acme, "room1"); err != nil || kept.Online || kept.Remote != "127.0.0.1" || kept.Seen.IsZero() {
		t.Errorf("%+v, %v", kept, err)
	}
}

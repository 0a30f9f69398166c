package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// device is what the API's contract promises of one.
type device struct {
	Name      string `json:"name"`
	Protocol  string `json:"protocol"`
	Model     string `json:"model"`
	Transport string `json:"transport"`
	Contacts  int    `json:"contacts"`
	Online    bool   `json:"online"`
}

func (g *gw) devices() (list []device) {
	g.t.Helper()
	g.api("GET", "/devices", &list)
	return list
}

// place calls a terminal into a room, and gives the status and what was said.
func (g *gw) place(target, room string) (int, string) {
	g.t.Helper()
	body, _ := json.Marshal(map[string]string{"target": target, "room": room})
	req, err := http.NewRequest("POST", g.web+"/api/v1/calls", strings.NewReader(string(body)))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer e2e")
	req.Header.Set("Content-Type", "application/json")
	r, err := client.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	said, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(said)
}

// A baresip registers, is in the list of devices, is called into a room by its
// name over the way it registered by, and is gone when it unregisters.
func TestRegisteredTerminal(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			t.Setenv("ROOMBRIDGE_SIP_REGISTER_ENABLED", "true")
			t.Setenv("ROOMBRIDGE_SIP_REGISTER_USERS", "phonghop1=geheim,phonghop2=geheim")
			g := startGateway(t, gwOptions{})
			at := g.sipUDP
			if transport == "tls" {
				at = g.sipTLS
			}
			account := fmt.Sprintf("<sip:phonghop1@%s;transport=%s>;auth_pass=geheim;regint=60;answermode=auto", at, transport)
			b := startBaresip(t, baresipOptions{tone: 440, transport: transport, account: account})
			waitFor(t, "the terminal to be registered", func() bool { return len(g.devices()) == 1 })
			d := g.devices()[0]
			if d.Name != "phonghop1" || d.Protocol != "sip" || d.Model != "baresip" || d.Transport != transport || !d.Online || d.Contacts != 1 {
				t.Errorf("%+v", d)
			}
			if status, said := g.place("sip:phonghop2", "5001"); status != http.StatusConflict || !strings.Contains(said, "no terminal is registered as") {
				t.Errorf("phonghop2: %d %s", status, said)
			}
			for _, target := range []string{"sip:phonghop1", "PhongHop1"} {
				if status, said := g.place(target, "5001"); status != http.StatusAccepted {
					t.Fatalf("%s: %d %s", target, status, said)
				}
				waitFor(t, "the call to be answered", func() bool {
					list := g.calls()
					return len(list) == 1 && list[0].State == "connected" && list[0].Direction == "out"
				})
				g.api("DELETE", "/calls/"+g.calls()[0].ID, nil)
				waitFor(t, "the end of the call", func() bool { return len(g.calls()) == 0 })
			}
			b.quit()
			waitFor(t, "the terminal to be gone", func() bool { return len(g.devices()) == 0 })
		})
	}
}

// sipp knows MD5 alone, and only looks at the first challenge.
func TestRegisterBySipp(t *testing.T) {
	t.Setenv("ROOMBRIDGE_SIP_REGISTER_ENABLED", "true")
	t.Setenv("ROOMBRIDGE_SIP_REGISTER_USERS", "phonghop1=geheim")
	t.Setenv("ROOMBRIDGE_SIP_REGISTER_ALGORITHMS", "md5,sha-256")
	g := startGateway(t, gwOptions{})
	for _, transport := range []string{"udp", "tcp"} {
		sipp{scenario: "register", calls: 20, spread: time.Second, transport: transport, room: "phonghop1", dir: t.TempDir()}.play(t, g)
	}
	m := g.metrics()
	if n := m[`roombridge_sip_register_requests_total{result="accepted"}`]; n != 80 {
		t.Errorf("%.0f were accepted", n)
	}
	if n := len(g.devices()); n != 0 {
		t.Errorf("%d are left", n)
	}
}

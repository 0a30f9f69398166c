package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// kamailio is a carrier that wants registrations: a SIP proxy and registrar in processes of its own.
type kamailio struct {
	t    *testing.T
	addr string
	cfg  string
	cmd  *exec.Cmd
	log  *lockedBuffer
	done chan struct{}
}

// newKamailio makes a carrier whose calls go to a terminal. start runs it.
func newKamailio(t *testing.T, terminal string) *kamailio {
	t.Helper()
	text, err := os.ReadFile("testdata/kamailio/kamailio.cfg")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(freePort(t))
	k := &kamailio{t: t, addr: "127.0.0.1:" + port, cfg: filepath.Join(t.TempDir(), "kamailio.cfg"), log: &lockedBuffer{}}
	filled := strings.NewReplacer("PORT", port, "TERMINAL", terminal).Replace(string(text))
	if err := os.WriteFile(k.cfg, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.kill()
		if t.Failed() {
			t.Logf("kamailio log:\n%s", tail(k.log.String(), 60))
		}
	})
	return k
}

func (k *kamailio) start() {
	k.t.Helper()
	program := "kamailio"
	if _, err := exec.LookPath(program); err != nil {
		program = "/usr/sbin/kamailio" // which is in nobody's path but root's
	}
	dir := filepath.Dir(k.cfg)
	k.cmd = exec.Command(program, "-DD", "-E", "-f", k.cfg, "-m", "32", "-M", "4", "-w", dir, "-Y", dir)
	k.cmd.Stdout, k.cmd.Stderr = k.log, k.log
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	done := make(chan struct{})
	k.done = done
	go func(cmd *exec.Cmd) { _ = cmd.Wait(); close(done) }(k.cmd)
}

// kill ends its processes as a power failure does.
func (k *kamailio) kill() {
	if k.cmd == nil {
		return
	}
	_ = syscall.Kill(-k.cmd.Process.Pid, syscall.SIGKILL)
	<-k.done
	k.cmd = nil
}

// trunkState is what the API's contract promises of a trunk.
type trunkState struct {
	Name       string `json:"name"`
	Tenant     string `json:"tenant"`
	Up         bool   `json:"up"`
	Registered bool   `json:"registered"`
	LastError  string `json:"last_error"`
}

func (g *gw) trunk() trunkState {
	g.t.Helper()
	var list []trunkState
	if status := g.api("GET", "/trunks", &list); status != http.StatusOK || len(list) != 1 {
		g.t.Fatalf("trunks: %d %+v", status, list)
	}
	return list[0]
}

// A carrier wants a registration: the gateway registers with its password, is called by that way and calls by it, in
// the carrier's name for it, is registered again when the carrier comes back, and unregisters when it ends.
func TestTrunkThatWantsRegistration(t *testing.T) {
	b := startBaresip(t, baresipOptions{tone: 440})
	k := newKamailio(t, b.sip)
	k.start()
	g := startGateway(t, gwOptions{extra: fmt.Sprintf(`
sip.trunks: [{name: carrier, address: %q, user: "842410", password: geheim, register: {on: true}}]`, k.addr)})
	if status := g.send("PUT", "/tenants/acme", `{"name":"Acme","trunks":["carrier"]}`); status/100 != 2 {
		t.Fatalf("the tenant: %d", status)
	}
	for number, rule := range map[string]string{
		"842410": `{"number":"842410","room":"board"}`,
		"out":    `{"match":"prefix","number":"9","action":"dial","target":"tel:$1;trunk=carrier"}`,
	} {
		if status := g.send("PUT", "/numbers/"+number+"?tenant=acme", rule); status/100 != 2 {
			t.Fatalf("number %s: %d", number, status)
		}
	}
	waitFor(t, "the trunk", func() bool { s := g.trunk(); return s.Up && s.Registered && s.Tenant == "acme" })
	g.calledBy(k)

	d := startDial(t, "sip:9123@"+k.addr, "--duration", "6s", "--tone", "1000")
	waitFor(t, "both calls in a room of theirs", func() bool {
		list := g.calls()
		return len(list) == 2 && list[0].Room == list[1].Room && strings.HasSuffix(list[0].Room, "@acme") && list[0].State == "connected" && list[1].State == "connected"
	})
	waitFor(t, "1 kHz at the far end", func() bool { return b.hears(1000) > heard })
	if log := b.events(); !strings.Contains(log, "842410@127.0.0.1") {
		t.Errorf("the far end is not called by the trunk's number:\n%s", tail(log, 20))
	}
	if s := share(d.completed(), 440); s < heard {
		t.Errorf("440 Hz makes %.2f of what the caller hears", s)
	}
	waitFor(t, "the end of both calls", func() bool { return len(g.calls()) == 0 })

	k.kill()
	waitFor(t, "the registration to run out", func() bool { s := g.trunk(); return !s.Up && !s.Registered && s.LastError != "" })
	if m := g.metrics(); m[`roombridge_trunk_up{trunk="carrier"}`] != 0 {
		t.Error("the metrics do not tell that the trunk is down")
	}
	k.start()
	waitFor(t, "the trunk to be back", func() bool { s := g.trunk(); return s.Up && s.Registered })
	g.calledBy(k)
	g.stop()
	waitFor(t, "the carrier to hear the goodbye", func() bool { return strings.Contains(k.log.String(), "unregistered: 842410") })
	if text := g.log.String(); strings.Contains(text, "geheim") || strings.Count(text, "trunk is up") != 2 || strings.Count(text, "trunk is down") != 1 {
		t.Errorf("the log says:\n%s", text)
	}
}

// calledBy has somebody at the carrier call the gateway's account.
func (g *gw) calledBy(k *kamailio) {
	g.t.Helper()
	d := startDial(g.t, "sip:842410@"+k.addr, "--duration", "2s")
	waitFor(g.t, "the carrier's call to be seated", func() bool {
		list := g.calls()
		return len(list) == 1 && list[0].State == "connected" && list[0].Room == "board@acme" && list[0].Number == "842410"
	})
	d.completed()
	waitFor(g.t, "the end of the call", func() bool { return len(g.calls()) == 0 })
}

package ras

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// limit bounds the waits for what does happen, however slow the machine is.
const limit = 30 * time.Second

// signalAt is a call signalling address.
func signalAt(port uint16) func(netip.Addr) netip.AddrPort {
	return func(netip.Addr) netip.AddrPort { return netip.AddrPortFrom(loopback.Addr(), port) }
}

// running is a service with the end of its life.
type running struct {
	*Service
	stop func() error
}

func serve(t *testing.T, cfg Config) *running {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	<-s.Ready()
	var once sync.Once
	r := &running{Service: s}
	r.stop = func() (err error) {
		once.Do(func() { cancel(); err = <-done })
		return err
	}
	t.Cleanup(func() { _ = r.stop() })
	return r
}

// heardChanges passes the changes of a gatekeeper on.
type heardChanges chan string

func (h heardChanges) changed(t Terminal, online bool, _ string) {
	h <- fmt.Sprintf("%v %v", t.Aliases, online)
}

func (h heardChanges) expect(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-h:
		if got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	case <-time.After(limit):
		t.Fatalf("did not hear %q", want)
	}
}

// Over real sockets: one gateway registers with another, asks it for calls, sees it
// restart, and says goodbye.
func TestServices(t *testing.T) {
	heard := make(heardChanges, 16)
	config := Config{Listen: loopback, Gatekeeper: GatekeeperConfig{ID: "gk", Passwords: map[string]string{"gw": "geheim"}, Changed: heard.changed},
		Signal: signalAt(1720)}
	gk := serve(t, config)
	config.Listen = gk.Addr()
	status := make(chan Status, 64)
	gw := serve(t, Config{Register: true, Local: loopback, Signal: signalAt(1730), Client: ClientConfig{Gatekeeper: gk.Addr(),
		Aliases: []string{"gw"}, Prefixes: []string{"8"}, Password: "geheim", Security: SecurityH2351, Changed: func(s Status) { status <- s }}})
	await(t, status, true)
	heard.expect(t, "[gw] true")
	list := gk.Terminals()
	if len(list) != 1 || list[0].Security != SecurityH2351 || list[0].User != "gw" || list[0].Signal[0].Port() != 1730 {
		t.Errorf("%+v", list)
	}
	term := serve(t, Config{Register: true, Local: loopback, Signal: signalAt(1740), Client: ClientConfig{Gatekeeper: gk.Addr(), Aliases: []string{"1001"}}})
	heard.expect(t, "[1001] true")

	ctx := context.Background()
	call := Admission{CallID: guid(1), Conference: guid(1), Reference: 1, To: aliasesOf([]string{"1001"}), Bitrate: 1_000_000}
	if got, err := gw.Admit(ctx, call); err != nil || got.Signal.Port() != 1740 {
		t.Errorf("through the gatekeeper: %v, %v", got, err)
	}
	if st, _ := gw.Registration(); st.Calls != 1 {
		t.Errorf("%+v", st)
	}
	gw.Released(call, false)
	if st, _ := gw.Registration(); st.Calls != 0 {
		t.Errorf("%+v", st)
	}
	if got, err := gk.Admit(ctx, call); err != nil || got.Signal.Port() != 1740 {
		t.Errorf("by the gatekeeper's own table: %v, %v", got, err)
	}
	var refusal *bridge.Refusal
	if _, err := gk.Admit(ctx, Admission{To: aliasesOf([]string{"nobody"})}); !errors.As(err, &refusal) || refusal.Cause != bridge.CauseUnreachable {
		t.Errorf("nobody: %v", err)
	}
	if d, ok := gk.Find("gw"); !ok || !slices.Equal(d.Aliases, []string{"gw"}) {
		t.Errorf("%+v", d)
	}

	// It stops, which unregisters everybody, and starts again at the same address.
	if err := gk.stop(); err != nil {
		t.Error(err)
	}
	await(t, status, false)
	heard.expectAny(t, 2)
	gk = serve(t, config)
	await(t, status, true)
	heard.expectAny(t, 1)
	if err := gw.stop(); err != nil {
		t.Error(err)
	}
	if slices.ContainsFunc(gk.Terminals(), func(d Terminal) bool { return d.Aliases[0] == "gw" }) {
		t.Error("it is still registered after its goodbye")
	}
	if err := term.stop(); err != nil {
		t.Error(err)
	}
}

func await(t *testing.T, status chan Status, registered bool) {
	t.Helper()
	for {
		select {
		case s := <-status:
			if s.Registered == registered {
				return
			}
		case <-time.After(limit):
			t.Errorf("registered never becomes %v", registered)
			return
		}
	}
}

func (h heardChanges) expectAny(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-h:
		case <-time.After(limit):
			t.Fatal("nothing changes")
		}
	}
}

// A call that is given up before the gatekeeper decides leaves nothing.
func TestAdmissionGivenUp(t *testing.T) {
	silent, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	gw := serve(t, Config{Register: true, Local: loopback, Signal: signalAt(1730),
		Client: ClientConfig{Gatekeeper: silent.LocalAddr().(*net.UDPAddr).AddrPort(), Aliases: []string{"gw"}}})
	ctx, cancel := context.WithCancel(context.Background())
	got := make(chan error)
	go func() {
		_, err := gw.Admit(ctx, Admission{CallID: guid(1), To: aliasesOf([]string{"1"})})
		got <- err
	}()
	cancel()
	var refusal *bridge.Refusal
	if err := <-got; !errors.As(err, &refusal) || refusal.Cause != bridge.CauseCancelled {
		t.Errorf("%v", err)
	}
	// And one that waits when everything ends is answered.
	go func() {
		_, err := gw.Admit(context.Background(), Admission{CallID: guid(2), To: aliasesOf([]string{"1"})})
		got <- err
	}()
	gw.agent.waitFor(func() bool { return len(gw.client.waiting) == 2 })
	if err := gw.stop(); err != nil {
		t.Error(err)
	}
	if err := <-got; !errors.As(err, &refusal) || refusal.Cause != bridge.CauseUnreachable {
		t.Errorf("%v", err)
	}
}

// waitFor waits for a condition of the machine.
func (s *socket) waitFor(f func() bool) {
	for {
		s.mu.Lock()
		ok := f()
		s.mu.Unlock()
		if ok {
			return
		}
		<-time.After(time.Millisecond)
	}
}

// Without gatekeeper and registration every call with an address goes on.
func TestNoService(t *testing.T) {
	s := serve(t, Config{Signal: signalAt(1720)})
	if _, err := s.Admit(context.Background(), Admission{Answer: true}); err != nil {
		t.Error(err)
	}
	if _, err := s.Admit(context.Background(), Admission{Signal: gkAddr}); err != nil {
		t.Error(err)
	}
	if _, err := s.Admit(context.Background(), Admission{}); err == nil {
		t.Error("a call to nowhere is admitted")
	}
	s.Released(Admission{}, true)
	if s.Terminals() != nil || s.Addr().IsValid() || s.Stats() != (Stats{}) {
		t.Error("there is something")
	}
	if _, ok := s.Registration(); ok {
		t.Error("there is a registration")
	}
	if _, ok := s.Find("1"); ok {
		t.Error("there is a terminal")
	}
}

// A socket that is taken is an error, and leaves nothing open.
func TestAddressTaken(t *testing.T) {
	s := serve(t, Config{Listen: loopback, Signal: signalAt(1720)})
	if _, err := New(Config{Listen: s.Addr(), Signal: signalAt(1720)}); err == nil {
		t.Error("the same address is opened twice")
	}
	if _, err := New(Config{Listen: loopback, Register: true, Local: s.Addr(), Signal: signalAt(1720)}); err == nil {
		t.Error("the same address is opened twice")
	}
}

// Ten terminals come and go over real sockets, all at once.
func TestTenServices(t *testing.T) {
	gk := serve(t, Config{Listen: loopback, Signal: signalAt(1720)})
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			for range 3 {
				status := make(chan Status, 64)
				s, err := New(Config{Register: true, Local: loopback, Signal: signalAt(uint16(2000 + i)), Client: ClientConfig{
					Gatekeeper: gk.Addr(), Aliases: []string{fmt.Sprint(1000 + i)}, Changed: func(s Status) { status <- s }}})
				if err != nil {
					t.Error(err)
					return
				}
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan error, 1)
				go func() { done <- s.Serve(ctx) }()
				<-s.Ready()
				await(t, status, true)
				if _, ok := gk.Find(fmt.Sprint(1000 + i)); !ok {
					t.Errorf("terminal %d is not found", i)
				}
				cancel()
				<-done
			}
		})
	}
	wg.Wait()
	if list, st := gk.Terminals(), gk.Stats(); len(list) != 0 || st.Registered != 30 {
		t.Errorf("%v are left, %+v", list, st)
	}
}

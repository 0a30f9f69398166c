package web

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/admin/admintest"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

const (
	paceCalls   = 500
	paceNumbers = 10_000
	paceRecords = 100_000
	paceLimit   = 100 * time.Millisecond // p95 of each, over what GET /healthz takes
	paceLag     = 2 * time.Second        // of an event, at most
)

// With 10,000 numbers, 100,000 records and 500 calls that change all the time, what pages ask for
// comes within 100 ms (p95), beside GET /healthz in the same run, and events do not fall behind. It takes
// half a minute: ROOMBRIDGE_PACE=1.
func TestPace(t *testing.T) {
	if os.Getenv("ROOMBRIDGE_PACE") == "" {
		t.Skip("ROOMBRIDGE_PACE is not set")
	}
	p := newPace(t)
	stop := p.live()
	requests := []paceRequest{
		{"GET", "/healthz", ""},
		{"GET", "/api/v1/session", ""}, {"GET", "/api/v1/load", ""},
		{"GET", "/api/v1/calls", ""}, {"GET", "/api/v1/calls/c250", ""}, {"GET", "/api/v1/calls/c250/quality", ""}, {"GET", "/api/v1/quality", ""},
		{"GET", "/api/v1/rooms", ""}, {"GET", "/api/v1/rooms/room-7", ""}, {"GET", "/api/v1/devices", ""}, {"GET", "/api/v1/roomsetup", ""},
		{"GET", "/api/v1/numbers?limit=100", ""}, {"GET", "/api/v1/numbers?search=phong+9999", ""}, {"GET", "/api/v1/numbers?search=nowhere", ""},
		{"GET", "/api/v1/numbers/r5000", ""}, {"POST", "/api/v1/numbers/test", `{"number":"109999","brief":true}`},
		{"GET", "/api/v1/records?limit=100", ""}, {"GET", "/api/v1/records?search=da+nang+99", ""}, {"GET", "/api/v1/records?search=nowhere", ""},
		{"GET", "/api/v1/records?search=nowhere&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", ""},
		{"GET", "/api/v1/records/k50000", ""}, {"GET", "/api/v1/security/events", ""}, {"GET", "/api/v1/changes?limit=100", ""},
		{"GET", "/api/v1/changes?search=nowhere", ""}, {"GET", "/api/v1/tenants", ""}, {"GET", "/api/v1/tokens", ""}, {"GET", "/api/v1/administrators?tenant=-", ""},
	}
	const rounds, least = 40, 12 * time.Second // as many, and as long, that enough events are seen
	took := make([][]time.Duration, len(requests))
	for began, n := time.Now(), 0; n < rounds || time.Since(began) < least; n++ {
		for i, r := range requests {
			took[i] = append(took[i], p.do(r))
		}
	}
	lag, told := stop()
	base := percentile(took[0], 95)
	var table strings.Builder
	fmt.Fprintf(&table, "%-86s %8s %8s %8s\n", "", "p50 ms", "p95 ms", "max ms")
	for i, r := range requests {
		p95 := percentile(took[i], 95)
		for range 2 { // what another process disturbed is measured again
			if p95 > base+paceLimit {
				p95 = p.again(r, rounds)
			}
		}
		ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
		fmt.Fprintf(&table, "%-86s %8.1f %8.1f %8.1f\n", r.method+" "+r.path, ms(percentile(took[i], 50)), ms(p95), ms(slices.Max(took[i])))
		if p95 > base+paceLimit {
			t.Errorf("%s %s: p95 is %v", r.method, r.path, p95)
		}
	}
	t.Logf("%d numbers, %d records, %d calls\n%sevents: %d, the last of them %v behind, p95 %v", paceNumbers, paceRecords, paceCalls, table.String(),
		told, slices.Max(lag), percentile(lag, 95))
	if slices.Max(lag) > paceLag || told < 10*paceCalls {
		t.Errorf("%d events, one %v behind", told, slices.Max(lag))
	}
}

// again gives the p95 of a request by itself.
func (p *pace) again(r paceRequest, rounds int) time.Duration {
	var took []time.Duration
	for range rounds {
		took = append(took, p.do(r))
	}
	return percentile(took, 95)
}

func percentile(list []time.Duration, n int) time.Duration {
	s := slices.Sorted(slices.Values(list))
	return s[(len(s)-1)*n/100]
}

type paceRequest struct{ method, path, body string }

// pace is a gateway's web side over HTTPS, with a full store.
type pace struct {
	t       *testing.T
	url     string
	client  *http.Client
	headers http.Header
	calls   *fakeCalls
}

func newPace(t *testing.T) *pace {
	t.Helper()
	service := admintest.New(t)
	d, err := service.Operator("").PutTenant(t.Context(), admin.Customer{Tenant: number.Tenant{ID: "default", Default: true}, Name: "Default"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	fillPace(t, service, d.ID)
	cert, err := Certificate("", []string{"localhost"}, time.Now(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p := &pace{t: t, calls: &fakeCalls{events: make(chan bridge.Event, 16)}, headers: http.Header{}}
	rooms := &fakeRooms{joined: make(chan *fakeVisitor, 1)}
	p.fill(rooms)
	s, err := New(Config{
		Listen: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{cert}}, SelfSigned: true, Calls: p.calls, Rooms: rooms, Admin: service,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	p.url, p.client = "https://"+s.Addr().String(), &http.Client{Transport: transport}
	p.signIn()
	return p
}

// fillPace writes numbers and records.
func fillPace(t *testing.T, service *admin.Service, tenant string) {
	t.Helper()
	scope, err := service.DB.Tenant(tenant)
	if err != nil {
		t.Fatal(err)
	}
	rules := make([]number.Rule, paceNumbers)
	for i := range rules {
		rules[i] = number.Rule{
			ID: fmt.Sprint("r", i), Label: fmt.Sprint("Phòng họp ", i), Match: number.Match{Kind: number.Exact, Number: fmt.Sprint(100_000 + i)},
			Outcome: number.Outcome{Room: fmt.Sprint("room-", i)},
		}.Normal()
	}
	desk, err := service.Operator("").In(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = desk.Import(t.Context(), rules, number.Merge, ""); err != nil {
		t.Fatal(err)
	}
	if _, err = service.DB.Plans(t.Context(), service.Book); err != nil {
		t.Fatal(err)
	}
	streams, _ := json.Marshal(StreamsOf(aCall("x")))
	began := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := 0; i < paceRecords; i += 5000 {
		batch := make([]store.Call, 5000)
		for j := range batch {
			n := i + j
			at := began.Add(time.Duration(n) * 5 * time.Minute)
			batch[j] = store.Call{
				ID: fmt.Sprint("k", n), Began: at, Connected: at, Ended: at.Add(time.Hour), Protocol: "sip", Direction: "inbound", Number: fmt.Sprint(100_000 + n%paceNumbers),
				Room: "board", Name: fmt.Sprint("Đà Nẵng ", n%100), Device: "Polycom Group 500", Remote: "192.0.2.7:5061", Cause: "normal", Streams: streams,
			}
		}
		if err := store.Calls.Append(t.Context(), scope, batch...); err != nil {
			t.Fatal(err)
		}
	}
}

// fill seats 500 calls in 125 rooms.
func (p *pace) fill(rooms *fakeRooms) {
	var calls []bridge.CallStatus
	var list []bridge.RoomStatus
	for i := range paceCalls {
		c := aCall(fmt.Sprint("c", i))
		c.Room, c.Name, c.Tenant = fmt.Sprint("room-", i/4), fmt.Sprint("Phòng họp ", i), "default"
		calls = append(calls, c)
		if i%4 == 0 {
			list = append(list, bridge.RoomStatus{Name: c.Room, Since: since})
		}
		r := &list[len(list)-1]
		r.Participants = append(r.Participants, bridge.ParticipantStatus{ID: c.ID, Name: c.Name, Kind: "terminal", CallID: c.ID, Since: since})
	}
	p.calls.set(calls...)
	rooms.set(list...)
}

func (p *pace) signIn() {
	p.do(paceRequest{"POST", "/api/v1/setup", `{"password":"long enough to be one"}`})
}

// do makes a request, and tells how long the answer took to the end.
func (p *pace) do(r paceRequest) time.Duration {
	began := time.Now()
	req, err := http.NewRequestWithContext(p.t.Context(), r.method, p.url+r.path, strings.NewReader(r.body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header = p.headers.Clone()
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	took := time.Since(began)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %d %.200s %v", r.method, r.path, resp.StatusCode, text, err)
	}
	for _, c := range resp.Cookies() {
		var s SignedIn
		if err := json.Unmarshal(text, &s); err != nil {
			p.t.Fatal(err)
		}
		p.headers.Set("Cookie", c.Name+"="+c.Value)
		p.headers.Set("X-Csrf", s.CSRF)
	}
	return took
}

// live changes all calls twice a second, each time with the time in their names, and listens to events. The
// function it gives ends that, and tells how late each event was.
func (p *pace) live() func() (lag []time.Duration, told int) {
	ctx, cancel := context.WithCancel(p.t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", p.url+eventsPath, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header = p.headers.Clone()
	resp, err := p.client.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatal(resp, err)
	}
	lags, done := make(chan []time.Duration, 1), make(chan struct{})
	go func() { lags <- listen(resp.Body) }()
	go func() {
		defer close(done)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				list := p.calls.Calls()
				for i := range list {
					list[i].Alias = fmt.Sprint("at ", now.UnixNano())
					list[i].Video.In.Packets++
				}
				p.calls.set(list...)
			}
		}
	}()
	return func() ([]time.Duration, int) {
		cancel()
		<-done
		lag := <-lags
		_ = resp.Body.Close()
		return lag, len(lag)
	}
}

// listen reads events to the end, and tells how long after the change each one came.
func listen(r io.Reader) (lag []time.Duration) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		_, rest, ok := strings.Cut(lines.Text(), `"alias":"at `)
		if !ok {
			continue
		}
		var at int64
		if n, err := fmt.Sscanf(rest, "%d", &at); n == 1 && err == nil {
			lag = append(lag, time.Since(time.Unix(0, at)))
		}
	}
	return lag
}

package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// fakeDevices is a list that tests fill.
type fakeDevices struct {
	mu   sync.Mutex
	list []bridge.Device
}

func (f *fakeDevices) set(list ...bridge.Device) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = list
}

func (f *fakeDevices) get() []bridge.Device {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.list
}

func aDevice() bridge.Device {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.FixedZone("", 7*3600))
	return bridge.Device{
		Name: "phonghop1", Aliases: []string{"Phòng họp 1"}, Protocol: "sip", Model: "VC800", Software: "63.345", Transport: "tls",
		Address: netip.MustParseAddrPort("10.0.0.7:49000"), Contacts: 1, Since: at, Seen: at, Expires: at.Add(time.Hour), Online: true, Encrypted: true,
	}
}

func TestDevices(t *testing.T) {
	f := &fakeDevices{}
	s := newSite(t, func(c *Config) { c.Devices = bridge.Devices{f.get} })
	if _, body := s.get("/api/v1/devices"); strings.TrimSpace(body) != "[]" {
		t.Errorf("nobody: %s", body)
	}
	d := aDevice()
	f.set(bridge.Device{Name: "Zimmer", Protocol: "h323"}, d)
	_, body := s.get("/api/v1/devices")
	var list []map[string]any
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 2 || list[1]["name"] != "Zimmer" || list[1]["address"] != "" {
		t.Fatalf("%v %s", err, body)
	}
	for key, want := range map[string]any{
		"name": "phonghop1", "protocol": "sip", "model": "VC800", "software": "63.345", "address": "10.0.0.7:49000", "transport": "tls",
		"since": "2026-03-01T01:00:00Z", "expires": "2026-03-01T02:00:00Z", "online": true, "encrypted": true, "contacts": 1.0,
	} {
		if list[0][key] != want {
			t.Errorf("%s is %v, want %v", key, list[0][key], want)
		}
	}
	_, metrics := s.get("/metrics")
	for _, want := range []string{`roombridge_devices{online="true",protocol="sip"} 1`, `roombridge_devices{online="false",protocol="h323"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
}

// A device is called by its name, or by its alias without a scheme.
func TestCallOfDevice(t *testing.T) {
	f := &fakeDevices{}
	f.set(aDevice(), bridge.Device{Name: "9001", Protocol: "h323", Aliases: []string{"Room A"}})
	s := newSite(t, func(c *Config) { c.Devices = bridge.Devices{f.get} })
	for _, x := range []struct {
		target string
		status int
		uri    string
	}{
		{"PhongHop1", 202, "sip:phonghop1"}, {"phòng họp 1", 202, "sip:phonghop1"}, {"room a", 202, "h323:9001"}, {"sip:phonghop1", 202, "sip:phonghop1"},
		{"nobody", 409, ""}, {"mailto:a", 422, ""}, {"sip:", 422, ""},
	} {
		body, _ := json.Marshal(map[string]string{"target": x.target, "room": "5001"})
		resp, text := s.do("POST", "/api/v1/calls", string(body))
		placed := s.calls.placed
		if resp.StatusCode != x.status || x.uri != "" && placed[len(placed)-1].URI != x.uri {
			t.Errorf("%s: %d %s %+v", x.target, resp.StatusCode, text, placed)
		}
		if x.status == http.StatusConflict && !strings.Contains(text, "no terminal is registered as") {
			t.Errorf("%s", text)
		}
	}
}

func TestDeviceEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeDevices{}
		f.set(aDevice())
		feed := newFeed(&fakeCalls{events: make(chan bridge.Event)}, &fakeRooms{}, bridge.Devices{f.get})
		ctx, cancel := context.WithCancel(t.Context())
		go feed.run(ctx)
		events, stop := feed.listen()
		next := func() string {
			select {
			case e := <-events:
				return string(encodeEvent(e))
			case <-time.After(time.Minute):
				return "nothing"
			}
		}
		if e := next(); !strings.HasPrefix(e, "event: device\n") || !strings.Contains(e, `"name":"phonghop1"`) {
			t.Errorf("what is: %s", e)
		}
		if e := next(); !strings.HasPrefix(e, "event: complete\n") {
			t.Errorf("after what is: %s", e)
		}
		d := aDevice()
		d.Seen, d.Expires = d.Seen.Add(time.Minute), d.Expires.Add(time.Minute)
		f.set(d)
		if e := next(); e != "nothing" {
			t.Errorf("a keep-alive makes an event: %s", e)
		}
		d.Online = false
		f.set(d)
		if e := next(); !strings.Contains(e, `"online":false`) {
			t.Errorf("%s", e)
		}
		f.set()
		if e := next(); e != "event: device.gone\ndata: {\"name\":\"phonghop1\",\"protocol\":\"sip\",\"tenant\":\"\"}\n\n" {
			t.Errorf("%q", e)
		}
		stop()
		cancel()
		synctest.Wait()
	})
}

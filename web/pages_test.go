package web

import (
	"compress/gzip"
	"errors"
	"html"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
)

func TestPages(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Open = true })
	for path, want := range map[string][]string{
		"/":                              {`data-dial="[&#34;sip:roomname@192.0.2.1&#34;]"`, "data-open", "landing.js"},
		"/room/1001":                     {`data-room="1001"`, `data-dial="[&#34;sip:1001@192.0.2.1&#34;]"`, "room.js"},
		"/room/Ph%C3%B2ng%20h%E1%BB%8Dp": {`data-room="Phòng họp"`},
		"/room/%3Cscript%3E":             {`data-room="&lt;script&gt;"`},
		"/admin":                         {"admin/app.js"},
	} {
		resp, body := s.get(path, "Accept-Language: vi-VN,vi;q=0.9,en;q=0.5")
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Error(path, resp.StatusCode, resp.Header)
		}
		for _, w := range append(want, `lang="vi"`, "/assets/"+s.assets.tag+"/") {
			if !strings.Contains(body, w) {
				t.Errorf("%s has no %s:\n%s", path, w, body)
			}
		}
	}
	for _, path := range []string{"/room/a%2Fb", "/room/%00", "/room/", "/nothing", "/room/1001/more", "/page/room.html"} {
		if resp, body := s.get(path); resp.StatusCode != 404 || !strings.Contains(body, "<html") {
			t.Error(path, resp.StatusCode)
		}
	}
	if resp, _ := s.do("POST", "/nothing", "{}"); resp.StatusCode != 405 {
		t.Error(resp.StatusCode)
	}
	if resp, body := s.get("/robots.txt"); resp.StatusCode != 200 || !strings.Contains(body, "Disallow: /") {
		t.Error(resp.StatusCode, body)
	}
}

// The policy forbids what is written into the page itself.
// A link on another site's page does not take people into a room with their cameras on.
func TestLedByAnotherSite(t *testing.T) {
	s := newSite(t, nil)
	for from, led := range map[string]bool{"": false, "none": false, "same-origin": false, "same-site": true, "cross-site": true} {
		resp, body := s.get("/room/1001?join=1", "Sec-Fetch-Site: "+from)
		if strings.Contains(body, " data-led") != led || !slices.Contains(resp.Header.Values("Vary"), "Sec-Fetch-Site") {
			t.Errorf("%q: %v %s", from, resp.Header, body)
		}
	}
}

func TestPagesHaveNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:|https?://`)
	for name, f := range mustAssets(t).files {
		if strings.HasSuffix(name, ".html") {
			if m := inline.Find(f.plain()); m != nil {
				t.Errorf("%s has %s", name, m)
			}
		}
	}
}

func mustAssets(t *testing.T) *assets {
	t.Helper()
	a, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Every file that a page or a module names is there.
func TestAssetReferences(t *testing.T) {
	a := mustAssets(t)
	imports := regexp.MustCompile(`(?m)(?:from|import)\s*\(?\s*["']\./([^"']+)["']`)
	links := regexp.MustCompile(`\{\{\.Assets\}\}/([^"]+)"`)
	for name, f := range a.files {
		dir := name[:strings.LastIndex(name, "/")+1]
		for _, m := range imports.FindAllSubmatch(f.plain(), -1) {
			if _, ok := a.files[dir+string(m[1])]; !ok {
				t.Errorf("%s imports %s", name, m[1])
			}
		}
		for _, m := range links.FindAllSubmatch(f.plain(), -1) {
			if _, ok := a.files[string(m[1])]; !ok {
				t.Errorf("%s names %s", name, m[1])
			}
		}
	}
}

func TestAssets(t *testing.T) {
	s := newSite(t, nil)
	tag := s.assets.tag
	resp, body := s.get("/assets/" + tag + "/js/room.js")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/javascript; charset=utf-8" ||
		!strings.Contains(resp.Header.Get("Cache-Control"), "immutable") || body == "" {
		t.Error(resp.StatusCode, resp.Header)
	}
	zipped, packed := s.get("/assets/"+tag+"/js/room.js", "Accept-Encoding: br, gzip")
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil || zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal(err, zipped.Header)
	}
	if plain, err := io.ReadAll(r); err != nil || string(plain) != body {
		t.Error("the packed file differs", err)
	}
	if resp, _ := s.get("/assets/0000/js/room.js"); resp.StatusCode != 200 || resp.Header.Get("Cache-Control") != "no-store" {
		t.Error("an old page's address is kept:", resp.StatusCode, resp.Header)
	}
	for _, path := range []string{"room.html", "../server.go", "js/", "js/none.js", ""} {
		if resp, _ := s.get("/assets/" + tag + "/" + path); resp.StatusCode == 200 {
			t.Error(path, resp.StatusCode)
		}
	}
	if resp, _ := s.get("/favicon.ico"); resp.Header.Get("Content-Type") != "image/svg+xml" {
		t.Error(resp.Header)
	}
}

func TestEmbeddedFilesAreKnown(t *testing.T) {
	err := fs.WalkDir(page, "page", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && kinds[name[strings.LastIndex(name, "."):]] == "" {
			t.Error("no media type for", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRoomInfo(t *testing.T) {
	s := newSite(t, nil)
	if _, body := s.get("/room/1001/info"); strings.TrimSpace(body) != `{"room":"1001","dial":["sip:1001@192.0.2.1"]}` {
		t.Error(body)
	}
	if resp, _ := s.get("/room/a%2Fb/info"); resp.StatusCode != 404 {
		t.Error(resp.StatusCode)
	}
	bare := newSite(t, func(c *Config) { c.Dial = nil })
	if _, body := bare.get("/room/1001/info"); strings.TrimSpace(body) != `{"room":"1001","dial":[]}` {
		t.Error(body)
	}
}

func TestLanguage(t *testing.T) {
	for accept, want := range map[string]string{
		"": "en", "vi": "vi", "vi-VN,vi;q=0.9,en;q=0.8": "vi", "en-US,vi;q=0.5": "en", "fr, VI": "vi", "de": "en", "*": "en",
	} {
		if got := language(accept); got != want {
			t.Errorf("%q: %s", accept, got)
		}
	}
}

func TestMetrics(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Telemetry = func() Telemetry {
			return Telemetry{
				CallsTotal: 9, CallsRefused: map[string]uint64{"capacity": 2},
				CallSetup:  Histogram{Count: 3, Sum: 1.5, Buckets: map[float64]uint64{0.1: 1, 1: 3}},
				RTP:        []RTPCount{{Direction: "in", Kind: "video", Packets: 100, Bytes: 120000, Lost: 4}},
				RTPDropped: map[string]uint64{"unknown_ssrc": 5}, PortsUsed: 2, PortsTotal: 10, Workers: 1, WorkerRestarts: 6,
				Views: []ViewCount{{Path: "compose", Change: "people", Count: 4}}, Strained: 3, Strains: 1, Trials: map[string]uint64{"more": 31},
				Pictures: []PictureCount{{Codec: "H261", Result: "damaged", Count: 9}},
				SIP:      []SIPCount{{Direction: "in", Method: "INVITE", Count: 7}, {Direction: "out", Method: "INVITE", Status: 200, Count: 8}},
				SIPState: SIPState{Dialogs: 11, Transactions: 12, Connections: 13, Retransmissions: 14, ParseErrors: 15, Limited: 16},
				H323:     []H323Count{{Direction: "out", Type: "Connect", Count: 21}},
				H323State: H323State{
					Calls: 22, Connections: 23, ParseErrors: 24, Limited: 25, FastConnect: 26, Control: map[string]uint64{"tunnel": 27},
				},
				RAS:  RAS{Serves: true, Terminals: 31, Datagrams: 32, Refused: 33, Denied: 34, Locks: 37, Unreadable: 35, Limited: 36, Registers: true, Registered: true},
				Load: Load{CPU: 0.25, Loop: 0.5, Late: 0.125, Limit: 0.85, Overloaded: true, Headroom: new(17)},
			}
		}
	})
	s.calls.set(aCall("c1"))
	s.rooms.set(aRoom())
	_, body := s.get("/metrics")
	for _, want := range []string{
		`roombridge_build_info{goversion="go1.`,
		`roombridge_calls{direction="in",protocol="sip",state="connected"} 1`,
		`roombridge_calls{direction="out",protocol="h323",state="connected"} 0`,
		`roombridge_calls_started_total 9`, `roombridge_calls_refused_total{cause="capacity"} 2`,
		`roombridge_call_setup_seconds_bucket{le="0.1"} 1`, `roombridge_call_setup_seconds_bucket{le="+Inf"} 3`,
		`roombridge_call_setup_seconds_sum 1.5`,
		`roombridge_call_streams{codec="H264",direction="in",kind="video",path="relay"} 1`,
		`roombridge_rooms 1`, `roombridge_participants{kind="terminal"} 1`, `roombridge_participants{kind="browser"} 1`,
		`roombridge_meeting_pages 0`,
		`roombridge_rtp_packets_total{direction="in",kind="video"} 100`, `roombridge_rtp_bytes_total{direction="in",kind="video"} 120000`,
		`roombridge_rtp_packets_lost_total{direction="in",kind="video"} 4`,
		`roombridge_rtp_datagrams_dropped_total{verdict="unknown_ssrc"} 5`,
		`roombridge_media_ports{state="free"} 8`, `roombridge_media_workers 1`, `roombridge_media_worker_restarts_total 6`,
		`roombridge_view_changes_total{change="people",path="compose"} 4`, `roombridge_composing_given_up_total 3`, `roombridge_rooms_without_composing 1`,
		`roombridge_browser_path_trials_total{result="more"} 31`,
		`roombridge_media_worker_pictures_total{codec="H261",result="damaged"} 9`,
		`roombridge_sip_messages_total{direction="in",method="INVITE",status=""} 7`,
		`roombridge_sip_messages_total{direction="out",method="INVITE",status="200"} 8`,
		`roombridge_sip_dialogs 11`, `roombridge_sip_transactions 12`, `roombridge_sip_connections 13`,
		`roombridge_h323_messages_total{direction="out",type="Connect"} 21`, `roombridge_h323_calls 22`, `roombridge_h323_connections 23`,
		`roombridge_h323_parse_errors_total 24`, `roombridge_h323_limited_total 25`, `roombridge_h323_fast_connects_total 26`,
		`roombridge_h323_control_total{transport="tunnel"} 27`, `roombridge_h323_control_total{transport="connection"} 0`,
		`roombridge_ras_terminals 31`, `roombridge_ras_datagrams_total 32`, `roombridge_ras_refused_total 33`, `roombridge_ras_denied_total 34`, `roombridge_ras_locks_total 37`,
		`roombridge_ras_parse_errors_total 35`, `roombridge_ras_limited_total 36`, `roombridge_ras_registered 1`,
		`roombridge_sip_retransmissions_total 14`, `roombridge_sip_parse_errors_total 15`, `roombridge_sip_limited_total 16`,
		`roombridge_load_ratio{kind="cpu"} 0.25`, `roombridge_load_ratio{kind="loop"} 0.5`, `roombridge_load_ratio{kind="late"} 0.125`,
		`roombridge_load_limit_ratio 0.85`, `roombridge_overloaded 1`, `roombridge_headroom_calls 17`,
		`go_goroutines `, `process_open_fds `,
	} {
		if !strings.Contains(body, html.UnescapeString(want)) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
}

func TestReadiness(t *testing.T) {
	var notReady error
	s := newSite(t, func(c *Config) { c.Ready = func() error { return notReady } })
	if resp, body := s.get("/readyz"); resp.StatusCode != 200 || body != "ready\n" {
		t.Error(resp.StatusCode, body)
	}
	notReady = errors.New("going down")
	if resp, body := s.get("/readyz"); resp.StatusCode != 503 || body != "going down\n" {
		t.Error(resp.StatusCode, body)
	}
	if resp, _ := s.get("/healthz"); resp.StatusCode != 200 {
		t.Error(resp.StatusCode)
	}
}

// What the gateway wires in fits.
var (
	_ Calls = (*bridge.Core)(nil)
	_ Rooms = bridge.Engine(nil)
)

package bridge

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

func TestPublicTarget(t *testing.T) {
	for uri, want := range map[string]string{
		"h323:10.0.0.7":                      "h323:10.0.0.7",
		"h323:1001@10.0.0.7:1730":            "h323:1001@10.0.0.7:1730",
		"h323:10.0.0.7##1001":                "h323:10.0.0.7##1001",
		"h323:10.0.0.7##1001#":               "h323:10.0.0.7##1001#",
		"h323:10.0.0.7##1001##4321":          "h323:10.0.0.7##1001##****",
		"h323:10.0.0.7##1001#4321":           "h323:10.0.0.7##1001#****",
		"h323:mcu##1001##4321":               "h323:mcu##1001##****",
		"h323:[2001:db8::1]##1001##4321":     "h323:[2001:db8::1]##1001##****",
		"h323:1001##4321":                    "h323:1001##****",
		"h323:1001#4321":                     "h323:1001#****",
		"h323:1001##4321@10.0.0.7":           "h323:1001##****@10.0.0.7",
		"h323:1001#4321@mcu.example.com;x=y": "h323:1001#****@mcu.example.com;x=y",
		"h323:1001%23%234321@10.0.0.7":       "h323:1001##****@10.0.0.7",
		"h323:1001@10.0.0.7##4321":           "h323:1001@10.0.0.7##****",
		"h323:##1001":                        "h323:##1001",
		"h323:##1001##4321":                  "h323:##1001##****",
		"sip:1001@10.0.0.7;transport=tcp":    "sip:1001@10.0.0.7;transport=tcp",
		"sip:1001#4321@10.0.0.7":             "sip:1001#****@10.0.0.7",
		"":                                   "",
	} {
		scheme, _, _ := strings.Cut(uri, ":")
		if got := (Target{Scheme: scheme, URI: uri}).Public(); got != want {
			t.Errorf("%s is shown as %s, not %s", uri, got, want)
		}
	}
}

// The PIN of a room that is called reaches the front-end, and neither log nor API.
func TestPlacedCallHidesPIN(t *testing.T) {
	const uri = "h323:10.0.0.7##1001##4321"
	var log bytes.Buffer
	c := newTestCore(t, &fakeEngine{}, func(cfg *Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	placed := make(chan Target, 1)
	c.Register("h323", targetFront(placed))
	call, err := c.Place(t.Context(), Target{Scheme: "h323", URI: uri}, "1001")
	if err != nil {
		t.Fatal(err)
	}
	_ = call.Wait(t.Context())
	if to := <-placed; to.URI != uri {
		t.Errorf("called %s", to.URI)
	}
	if s := call.Status(); s.Alias != "h323:10.0.0.7##1001##****" || strings.Contains(s.Name, "4321") {
		t.Errorf("alias %q, name %q", s.Alias, s.Name)
	}
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := log.String(); strings.Contains(s, "4321") || !strings.Contains(s, "call out") {
		t.Errorf("logged %s", s)
	}
}

// targetFront refuses what it is asked to place, and tells what that was.
type targetFront chan Target

func (f targetFront) Place(_ context.Context, _ *Call, t Target) error {
	f <- t
	return &Refusal{CauseBusy, "busy"}
}

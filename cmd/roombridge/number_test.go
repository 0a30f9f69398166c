package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/cmd/roombridge/gateway"
	"github.com/roombridge/roombridge/config"
)

// pages is where a gateway says that its pages are.
var pages = regexp.MustCompile("https://[^/]+")

// administered is a gateway on the loopback, and its state directory.
func administered(t *testing.T) (g *gateway.Gateway, server, dir string) {
	t.Helper()
	dir = t.TempDir()
	c := config.Default()
	c.SIP.Listen, c.H323.Listen = []string{"udp://127.0.0.1:0"}, nil
	c.Media.Address, c.Room.Listen = "127.0.0.1", []string{"udp://127.0.0.1:0"}
	c.Web.Listen, c.Web.HTTP, c.Web.StateDir, c.Limits.Load, c.Admin.Token = "127.0.0.1:0", "", dir, 0, "secret"
	ready, done := make(chan *gateway.Gateway, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- gateway.Run(ctx, c, gateway.Options{Version: "test", Started: func(g *gateway.Gateway) { ready <- g }})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case g = <-ready:
	case err := <-done:
		done <- err
		t.Fatal(err)
	}
	return g, pages.FindString(g.Welcome()), dir
}

// command runs a command line and gives what it prints.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var c cli
	k, err := kong.New(&c, kong.Exit(func(int) {}), kong.BindTo(t.Context(), (*context.Context)(nil)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, r := range []*remote{
		&c.Number.Set.remote, &c.Number.List.remote, &c.Number.Test.remote, &c.Number.Import.remote, &c.Number.Export.remote,
		&c.Number.Delete.remote, &c.Call.List.remote, &c.Call.Hangup.remote, &c.Device.List.remote,
		&c.Device.Set.remote, &c.Device.Delete.remote,
	} {
		r.out = &out
	}
	p, err := k.Parse(args)
	if err != nil {
		t.Fatal(args, err)
	}
	err = p.Run()
	return out.String(), err
}

func TestAdministration(t *testing.T) {
	g, server, dir := administered(t)
	t.Setenv("ROOMBRIDGE_SERVER", server)
	if _, err := command(t, "number", "list", "--token", "secret"); err == nil || !strings.Contains(err.Error(), "--insecure") {
		t.Errorf("an unknown certificate: %v", err)
	}
	t.Setenv("ROOMBRIDGE_WEB_STATE_DIR", dir)
	if _, err := command(t, "number", "list", "--token", "secret"); err != nil {
		t.Errorf("the certificate of a gateway on this machine: %v", err)
	}
	t.Setenv("ROOMBRIDGE_WEB_STATE_DIR", t.TempDir())
	ca := filepath.Join(dir, "web-cert.pem")
	run := func(args ...string) (string, error) { return command(t, append(args, "--ca", ca)...) }
	if _, err := run("number", "list"); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("without token: %v", err)
	}
	t.Setenv("ROOMBRIDGE_TOKEN", "secret")
	prints := func(want []string, args ...string) {
		t.Helper()
		out, err := run(args...)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%q prints %s, without %q", args, out, w)
			}
		}
	}
	prints([]string{"1001", "board", "****", "Đà Nẵng"}, "number", "set", "+1001", "--room", "board", "--guest-pin", "4321", "--label", "Đà Nẵng")
	prints([]string{"7", "board", "****", "Đà Nẵng"}, "number", "set", "1001", "--priority", "7") // the rest stays
	prints([]string{"prefix 84", "refuse", "busy"}, "number", "set", "84", "--match", "prefix", "--refuse", "busy", "--reason", "not today")
	prints([]string{"prefix 84", "room", "n-$1"}, "number", "set", "84", "--match", "prefix", "--room", "n-$1")
	prints([]string{"1001"}, "number", "list", "da nang")
	prints([]string{`"room": "board"`}, "number", "list", "--json")

	file := filepath.Join(dir, "plan.csv")
	if err := os.WriteFile(file, []byte("number,room\n2002,two\n1001,other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	prints([]string{"+ 2002", "~ 1001", `room: "board" -> "other"`, "1 added, 1 changed, 0 removed", "nothing was changed"}, "number", "import", file, "--dry-run")
	prints([]string{"- prefix 84", "applied"}, "number", "import", file, "--replace")
	prints([]string{"2002"}, "number", "test", "2002", "--at", "2026-05-04T09:00:00Z")
	prints([]string{"id,", "2002"}, "number", "export")
	exported, err := run("number", "export", "--format", "json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	prints([]string{"0 added, 0 changed, 0 removed, 2 the same"}, "number", "import", file)
	prints(nil, "number", "delete", "2002")
	if _, err := run("number", "delete", "2002"); err == nil || !strings.Contains(err.Error(), "2002") {
		t.Errorf("removed twice: %v", err)
	}
	if _, err := run("number", "set", "1", "--guest-pin", "1"); err == nil || !strings.Contains(err.Error(), "PIN") {
		t.Errorf("a short PIN: %v", err)
	}

	call, err := g.Core().Incoming(t.Context(), bridge.Invite{Protocol: "sip", Number: "5005", Caller: bridge.Caller{Name: "a\x1b[2Jb"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	prints([]string{call.ID(), "5005", "a?[2Jb"}, "call", "list")
	prints(nil, "call", "hangup", call.ID())
	if _, err := run("call", "hangup", call.ID()); err == nil || len(g.Core().Calls()) > 0 {
		t.Errorf("hung up: %v, %v", g.Core().Calls(), err)
	}
	prints([]string{"NAME"}, "device", "list")
	prints([]string{"[]"}, "device", "list", "--json")
}

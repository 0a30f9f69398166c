package main

import (
	"strings"
	"testing"
)

// Devices are entered, changed in what is given alone, listed and removed.
func TestDeviceCommands(t *testing.T) {
	_, server, dir := administered(t)
	run := func(args ...string) string {
		t.Helper()
		out, err := command(t, append([]string{"device", args[0], "--server=" + server, "--token=secret", "--ca=" + dir + "/web-cert.pem"}, args[1:]...)...)
		if err != nil {
			return "error: " + err.Error()
		}
		return out
	}
	for _, c := range []struct{ args, want, not string }{
		{"set room1 --password=geheim --label=Board --aliases=1001,1002", "room1", "geheim"},
		{"set room1 --protocol=sip", "Board", "error"},
		{"set room1 --aliases=1001 --json", `"1001"`, "1002"},
		{"set room1 --no-disabled --json", `"password": true`, "geheim"},
		{"set a@b", "error: ", "NAME"},
		{"delete room1", "", "error"},
		{"delete room1", "error: room1: there is no such thing here", ""},
	} {
		if got := run(strings.Fields(c.args)...); !strings.Contains(got, c.want) || c.not != "" && strings.Contains(got, c.not) {
			t.Errorf("%s: %s", c.args, got)
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// decode runs `roombridge decode` and gives what it prints.
func decode(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	var c cli
	k, err := kong.New(&c, kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse(append([]string{"decode"}, args...)); err != nil {
		return "", err
	}
	var out bytes.Buffer
	c.Decode.in, c.Decode.out = strings.NewReader(stdin), &out
	err = c.Decode.Run()
	return out.String(), err
}

func TestDecode(t *testing.T) {
	const statusInquiry = "0802000175"
	for _, c := range []struct {
		stdin string
		args  []string
	}{
		{"", []string{"h225", statusInquiry}},
		{"", []string{"h225", "08 02", "00:01", "75"}},
		{"08 02 00\n01 75\n", []string{"h225"}},
		{"0802000175", []string{"h225", "-"}},
	} {
		out, err := decode(t, c.stdin, c.args...)
		var m struct{ Q931 struct{ Type string } }
		if err != nil || json.Unmarshal([]byte(out), &m) != nil || m.Q931.Type != "StatusInquiry" {
			t.Errorf("%q: %v\n%s", c.args, err, out)
		}
		out, err = decode(t, c.stdin, append(c.args, "--encode")...)
		if err != nil || out != statusInquiry+"\n" {
			t.Errorf("%q encoded again: %q, %v", c.args, out, err)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string // in the error
		show string // on standard output
	}{
		{[]string{"sip", "00"}, "kind", ""},
		{[]string{"h245", "0g"}, "hexadecimal", ""},
		{[]string{"h245", "-"}, "no octets", ""},
		{[]string{"ras", "0000"}, "RAS: octet 1, bit 3: ends early", "gatekeeperRequest"},
		{[]string{"ras", "0000", "--encode"}, "ends early", ""},
		{[]string{"h225", "0300000709090a"}, "octet 4: wire: not a Q.931 message", "tpkt"},
	} {
		out, err := decode(t, "", c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.args, err, c.want)
		}
		if !strings.Contains(out, c.show) || c.show == "" && out != "" {
			t.Errorf("%q prints %q", c.args, out)
		}
	}
	if _, err := decode(t, strings.Repeat("00", maxHex), "ras"); err == nil {
		t.Error("endless input is taken")
	}
}

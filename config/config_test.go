package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roombridge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaultsWorkWithoutAFile(t *testing.T) {
	got, err := load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got); diff != "" {
		t.Errorf("defaults changed on the way (-want +got):\n%s", diff)
	}
	if !got.Admission.Open {
		t.Error("without a file any number opens its room")
	}
}

// The sample that operators start from names every key with its default.
func TestSampleIsTheDefault(t *testing.T) {
	const sample = "../deploy/roombridge.yaml"
	c, err := load(sample, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Admission.Open = false
	if diff := cmp.Diff(want, c, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the sample differs from the defaults (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(c.Explain()) {
		key := strings.Fields(strings.TrimPrefix(line, "*"))[0]
		last := key[strings.LastIndexByte(key, '.')+1:]
		if !strings.Contains(string(text), last+":") {
			t.Errorf("the sample does not name %s", key)
		}
	}
}

func TestFileClosesAdmissionUnlessItAsks(t *testing.T) {
	for text, open := range map[string]bool{
		"log: {level: debug}":        false,
		"admission: {open: true}":    true,
		"admission: {open: false}":   false,
		"sip: {encryption: require}": false,
	} {
		c, err := load(file(t, text), nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if c.Admission.Open != open {
			t.Errorf("%s: admission.open is %v", text, c.Admission.Open)
		}
	}
}

func TestEnvironmentOverridesFile(t *testing.T) {
	path := file(t, "sip:\n  listen: [\"udp://127.0.0.1:5070\"]\nmedia: {timeout: 30s}\n")
	c, err := load(path, []string{
		"ROOMBRIDGE_SIP_LISTEN=udp://127.0.0.1:5080,tcp://127.0.0.1:5080",
		"ROOMBRIDGE_ADMIN_TOKEN=hunter2", "ROOMBRIDGE_DIAL_PASSWORD=x", "ROOMBRIDGE_ADMISSION_OPEN=true", "PATH=/bin",
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"udp://127.0.0.1:5080", "tcp://127.0.0.1:5080"}; !cmp.Equal(want, c.SIP.Listen) {
		t.Errorf("sip.listen is %q", c.SIP.Listen)
	}
	if c.Media.Timeout != 30*time.Second {
		t.Errorf("media.timeout is %v", c.Media.Timeout)
	}
	if c.Admin.Token.Reveal() != "hunter2" || !c.Admission.Open {
		t.Errorf("token or admission was not taken from the environment")
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c) + c.Explain(); strings.Contains(text, "hunter2") {
		t.Error("the token shows in clear")
	}
}

func TestUnknownKeysAreErrors(t *testing.T) {
	cases := map[string]struct {
		text string
		env  []string
		want string
	}{
		"top":         {"sipp: {listen: []}", nil, "sipp.listen: unknown key, did you mean sip.listen?"},
		"nested":      {"sip: {lisen: [\"udp://127.0.0.1:1\"]}", nil, "sip.lisen: unknown key, did you mean sip.listen?"},
		"far":         {"colour: red", nil, "colour: unknown key"},
		"environment": {"", []string{"ROOMBRIDGE_SIP_LISTN=x"}, "ROOMBRIDGE_SIP_LISTN: unknown key"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := ""
			if c.text != "" {
				path = file(t, c.text)
			}
			_, err := load(path, c.env)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestEveryWrongValueIsNamed(t *testing.T) {
	cases := []struct{ text, key string }{
		{"log: {level: loud}", "log.level"},
		{"log: {format: xml}", "log.format"},
		{"sip: {listen: []}", "sip.listen"},
		{"sip: {listen: [\"ws://127.0.0.1:1\"]}", "sip.listen"},
		{"sip: {listen: [\"udp://example:1\"]}", "sip.listen"},
		{"sip: {listen: [\"udp://127.0.0.1:70000\"]}", "sip.listen"},
		{"sip: {encryption: maybe}", "sip.encryption"},
		{"sip: {tls: {cert: a.pem}}", "sip.tls"},
		{"sip: {tls: {cert: a.pem, key: b.pem}}", "sip.tls"},
		{"sip: {tls_min: \"0.9\"}", "sip.tls_min"},
		{"h323: {listen: [\"udp://127.0.0.1:1720\"]}", "h323.listen"},
		{"h323: {announce: here}", "h323.announce"},
		{"h323: {fast_connect: often}", "h323.fast_connect"},
		{"h323: {ports: \"9-8\"}", "h323.ports"},
		{"h323: {ports: \"0-8\"}", "h323.ports"},
		{"h323: {ras: \"tcp://127.0.0.1:1719\"}", "h323.ras"},
		{"h323: {listen: [], gatekeeper: {enabled: true, open: true}}", "h323.gatekeeper.enabled"},
		{"h323: {gatekeeper: {id: \"\"}}", "h323.gatekeeper.id"},
		{"h323: {gatekeeper: {ttl: 5s}}", "h323.gatekeeper.ttl"},
		{"h323: {gatekeeper: {bitrate: -1}}", "h323.gatekeeper.bitrate"},
		{"h323: {gatekeeper: {passwords: [\"1001\"]}}", "h323.gatekeeper.passwords"},
		{"h323: {gatekeeper: {gateways: [mcu]}}", "h323.gatekeeper.gateways"},
		{"h323: {gatekeeper: {passwords: [\"=x\"]}}", "h323.gatekeeper.passwords"},
		{"h323: {register: {gatekeeper: \"gk.example\"}}", "h323.register.gatekeeper"},
		{"h323: {register: {gatekeeper: \"127.0.0.1:0\"}}", "h323.register.gatekeeper"},
		{"h323: {listen: [], register: {gatekeeper: \"127.0.0.1\"}}", "h323.register.gatekeeper"},
		{"h323: {register: {gatekeeper: discover, aliases: []}}", "h323.register.aliases"},
		{"h323: {register: {aliases: [\"\"]}}", "h323.register.aliases"},
		{"h323: {register: {prefixes: [\"8x\"]}}", "h323.register.prefixes"},
		{"h323: {register: {security: sha1}}", "h323.register.security"},
		{"h323: {register: {ttl: 48h}}", "h323.register.ttl"},
		{"h323: {register: {listen: \"127.0.0.1\"}}", "h323.register.listen"},
		{"media: {address: here}", "media.address"},
		{"media: {announce: there}", "media.announce"},
		{"media: {ports: \"5-6\"}", "media.ports"},
		{"media: {ports: \"many\"}", "media.ports"},
		{"media: {ports: \"60000-70000\"}", "media.ports"},
		{"media: {timeout: 1s}", "media.timeout"},
		{"media: {bitrate: 5}", "media.bitrate"},
		{"room: {listen: [\"tls://127.0.0.1:1\"]}", "room.listen"},
		{"room: {announce: [nowhere]}", "room.announce"},
		{"room: {max_participants: 1}", "room.max_participants"},
		{"room: {dial: anything}", "room.dial"},
		{"worker: {path: /does/not/exist}", "worker.path"},
		{"worker: {path: /}", "worker.path"},
		{"worker: {memory: 1000000}", "worker.memory"},
		{"worker: {memory: -1}", "worker.memory"},
		{"worker: {cpus: -1}", "worker.cpus"},
		{"web: {listen: nowhere}", "web.listen"},
		{"web: {http: nowhere}", "web.http"},
		{"web: {tls: {key: b.pem}}", "web.tls"},
		{"admin: {token: \"mật khẩu\"}", "admin.token"},
		{"limits: {calls: -1}", "limits.calls"},
		{"limits: {load: 101}", "limits.load"},
		{"limits: {load: -1}", "limits.load"},
		{"store: {url: \"mysql://x\"}", "store.url"},
		{"reception: {prompts: /nowhere/at/all}", "reception.prompts"},
		{"reception: {speech: loud}", "reception.speech"},
	}
	for _, c := range cases {
		_, err := load(file(t, c.text), nil)
		if err == nil || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%s: got %v, want one that names %s", c.text, err, c.key)
		}
	}
	_, err := load(file(t, "log: {level: loud}\nmedia: {bitrate: 5}"), nil)
	if err == nil || !strings.Contains(err.Error(), "log.level") || !strings.Contains(err.Error(), "media.bitrate") {
		t.Errorf("all that is wrong is told at once, got %v", err)
	}
}

func TestRAS(t *testing.T) {
	c, err := load(file(t, `
h323:
  gatekeeper: {enabled: true, passwords: ["1001=geheim", "Phòng Họp=a=b"], gateways: ["phòng họp"], ttl: 1m}
  register: {gatekeeper: "10.0.0.9", aliases: [gw, "900"], prefixes: ["8"], password: geheim, security: h235.1}
`), []string{"ROOMBRIDGE_H323_GATEKEEPER_BITRATE=4000000"})
	if err != nil {
		t.Fatal(err)
	}
	table, err := c.H323.Gatekeeper.PasswordTable()
	if want := map[string]string{"1001": "geheim", "Phòng Họp": "a=b"}; err != nil || !cmp.Equal(table, want) {
		t.Errorf("%v, %v", table, err)
	}
	if a, err := c.H323.Register.Address(); err != nil || a.String() != "10.0.0.9:1719" {
		t.Errorf("%v, %v", a, err)
	}
	if c.H323.Gatekeeper.Bitrate != 4_000_000 || len(c.H323.Register.Aliases) != 2 || len(c.H323.Gatekeeper.Gateways) != 1 {
		t.Errorf("%+v", c.H323)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c) + c.Explain(); strings.Contains(text, "geheim") {
		t.Error("a password shows in clear")
	}
	for in, want := range map[string]string{"[2001:db8::1]": "[2001:db8::1]:1719", "[2001:db8::1]:1720": "[2001:db8::1]:1720", "10.0.0.9:1": "10.0.0.9:1"} {
		if a, err := (Register{Gatekeeper: in}).Address(); err != nil || a.String() != want {
			t.Errorf("%s: %v, %v", in, a, err)
		}
	}
}

func TestMissingAndBrokenFiles(t *testing.T) {
	if _, err := load("/does/not/exist.yaml", nil); err == nil {
		t.Error("a missing file is an error")
	}
	if _, err := load(file(t, "sip: [unclosed"), nil); err == nil {
		t.Error("a broken file is an error")
	}
	if _, err := load(file(t, "sip: 5"), nil); err == nil {
		t.Error("a value in place of a section is an error")
	}
}

func TestH323(t *testing.T) {
	if d := Default().H323; len(d.Listen) != 1 || !d.Tunnelling || d.FastConnect != "accept" {
		t.Errorf("default %+v", d)
	}
	c, err := load(file(t, "h323: {listen: [], ports: \"31000-31000\", announce: \"2001:db8::1\", fast_connect: \"offer\", tunnelling: false}"), nil)
	if err != nil || len(c.H323.Listen) != 0 || c.H323.Tunnelling {
		t.Errorf("%+v: %v", c.H323, err)
	}
	if first, last, err := c.H323.PortRange(); first != 31000 || last != 31000 || err != nil {
		t.Errorf("%d to %d: %v", first, last, err)
	}
	c, err = load("", []string{"ROOMBRIDGE_H323_LISTEN="})
	if err != nil || len(c.H323.Listen) != 0 {
		t.Errorf("switched off by the environment: %q, %v", c.H323.Listen, err)
	}
	if first, last, err := c.H323.PortRange(); first != 0 || last != 0 || err != nil {
		t.Errorf("%d to %d: %v", first, last, err)
	}
}

func TestParseListen(t *testing.T) {
	for in, want := range map[string]string{
		"udp://127.0.0.1:5060": "udp://127.0.0.1:5060",
		"tcp://[::1]:5060":     "tcp://[::1]:5060",
		"localhost:1":          "127.0.0.1:1",
		":8443":                "[::]:8443",
		"0.0.0.0:8443":         "0.0.0.0:8443",
		"[::ffff:10.0.0.1]:1":  "10.0.0.1:1",
		"https://0.0.0.0:1/":   "https://0.0.0.0:1",
	} {
		got, err := ParseListen(in)
		if err != nil || got.String() != want {
			t.Errorf("%s: %v, %v; want %s", in, got, err, want)
		}
	}
}

func TestEndpointsTakeTheDefaultScheme(t *testing.T) {
	got := Endpoints([]string{"127.0.0.1:1", "tcp://127.0.0.1:2"}, "udp")
	if len(got) != 2 || got[0].String() != "udp://127.0.0.1:1" || got[1].String() != "tcp://127.0.0.1:2" {
		t.Errorf("got %v", got)
	}
	if _, err := load(file(t, "room: {listen: \"127.0.0.1:9\"}"), nil); err != nil {
		t.Errorf("one address without scheme is a list of one: %v", err)
	}
}

func TestExplainMarksWhatDiffers(t *testing.T) {
	c := Default()
	c.Log.Level = "debug"
	text := c.Explain()
	for _, want := range []string{"* log.level", "  log.format", "  admin.token            (none)"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func FuzzParseListen(f *testing.F) {
	for _, s := range []string{"udp://127.0.0.1:5060", "[::1]:1", ":1", "a://b://c:1", "udp://%:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseListen(s)
		if err != nil {
			return
		}
		if again, err := ParseListen(e.String()); err != nil || again != e {
			t.Fatalf("%q gives %v, which reads as %v, %v", s, e, again, err)
		}
	})
}

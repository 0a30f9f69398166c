package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/roombridge/roombridge/"

// arrows says which of our packages each package may import, by the folder's
// longest prefix in the table. What is not in a list is forbidden; a folder
// may always import its own subfolders' packages where listed with "/...".
var arrows = map[string][]string{
	"cmd/roombridge":          {"..."},
	"cmd/roombridge-media":    {"transcode/..."},
	"config":                  {},
	"sip":                     {"sip/sdp", "sip/...", "bridge", "bridge/bind", "bridge/front", "bridge/media", "bridge/relay"},
	"sip/sdp":                 {"bridge", "bridge/media"},
	"sip/registrar":           {"sip/registrar/...", "sip/field", "bridge/lockout"},
	"sip/field":               {},
	"h323":                    {"h323/...", "bridge", "bridge/bind", "bridge/front", "bridge/media", "bridge/relay"},
	"h323/per":                {},
	"h323/per/pertest":        {"h323/per"},
	"h323/asn1gen":            {"h323/asn1gen/asn1", "h323/per"},
	"h323/h235":               {"h323/per"},
	"h323/h245":               {"h323/per"},
	"h323/h225":               {"h323/per", "h323/h235", "h323/h245"},
	"h323/h460":               {"h323/per", "h323/h225", "h323/h245"},
	"h323/wire":               {},
	"h323/capability":         {"h323/per", "h323/h245", "bridge/media"},
	"h323/control":            {"h323/per", "h323/h245", "h323/capability", "bridge", "bridge/media"},
	"h323/ras":                {"h323/per", "h323/h225", "h323/h235", "bridge", "bridge/bind", "bridge/front", "bridge/lockout"},
	"h323/inspect":            {"h323/per", "h323/wire", "h323/h225", "h323/h245"},
	"bridge":                  {"bridge/media", "bridge/relay"},
	"bridge/bind":             {},
	"bridge/front":            {},
	"bridge/media":            {},
	"bridge/packet":           {"bridge/media"},
	"bridge/h264":             {"bridge/media", "bridge/packet"},
	"bridge/h26x":             {},
	"bridge/jitter":           {"bridge/media", "bridge/packet"},
	"bridge/secure":           {"bridge/media", "bridge/packet", "bridge/secure/..."},
	"bridge/feedback":         {"bridge/packet"},
	"bridge/relay":            {"bridge/media", "bridge/packet", "bridge/h264", "bridge/h26x", "bridge/jitter", "bridge/secure", "bridge/feedback", "bridge/relay/..."},
	"bridge/room":             {"bridge", "bridge/bind", "bridge/media", "bridge/packet", "bridge/h264", "bridge/secure", "bridge/feedback", "bridge/relay/...", "bridge/room/...", "bridge/plan", "transcode", "transcode/layout"},
	"bridge/player":           {"bridge", "bridge/media", "bridge/packet", "bridge/h264", "bridge/h26x", "bridge/jitter", "bridge/relay", "bridge/player/...", "transcode", "transcode/payload", "transcode/codec", "transcode/codec/g711", "transcode/codec/g722"},
	"bridge/load":             {"bridge"},
	"bridge/lockout":          {},
	"bridge/doorkeeper":       {"bridge", "bridge/lockout"},
	"bridge/reception":        {"bridge", "bridge/reception/voices/...", "bridge/reception/speech"},
	"bridge/reception/speech": {"bridge", "bridge/reception/voices/wav"},
	"bridge/plan":             {"bridge", "bridge/media", "transcode", "transcode/layout"},
	"bridge/number":           {"bridge"},
	"bridge/store":            {"bridge", "bridge/number"},
	"bridge/admin":            {"bridge", "bridge/lockout", "bridge/number", "bridge/store", "bridge/admin"},
	"transcode":               {"bridge/media", "transcode/wire"},
	"transcode/layout":        {"transcode"},
	"transcode/internal":      {"bridge/media", "transcode/..."},
	"transcode/payload":       {"bridge/media", "bridge/h264", "bridge/h26x", "transcode/codec"},
	"transcode/worker":        {"bridge/media", "transcode/..."},
	"transcode/codec":         {"bridge/media", "transcode/codec/..."},
	"web":                     {"bridge", "bridge/bind", "bridge/number", "bridge/admin", "web/..."},
	"bench":                   {"bench/...", "bridge/media", "bridge/packet", "bridge/h264", "bridge/feedback", "bridge/secure"},
}

// owners says where alone an outside library, or an inner part of ours, may be
// imported; those without a host are on github.com or in the standard library.
var owners = map[string]string{
	"emiago/sipgo":       "sip",
	"spf13/viper":        "config",
	"pion/webrtc":        "bridge/room",
	"database/sql":       "bridge/store",
	"C":                  "transcode/codec",
	"jackc/pgx":          "bridge/store",
	"modernc.org/sqlite": "bridge/store",
	"alecthomas/kong":    "cmd/roombridge",

	"roombridge/roombridge/h323/per":  "h323", // what a message looks like is nobody else's business
	"roombridge/roombridge/h323/wire": "h323",
	"roombridge/roombridge/h323/h225": "h323",
	"roombridge/roombridge/h323/h245": "h323",
	"roombridge/roombridge/h323/h235": "h323",
	"roombridge/roombridge/h323/h460": "h323",
}

type listed struct {
	path    string
	imports []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []listed
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		list = append(list, listed{strings.TrimPrefix(f[0], module), f[1:]})
	}
	if len(list) < 10 {
		t.Fatalf("go list found only %d packages", len(list))
	}
	return list
}

// rule gives the list for the longest prefix of a package's folder.
func rule(path string) ([]string, bool) {
	for p := path; p != ""; {
		if r, ok := arrows[p]; ok {
			return r, true
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			break
		}
		p = p[:i]
	}
	return nil, false
}

func allowed(imported string, list []string) bool {
	return slices.ContainsFunc(list, func(a string) bool {
		if base, ok := strings.CutSuffix(a, "..."); ok {
			return strings.HasPrefix(imported+"/", base)
		}
		return imported == a
	})
}

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		list, ok := rule(p.path)
		if !ok {
			t.Errorf("%s is in no row of the table of arrows", p.path)
			continue
		}
		for _, imp := range p.imports {
			if own, ok := strings.CutPrefix(imp, module); ok && !allowed(own, list) {
				t.Errorf("%s may not import %s", p.path, own)
			}
			for lib, owner := range owners {
				if within(strings.TrimPrefix(imp, "github.com/"), lib) && !within(p.path, owner) {
					t.Errorf("%s imports %s, which only %s may", p.path, imp, owner)
				}
			}
		}
	}
}

// The gateway carries no codec and needs no C library.
func TestGatewayIsPureGo(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-f", `{{if .CgoFiles}}{{.ImportPath}}{{end}}`, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if s := strings.TrimSpace(string(out)); s != "" {
		t.Errorf("these need cgo: %s", s)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/h323/asn1gen/asn1"
)

// The generated files are what the generator writes today. The arguments are those
// of the packages' go:generate lines.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	modules := os.Getenv("ITU_ASN1")
	if modules == "" {
		modules = "../../../shared/itu-asn1"
	}
	for _, folder := range []string{"example", "../h235", "../h245", "../h225", "../h460"} {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			if _, err := os.Stat(modules); err != nil && folder != "example" {
				t.Skipf("no ITU-T modules, and ITU_ASN1 does not name them: %v", err)
			}
			doc, err := os.ReadFile(filepath.Join(folder, "doc.go"))
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), filepath.Base(folder))
			if err := os.Mkdir(out, 0o700); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(doc)) {
				_, args, ok := strings.Cut(strings.TrimSpace(line), "//go:generate go run ")
				if ok {
					generateLike(t, strings.Fields(args)[1:], folder, modules, out)
				}
			}
			compare(t, folder, out)
		})
	}
}

func generateLike(t *testing.T, args []string, folder, modules, out string) {
	t.Helper()
	for i, a := range args {
		switch {
		case a == "$ITU_ASN1":
			args[i] = modules
		case a == ".", strings.HasSuffix(a, "asn1gen.txt"):
			args[i] = filepath.Join(folder, a)
		}
	}
	if err := run(append(args, "-out", out)); err != nil {
		t.Fatal(err)
	}
}

func compare(t *testing.T, folder, out string) {
	t.Helper()
	written, err := filepath.Glob(filepath.Join(out, "*.go"))
	if err != nil || len(written) == 0 {
		t.Fatal("nothing written", err)
	}
	for _, name := range written {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(folder, filepath.Base(name)))
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s: run go generate:\n%.2000s", filepath.Base(name), diff)
		}
	}
}

func TestGoName(t *testing.T) {
	for asn, want := range map[string]string{
		"h323-uu-pdu": "H323UUPDU", "url-ID": "URLID", "ipAddress": "IPAddress", "ip6Address": "IP6Address",
		"callIdentifier": "CallIdentifier", "Setup-UUIE": "SetupUUIE", "SIGNED": "Signed", "mc": "MC", "ICV": "ICV", "H245Security": "H245Security",
	} {
		if got := goName(asn); got != want {
			t.Errorf("%s becomes %s, not %s", asn, got, want)
		}
	}
}

// What would not become Go is refused with the name of the type.
func TestRefused(t *testing.T) {
	for body, want := range map[string]string{
		"A ::= SEQUENCE { n NULL }": "A.n",
		"A ::= SEQUENCE { b B } B ::= CHOICE { x A-B } A-B ::= NULL AB ::= NULL":         "AB",
		"A ::= B B ::= SEQUENCE {} AlsoB ::= SEQUENCE { c SEQUENCE {} } AlsoBC ::= NULL": "AlsoBC",
	} {
		s, err := asn1.New("M DEFINITIONS AUTOMATIC TAGS ::= BEGIN " + body + " END")
		if err != nil {
			t.Fatal(err)
		}
		p, err := readPlan("")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := generate(s, "M", "m", p, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, text := range []string{"file x", "folder x Y", "file a b c"} {
		if _, err := readPlan(text); err == nil {
			t.Errorf("plan %q is taken", text)
		}
	}
}

// Command asn1gen writes Go types, with methods that read and write them in aligned
// PER, for an ASN.1 module:
//
//	go run ./h323/asn1gen -asn FOLDER -module H323-MESSAGES -plan h323/h225/asn1gen.txt -out h323/h225 \
//	    -import H235-SECURITY-MESSAGES=github.com/roombridge/roombridge/h323/h235
//
// The folder holds the modules (*.asn), which are not part of the project. The plan
// is a text of lines:
//
//	file NAME TYPE          from this type on, types go to NAME.go
//	name TYPE.component N   the Go name of a type written in place
//	alphabet NAME CHARS     the Go name of a permitted alphabet
//
// The packages' go:generate lines take the folder from the environment variable
// ITU_ASN1: "ITU_ASN1=/path/to/modules go generate ./h323/..." from the project's
// root, with an absolute path.
package main

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/roombridge/roombridge/h323/asn1gen/asn1"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "asn1gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("asn1gen", flag.ContinueOnError)
	folder := flags.String("asn", "", "folder of the ASN.1 modules")
	module := flags.String("module", "", "name of the module to write types for")
	planFile := flags.String("plan", "", "file names and Go names")
	out := flags.String("out", ".", "folder of the Go package, which has its name")
	imports := map[string]string{}
	flags.Func("import", "MODULE=PATH of the Go package with another module's types", func(s string) error {
		m, p, ok := strings.Cut(s, "=")
		if imports[m] = p; !ok {
			return fmt.Errorf("no = in it")
		}
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	schema, err := asn1.Load(*folder)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(*planFile)
	if err != nil {
		return err
	}
	plan, err := readPlan(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", *planFile, err)
	}
	abs, err := filepath.Abs(*out)
	if err != nil {
		return err
	}
	files, err := generate(schema, *module, path.Base(filepath.ToSlash(abs)), plan, imports)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(*out, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

package asn1test

import (
	"bufio"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed oracle.erl
var program []byte

// Erlang is a running Erlang that knows some modules.
type Erlang struct {
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

// Start compiles the ASN.1 modules with these names, of the given folder, one after
// the other, and starts Erlang with them. The test is skipped where Erlang is not
// installed. Compiling those of H.323 takes a minute of processor time.
func Start(t testing.TB, folder string, modules ...string) *Erlang {
	t.Helper()
	if _, err := exec.LookPath("erlc"); err != nil {
		t.Skip("Erlang is not installed (Debian: erlang-base, erlang-asn1)")
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "oracle.erl"), program, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "erlc", "oracle.erl")
	for _, m := range modules {
		run(t, dir, "erlc", "-bper", "+maps", "-I", dir, "-I", folder, filepath.Join(folder, m+".asn"))
	}
	e := &Erlang{cmd: exec.Command("erl", "-noshell", "-pa", dir, "-s", "oracle", "main")}
	if e.in, err = e.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	e.out = bufio.NewReaderSize(out, 1<<20)
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.in.Close()
		e.cmd.Wait()
	})
	return e
}

func run(t testing.TB, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func (e *Erlang) ask(format string, args ...any) ([]string, error) {
	if _, err := fmt.Fprintf(e.in, format+"\n", args...); err != nil {
		return nil, err
	}
	line, err := e.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("erlang: %w", err)
	}
	f := strings.Fields(line)
	if len(f) != 3 || f[0] != "ok" {
		return nil, fmt.Errorf("erlang: %s", strings.TrimSpace(line))
	}
	return f[1:], nil
}

// Judge has a message decoded and encoded again. The value has the form that Dump
// gives. There is no encoding if Erlang does not find the value in its own: it gets
// some small numbers wrong that are extension additions.
func (e *Erlang) Judge(module, typ string, b []byte) (value string, again []byte, err error) {
	answer, err := e.ask("%s %s %x", module, typ, b)
	if err != nil {
		return "", nil, err
	}
	if answer[1] == "-" {
		return answer[0], nil, nil
	}
	again, err = hex.DecodeString(answer[1])
	return answer[0], again, err
}

// Time gives the microseconds that decoding and encoding a message take Erlang at best.
func (e *Erlang) Time(module, typ string, b []byte, count int) (decode, encode string, err error) {
	answer, err := e.ask("time %s %s %d %x", module, typ, count, b)
	if err != nil {
		return "", "", err
	}
	return answer[0], answer[1], nil
}

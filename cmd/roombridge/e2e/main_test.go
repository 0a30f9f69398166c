package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// bin is where TestMain builds the binaries under test.
var bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if bin = os.Getenv("E2E_BIN"); bin != "" { // the inner run of a namespaced test
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "roombridge-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bin = dir
	for name, cgo := range map[string]string{"roombridge": "CGO_ENABLED=0", "roombridge-media": "CGO_ENABLED=1"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(dir, name), "github.com/roombridge/roombridge/cmd/"+name)
		cmd.Env = append(os.Environ(), cgo)
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building %s: %v\n%s", name, err, out)
			return 1
		}
	}
	return m.Run()
}

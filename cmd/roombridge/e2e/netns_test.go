package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// namespaced runs a test again inside a network namespace of its own, with
// loopback up and nothing else, and tells whether this is that inner run. The
// outer run reports the outcome and returns at once.
func namespaced(t *testing.T) bool {
	t.Helper()
	if os.Getenv("E2E_INSIDE") == t.Name() {
		return true
	}
	args := []string{"--net", "--mount"}
	if os.Geteuid() != 0 {
		args = append(args, "--user", "--map-root-user")
	}
	args = append(args, "sh", "-c", `mkdir -p /run/netns; mount -t tmpfs none /run/netns && ip link set lo up && exec "$0" "$@"`,
		os.Args[0], "-test.v", "-test.run", "^"+t.Name()+"$", "-test.timeout", "8m")
	cmd := exec.Command("unshare", args...)
	cmd.Env = append(os.Environ(), "E2E_INSIDE="+t.Name(), "E2E_BIN="+bin)
	out, err := cmd.CombinedOutput()
	t.Logf("inside a namespace:\n%s", out)
	if err != nil {
		t.Fatalf("inside a namespace: %v", err)
	}
	return false
}

// sh runs a command that sets the namespace up.
func sh(t *testing.T, line string) {
	t.Helper()
	f := strings.Fields(line)
	if out, err := exec.Command(f[0], f[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v %s", line, err, out)
	}
}

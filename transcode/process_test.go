package transcode

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/transcode/wire"
)

// A worker runs within each set of namespaces, also without any, and is shut
// in from inside all the same.
func TestWalls(t *testing.T) {
	for _, w := range walls {
		p, err := launch(workerPath, SupervisorConfig{MemoryLimit: 512 << 20}, w.flags)
		if forbidden(err) {
			t.Logf("%s: not here: %v", w.name, err)
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		m, err := wire.NewReader(p.conn).Next()
		var h Hello
		if err != nil || m.Kind != wire.Hello || json.Unmarshal(m.Payload, &h) != nil {
			t.Errorf("%s: %v, %v", w.name, m.Kind, err)
		}
		if c := h.Confinement; !c.NoNewPrivs || !c.Limits || !c.Seccomp && len(c.Missing) == 0 {
			t.Errorf("%s: %+v", w.name, c)
		}
		p.conn.Close()
		<-p.exited
		if p.how != "exit status 0" {
			t.Errorf("%s: %s", w.name, p.how)
		}
		p.stderr.Close()
	}
}

func TestForbidden(t *testing.T) {
	if !forbidden(&os.PathError{Op: "fork/exec", Err: unix.EPERM}) || forbidden(unix.ENOENT) || forbidden(nil) || forbidden(errors.New("x")) {
		t.Error("wrong errors lead to a weaker wall")
	}
	var l launcher
	if _, err := l.start("/nonexistent/worker", SupervisorConfig{}); !errors.Is(err, os.ErrNotExist) || l.wall.Load() != 0 {
		t.Errorf("%v, wall %d", err, l.wall.Load())
	}
}

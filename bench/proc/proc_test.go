package proc

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestUsage(t *testing.T) {
	cpus := Allowed()
	if len(cpus) == 0 {
		t.Fatal("no processor is allowed")
	}
	cpu := cpus[len(cpus)-1]
	// It tells when it has worked, and where it may run.
	p, err := Start(cpu, exec.Command("sh", "-c", `i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; taskset -pc $$; exec sleep 60`))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	before := Usage{}
	for !strings.Contains(p.Log(), "affinity list:") {
		select {
		case <-p.Exited():
			t.Fatalf("it ended: %s", p.Log())
		case <-time.After(10 * time.Millisecond):
		}
	}
	u, err := p.Usage()
	if err != nil {
		t.Fatal(err)
	}
	cpuTime, waited := u.Since(before)
	if cpuTime <= 0 || cpuTime > time.Minute || waited < 0 || u.RSS < 100<<10 {
		t.Errorf("used %v, waited %v, %d bytes", cpuTime, waited, u.RSS)
	}
	if again, _ := u.Since(u); again != 0 {
		t.Errorf("%v passed between a reading and itself", again)
	}
	_, list, _ := strings.Cut(strings.TrimSpace(p.Log()), "list: ")
	if list != strconv.Itoa(cpu) {
		t.Errorf("it may run on %q, not on %d alone", list, cpu)
	}
	if got := Allowed(); len(got) != len(cpus) {
		t.Errorf("this process may run on %v now, on %v before", got, cpus)
	}
}

func TestSchedstat(t *testing.T) {
	ran, waited, err := schedstat([]byte("1500 77446 1\n"))
	if err != nil || ran != 1500 || waited != 77446 {
		t.Errorf("%v, %v, %v", ran, waited, err)
	}
	for _, s := range []string{"", "1", "a b c"} {
		if _, _, err := schedstat([]byte(s)); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

func TestBusy(t *testing.T) {
	const line = "cpu  100 20 30 5000 600 7 8 9 0 0"
	if got := busy(line); got != 1740*time.Millisecond {
		t.Errorf("busy for %v, want 1.74 s", got)
	}
	if got := stolen(line); got != 90*time.Millisecond {
		t.Errorf("%v were stolen, want 90 ms", got)
	}
	if got := stolen("cpu  100 20 30"); got != 0 {
		t.Errorf("%v were stolen by an old kernel's words", got)
	}
	if Machine() <= 0 || Own() <= 0 {
		t.Errorf("the machine was busy for %v, this process for %v", Machine(), Own())
	}
}

func TestTail(t *testing.T) {
	var w tail
	for range 3 * tailMost / 1000 {
		_, _ = w.Write(make([]byte, 1000))
	}
	_, _ = w.Write([]byte("the end"))
	if s := w.String(); len(s) > tailMost || !strings.HasSuffix(s, "the end") {
		t.Errorf("%d bytes are kept", len(s))
	}
}

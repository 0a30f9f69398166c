package transcode

import (
	"sync"
	"testing"
	"time"
)

// A worker without work ends after a while, and the next work starts another.
// That is no restart, whoever asks at the moment of its end.
func TestIdle(t *testing.T) {
	const idle = 30 * time.Millisecond
	s, _ := supervise(t, workerPath, func(c *SupervisorConfig) { c.Idle = idle })
	if !s.Available().Stills() {
		t.Fatal("the worker makes no pictures")
	}
	ev := newTold()
	m := open(t, s, ev)
	still := func() {
		if _, err := m.Still(t.Context(), Still{Width: 176, Height: 144, Profile: 66, Level: 30}); err != nil {
			t.Error(err)
		}
	}
	still()
	first := m.PID()
	eventually(t, "no worker without work", func() bool { return m.PID() == 0 })
	still()
	if pid := m.PID(); pid == first && pid != 0 {
		t.Errorf("worker %d again", pid)
	}

	// Streams keep it, for as long as they are wanted.
	m.SetGraph(Graph{Inputs: []Input{{ID: 1, Codec: "PCMU", ClockRate: 8000}}})
	kept := m.PID()
	var all sync.WaitGroup
	for range 4 {
		all.Go(still)
	}
	all.Wait()
	if pid := m.PID(); pid == 0 || kept != 0 && pid != kept {
		t.Errorf("worker %d, then %d", kept, pid)
	}
	m.SetGraph(Graph{})
	eventually(t, "no worker without streams", func() bool { return m.PID() == 0 })

	// So does who will ask it soon.
	release, and := m.Hold(), m.Hold()
	eventually(t, "a worker that is held", func() bool { return m.PID() != 0 })
	kept = m.PID()
	release()
	wait := time.NewTimer(5 * idle)
	<-wait.C
	if pid := m.PID(); pid != kept {
		t.Errorf("worker %d, then %d", kept, pid)
	}
	and()
	eventually(t, "no worker that nobody holds", func() bool { return m.PID() == 0 })

	// Work that comes while the worker goes is done by the next one.
	for range 6 {
		still()
		tick := time.NewTimer(idle)
		<-tick.C
	}
	if st := m.Stats(); st.Restarts != 0 || len(ev.restarted()) != 0 {
		t.Errorf("%d restarts, told of %d", st.Restarts, len(ev.restarted()))
	}
}

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/roombridge/roombridge/cmd/roombridge/dial"
)

// dialing is a run of `roombridge dial`: a terminal of our own.
type dialing struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  bytes.Buffer
	log  lockedBuffer
	done chan struct{}
}

// startDial begins a run.
func startDial(t *testing.T, args ...string) *dialing {
	t.Helper()
	return startDialAs(t, nil, "127.0.0.1", args...)
}

// startDialAs begins a run at an address, with a command put in front.
func startDialAs(t *testing.T, wrap []string, address string, args ...string) *dialing {
	t.Helper()
	d := &dialing{t: t, done: make(chan struct{})}
	args = append([]string{"dial", "--bind", address, "--json", "--worker", filepath.Join(bin, "roombridge-media")}, args...)
	all := append(append(wrap, filepath.Join(bin, "roombridge")), args...)
	d.cmd = exec.Command(all[0], all[1:]...)
	d.cmd.Stdout, d.cmd.Stderr = &d.out, &d.log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = d.cmd.Wait(); close(d.done) }()
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		<-d.done
		if t.Failed() && d.log.String() != "" {
			t.Logf("dial %v:\n%s", args, tail(d.log.String(), 60))
		}
	})
	return d
}

// hangup ends the run as Ctrl-C does.
func (d *dialing) hangup() { _ = d.cmd.Process.Signal(syscall.SIGINT) }

// report waits for the end of the run.
func (d *dialing) report() *dial.Report {
	d.t.Helper()
	<-d.done
	r := new(dial.Report)
	if err := json.Unmarshal(d.out.Bytes(), r); err != nil {
		d.t.Fatalf("dial: %v, %v in %s", d.cmd.ProcessState, err, d.out.String())
	}
	return r
}

// completed is the only call of a run, which has to be a good one.
func (d *dialing) completed() dial.Call {
	d.t.Helper()
	r := d.report()
	if len(r.Calls) != 1 || r.Calls[0].Result != dial.Completed || r.Calls[0].Audio == nil || r.Calls[0].Video == nil {
		d.t.Fatalf("dial: %s", d.out.String())
	}
	return r.Calls[0]
}

// share is how much of the time a call heard a tone.
func share(c dial.Call, hz float64) float64 {
	for _, t := range c.Audio.In.Tones {
		if math.Abs(t.Hz-hz) < 5 {
			return t.Share
		}
	}
	return 0
}

// decoded is how many pictures of a call the media worker decoded.
func decoded(c dial.Call) (frames uint64, err error) {
	in := c.Video.In
	if in.DecodedFrames == nil || in.DecodeErrors == nil {
		return 0, errors.New("nobody decoded")
	}
	if *in.DecodeErrors > 0 {
		err = errors.New("some could not be decoded")
	}
	return *in.DecodedFrames, err
}

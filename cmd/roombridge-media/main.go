// Command roombridge-media is a media worker: the process in which one
// meeting's codecs run. The gateway starts it with one socket as descriptor 3
// and nothing else; there is no use in starting it by hand.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec/h264"
	"github.com/roombridge/roombridge/transcode/codec/heap"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/worker"
	"github.com/roombridge/roombridge/transcode/worker/confine"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

const gatewayFD = 3

type options struct {
	capabilities bool
	selfCheck    bool
	limits       confine.Limits
	cpus         int
	restricted   string // what the first step of confinement has done, in the second
}

func main() {
	o := parse()
	if err := run(o); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", transcode.WorkerName, err)
		os.Exit(1)
	}
}

func parse() options {
	var o options
	flag.BoolVar(&o.capabilities, "capabilities", false, "print what this build can do, as JSON")
	flag.BoolVar(&o.selfCheck, "selfcheck", false, "try what the confinement forbids and print what came of it, as JSON")
	flag.Int64Var(&o.limits.Memory, "memory", 768<<20, "bytes of memory that may be used")
	flag.IntVar(&o.limits.Nice, "nice", 0, "scheduling priority")
	flag.IntVar(&o.cpus, "cpus", 0, "processors that picture codecs use at once, 0 for all")
	flag.StringVar(&o.restricted, "restricted", "", "set by the worker itself")
	flag.Parse()
	return o
}

func run(o options) error {
	switch {
	case o.capabilities:
		return json.NewEncoder(os.Stdout).Encode(worker.Capabilities())
	case o.restricted == "":
		return restrict(o)
	}
	return seal(o)
}

// restrict is the first step: it bounds this thread and executes the binary
// anew, so that the new process is inside from its first instruction.
func restrict(o options) error {
	runtime.LockOSThread()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	landlock, missing := confine.Restrict(o.limits, append(screen.FontFiles(), self))
	done := strings.Join(append([]string{strconv.Itoa(landlock)}, missing...), "\n")
	args := append([]string{os.Args[0], "-restricted", done}, os.Args[1:]...)
	return fmt.Errorf("executing %s anew: %w", self, syscall.Exec(self, args, []string{}))
}

// seal is the second step: load all that is needed, forbid the rest, serve.
func seal(o options) error {
	setUp(o)
	painter, err := screen.NewPainter()
	if err != nil {
		return err
	}
	h264.Warm()
	if err := pictures.Warm(); err != nil {
		return err
	}
	conn, err := gateway(o.selfCheck)
	if err != nil {
		return err
	}
	confinement, nice := report(o), worker.Priority()
	if err := confine.Seal(); err != nil {
		confinement.Missing = append(confinement.Missing, err.Error())
	} else {
		confinement.Seccomp = true
	}
	if o.selfCheck {
		return json.NewEncoder(os.Stdout).Encode(confine.SelfCheck(o.limits.Memory))
	}
	return worker.Serve(conn, worker.Options{Confinement: confinement, Screens: painter, CPUs: o.cpus, Nice: nice})
}

func setUp(o options) {
	heap.Tidy()
	cpus := runtime.NumCPU()
	if o.cpus > 0 {
		cpus = min(cpus, o.cpus)
	}
	// Two more than picture codecs take, so that what is behind the sound's tick never waits for one of them.
	// Setting it also stops the runtime from looking for changes in files.
	runtime.GOMAXPROCS(cpus + 2)
	if o.limits.Memory > 0 {
		debug.SetMemoryLimit(o.limits.Memory / 2) // the codecs' own memory takes the rest
	}
}

// gateway opens the socket that the gateway gave us.
func gateway(none bool) (*os.File, error) {
	if none {
		return nil, nil
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(gatewayFD, &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFSOCK {
		return nil, fmt.Errorf("descriptor %d is no socket: this program is started by the gateway", gatewayFD)
	}
	if err := syscall.SetNonblock(gatewayFD, true); err != nil {
		return nil, err
	}
	syscall.CloseOnExec(gatewayFD)
	return os.NewFile(gatewayFD, "gateway"), nil
}

// report reads what the first step has told.
func report(o options) transcode.Confinement {
	first, rest, _ := strings.Cut(o.restricted, "\n")
	c := transcode.Confinement{NoNewPrivs: true, Limits: true}
	c.Landlock, _ = strconv.Atoi(first)
	if rest != "" {
		c.Missing = strings.Split(rest, "\n")
	}
	for _, m := range c.Missing {
		c.NoNewPrivs = c.NoNewPrivs && !strings.HasPrefix(m, "no_new_privs")
		c.Limits = c.Limits && !strings.HasPrefix(m, "limits")
	}
	return c
}

package e2e

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"text/template"
	"time"
)

// sipp is one process of it, which plays one scenario many times.
type sipp struct {
	scenario  string // in testdata/sipp
	calls     int
	spread    time.Duration // over which the calls begin, evenly
	transport string        // udp: one socket; tcp: one connection for each call, or for all
	shared    bool          // TCP: one connection for all calls
	room      string
	crowd     bool   // stay until the gateway hangs up
	dir       string // where sipp works
}

// readyLog is where a crowd's calls tell that they wait for the end.
const readyLog = "ready.log"

// ready counts the calls of a crowd that only wait for the end.
func (s sipp) ready() int {
	said, _ := os.ReadFile(filepath.Join(s.dir, readyLog))
	return strings.Count(string(said), "ready")
}

// unfiltered are the scenarios that look at repetitions themselves.
var unfiltered = []string{"lostack", "noack", "vanish"}

// strange are requests outside of any call and what they get.
var strange = []struct {
	Method string
	Status int
}{
	{"OPTIONS", 200}, {"CANCEL", 481}, {"BYE", 481}, {"UPDATE", 481}, {"INFO", 481}, {"PRACK", 481},
	{"SUBSCRIBE", 489}, {"REFER", 603}, {"MESSAGE", 405}, {"REGISTER", 405},
}

// expand writes the scenario of a run as sipp reads it.
func (s sipp) expand(t *testing.T) string {
	t.Helper()
	from := filepath.Join("testdata", "sipp")
	tmpl, err := template.New(s.scenario+".xml").Funcs(template.FuncMap{"fields": strings.Fields}).
		ParseFiles(filepath.Join(from, s.scenario+".xml"), filepath.Join(from, "parts.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	err = tmpl.Execute(&b, map[string]any{"Crowd": s.crowd, "UDP": s.transport == "udp", "Strange": strange, "Expires": []int{300, 0}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.dir, s.scenario+".xml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (s sipp) arguments(t *testing.T, g *gw, file string) []string {
	mode := "u1"
	switch {
	case s.transport == "tcp" && s.shared:
		mode = "t1"
	case s.transport == "tcp":
		mode = "tn"
	}
	args := []string{
		g.sipUDP, "-sf", file, "-s", s.room, "-t", mode, "-i", "127.0.0.1", "-mi", "127.0.0.1",
		"-p", strconv.Itoa(freePort(t)), "-mp", strconv.Itoa(mediaPort(t)), "-ci", "127.0.0.1", "-cp", strconv.Itoa(freePort(t)),
		"-m", strconv.Itoa(s.calls), "-r", strconv.Itoa(s.calls), "-rp", strconv.Itoa(int(s.spread.Milliseconds())),
		"-l", strconv.Itoa(s.limit()), "-max_socket", "1000",
		"-aa", // the gateway may ask for a keyframe by INFO
		"-nostdin", "-timeout", "120s", "-timeout_error", "-recv_timeout", "60000",
		// A machine that is busy with other tests is no failure.
		"-watchdog_minor_maxtriggers", "100000", "-watchdog_major_maxtriggers", "1000",
		"-trace_err", "-error_file", "errors.log", "-trace_stat", "-stf", "stat.csv", "-fd", "1",
		"-trace_rtt", "-rtt_freq", "1", "-trace_logs", "-log_file", readyLog,
	}
	if slices.Contains(unfiltered, s.scenario) {
		args = append(args, "-nr")
	}
	return args
}

// mediaPort gives the first of four UDP ports: sipp binds its media port and
// the second after it, and what the gateway sends there is for nobody else.
func mediaPort(t *testing.T) int {
	for range 1000 {
		first := int(nextMedia.Add(4))
		if a, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", first)); err == nil {
			_ = a.Close()
			if b, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", first+2)); err == nil {
				_ = b.Close()
				return first
			}
		}
	}
	t.Error("no free media port")
	return 0
}

var nextMedia = func() *atomic.Int32 { n := new(atomic.Int32); n.Store(25000); return n }()

// limit is how many calls of a run may be up: all of a crowd, else so few that
// a gateway on a busy machine slows the calls down and is not run over.
func (s sipp) limit() int {
	if s.crowd {
		return s.calls
	}
	return 3
}

// sippResult is what sipp says of a run.
type sippResult struct {
	sipp
	ok, failed, unexpected, repeated int
	setups                           []time.Duration
	took                             time.Duration
}

// play runs sipp to its end. A failed run shows sipp's own error file.
func (s sipp) play(t *testing.T, g *gw) sippResult {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sipp", s.arguments(t, g, s.expand(t))...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "TERM=dumb")
	var screen lockedBuffer
	cmd.Stdout, cmd.Stderr = &screen, &screen
	start := time.Now()
	err := cmd.Run()
	r := sippResult{sipp: s, took: time.Since(start)}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Errorf("sipp: %v", err)
		return r
	}
	r.read(t)
	if err != nil || r.failed > 0 || r.unexpected > 0 || r.ok != s.calls {
		said, _ := os.ReadFile(filepath.Join(s.dir, "errors.log"))
		t.Errorf("sipp %s over %s: %v, %d of %d calls succeeded, %d failed, %d unexpected messages\n%s\n%s",
			s.scenario, s.transport, err, r.ok, s.calls, r.failed, r.unexpected, complaints(string(said), 8), tail(screen.String(), 60))
	}
	return r
}

// stamp is how an entry of sipp's error file begins.
var stamp = regexp.MustCompile(`\d{4}-\d\d-\d\d\t\S+\t[0-9.]+: `)

// complaints gives the first entries of sipp's error file, without those that
// say what the scenarios want.
func complaints(said string, most int) string {
	var out []string
	for _, e := range stamp.Split(said, -1) {
		wanted := strings.HasPrefix(e, "Automatic response") || strings.HasPrefix(e, "Ignoring") || strings.HasPrefix(e, "Dead call") ||
			strings.HasPrefix(e, "Cannot record")
		if !wanted && len(out) < most {
			out = append(out, e)
		}
	}
	return strings.Join(out, "\n")
}

// read takes the last line of sipp's statistics, and every setup time.
func (r *sippResult) read(t *testing.T) {
	t.Helper()
	rows := readCSV(t, filepath.Join(r.dir, "stat.csv"))
	if len(rows) > 1 {
		last := rows[len(rows)-1]
		count := func(name string) int {
			i := slices.Index(rows[0], name+"(C)")
			if i < 0 || i >= len(last) {
				t.Errorf("sipp's statistics have no %s", name)
				return 0
			}
			n, _ := strconv.Atoi(last[i])
			return n
		}
		r.ok, r.failed = count("SuccessfulCall"), count("FailedCall")
		r.unexpected, r.repeated = count("FailedUnexpectedMessage"), count("Retransmissions")
	}
	files, _ := filepath.Glob(filepath.Join(r.dir, "*_rtt.csv"))
	for _, f := range files {
		for _, row := range readCSV(t, f) {
			if len(row) < 2 {
				continue
			}
			if ms, err := strconv.ParseFloat(row[1], 64); err == nil {
				r.setups = append(r.setups, time.Duration(ms*float64(time.Millisecond)))
			}
		}
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	c := csv.NewReader(f)
	c.Comma, c.FieldsPerRecord, c.LazyQuotes = ';', -1, true
	rows, err := c.ReadAll()
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return rows
}

// playAll runs all of them at the same time.
func playAll(t *testing.T, g *gw, runs []sipp) []sippResult {
	t.Helper()
	out := make([]sippResult, len(runs))
	done := make(chan struct{})
	for i, s := range runs {
		go func() {
			defer func() { done <- struct{}{} }()
			out[i] = s.play(t, g)
		}()
	}
	for range runs {
		<-done
	}
	return out
}

// table prints what runs measured, one line each and one for all.
func table(t *testing.T, title string, results []sippResult) {
	t.Helper()
	var b strings.Builder
	line := func(name string, r sippResult) {
		slices.Sort(r.setups)
		fmt.Fprintf(&b, "  %-12s %6d %6d %9.1f %8d %7s %7s %7s %7.1f\n", name, r.ok, r.failed,
			float64(r.ok)/r.took.Seconds(), r.repeated, percentile(r.setups, 50), percentile(r.setups, 95), percentile(r.setups, 100), r.took.Seconds())
	}
	fmt.Fprintf(&b, "%s\n  %-12s %6s %6s %9s %8s %7s %7s %7s %7s\n", title,
		"scenario", "calls", "failed", "calls/s", "repeated", "p50 ms", "p95 ms", "max ms", "took s")
	var all sippResult
	for _, r := range results {
		line(r.scenario, r)
		all.ok, all.failed, all.repeated = all.ok+r.ok, all.failed+r.failed, all.repeated+r.repeated
		all.setups, all.took = append(all.setups, r.setups...), max(all.took, r.took)
	}
	line("all", all)
	t.Log(b.String())
}

func percentile(sorted []time.Duration, p int) string {
	if len(sorted) == 0 {
		return "-"
	}
	return strconv.FormatInt(sorted[(len(sorted)-1)*p/100].Milliseconds(), 10)
}

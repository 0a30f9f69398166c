package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tshark finds nothing malformed in calls of ours, whatever way H.245 takes: with
// digits, hold, keyframes and limits, in and out, answered and refused.
func TestH323OnTheWire(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	const alone = "127.0.0.77" // what others send on loopback is not ours
	g := startGateway(t, gwOptions{address: alone, extra: "limits: {calls: 1}"})
	file := filepath.Join(t.TempDir(), "calls.pcapng")
	capture := exec.Command(tshark, "-i", "lo", "-q", "-f", "tcp and host "+alone, "-w", file)
	log := &lockedBuffer{}
	capture.Stderr = log
	if err := capture.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() { _ = capture.Wait(); close(stopped) }()
	defer func() { _ = capture.Process.Kill(); <-stopped }()
	waitFor(t, "tshark to capture: "+log.String(), func() bool {
		r, err := client.Get(g.http + "/readyz") // a packet to see
		if err == nil {
			_ = r.Body.Close()
		}
		return packetsIn(tshark, file, "tcp") > 0
	})
	calls := 0
	for _, way := range transports {
		d := startDial(t, append(way.options, "h323:1001@"+g.h323, "--duration", "5s", "--decode", "0",
			"--dtmf", "12#", "--dtmf-signalled", "--hold", "1s", "--refresh", "1s", "--take", "100000")...)
		waitFor(t, "the call", func() bool { list := g.calls(); return len(list) == 1 && list[0].State == "connected" })
		refused := startDial(t, append(way.options, "h323:1002@"+g.h323, "--decode", "0")...).report()
		if refused.Summary.Answered != 0 {
			t.Error("a call too many was answered")
		}
		d.completed()
		calls += 2
		waitFor(t, "the call to be gone", func() bool { return len(g.calls()) == 0 })
	}
	within(t, 10*time.Second, "every release to be in the capture", func() bool {
		return packetsIn(tshark, file, "h225.releaseComplete_element") >= calls
	})
	for filter, least := range map[string]int{
		"h225.setup_element": calls, "h225.connect_element": len(transports), "h225.releaseComplete_element": calls,
		"h245.terminalCapabilitySet_element": 4 * len(transports), "h245.openLogicalChannel_element": 4, "h245.userInput": 1,
		"h245.flowControlCommand_element": 1, "h245.miscellaneousCommand_element": 1,
	} {
		if n := packetsIn(tshark, file, filter); n < least {
			t.Errorf("tshark sees %d packets of %s, want %d at least", n, filter, least)
		}
	}
	const bad = "(h225 || h245 || q931 || tpkt) && (_ws.malformed || _ws.expert.severity == error)"
	if n := packetsIn(tshark, file, bad); n != 0 {
		out, _ := exec.Command(tshark, "-r", file, "-Y", bad, "-V").Output()
		t.Errorf("tshark finds fault with %d packets:\n%s", n, tail(string(out), 120))
	}
}

// packetsIn counts the packets of a capture that a display filter lets pass. Call
// signalling is told by its looks, whatever the port.
func packetsIn(tshark, file, filter string) int {
	out, err := exec.Command(tshark, "-r", file, "-Y", filter, "-T", "fields", "-e", "frame.number").Output()
	if err != nil && len(out) == 0 {
		return 0
	}
	return strings.Count(string(out), "\n")
}

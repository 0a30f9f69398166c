package e2e

import (
	"fmt"
	"testing"
	"time"
)

// usage is resident memory, kB.
type usage struct{ gateway, worker int }

func (u usage) String() string {
	return fmt.Sprintf("gateway %.1f MB, worker %.1f MB", float64(u.gateway)/1e3, float64(u.worker)/1e3)
}

// usage reads what the gateway and its largest worker hold.
func (g *gw) usage() usage {
	u := usage{gateway: residentKB(g.cmd.Process.Pid)}
	for _, pid := range g.workers() {
		u.worker = max(u.worker, residentKB(pid))
	}
	return u
}

// A round of the soak: those with a camera have each a view of their own, the others share theirs.
const (
	soakRounds  = 12
	soakWith    = 4
	soakWithout = 38
	soakEvery   = 4 // rounds, after which memory is looked at
)

// Five hundred terminals of all kinds join and leave one meeting, whose layout
// changes all the while: the memory of the gateway and of the meeting's worker stays level.
func TestMeetingSoak(t *testing.T) {
	g := startGateway(t, gwOptions{extra: "limits: {load: 0}\n"})
	var stay []*dialing
	for i, codec := range []string{"h264", "h263"} { // somebody is always there to be looked at
		stay = append(stay, startDial(t, "sip:1001@"+g.sipUDP, "--duration", "0s", "--decode", "0", "--codec", codec, "--max-bitrate", "192000",
			"--ports", portRange(46000+100*i, 10)))
	}
	waitFor(t, "the first two", func() bool { return len(g.calls()) == 2 })
	codecs := []string{"h264", "h263p", "h264-high", "h261", "vp8", "h263"}
	var seen []usage
	paths := map[string]int{}
	for round := range soakRounds {
		joining := []*dialing{
			g.soak(t, soakWith, codecs[round%len(codecs)], 46400),
			g.soak(t, soakWithout, codecs[(round+2)%len(codecs)], 46500, "--video", "none"),
		}
		waitFor(t, "most to be there", func() bool { return len(g.calls()) > soakWithout/2 })
		for _, layout := range []string{"speaker", "grid", "one-plus-n", "auto"} {
			if status := g.send("PATCH", "/rooms/1001", `{"layout": "`+layout+`"}`); status/100 != 2 {
				t.Fatalf("the layout: %d", status)
			}
			<-time.After(300 * time.Millisecond) // in which the views follow
			for _, c := range g.calls() {
				paths[layout+" by "+c.Video.Out.Path]++
			}
		}
		for _, d := range joining {
			if r := d.report(); r.Summary.Completed != r.Summary.Placed {
				t.Errorf("round %d: %d of %d calls were good: %v", round, r.Summary.Completed, r.Summary.Placed, r.Summary.Causes)
			}
		}
		waitFor(t, "the room to be as before", func() bool { return len(g.calls()) == 2 })
		if (round+1)%soakEvery == 0 {
			seen = append(seen, g.settled())
		}
	}
	t.Logf("%d joins; views that were met: %v; memory after every %d: %v", soakRounds*(soakWith+soakWithout), paths, soakEvery*(soakWith+soakWithout), seen)
	if n := g.metrics()[restartCount]; n > 0 || paths["grid by compose"] < soakRounds {
		t.Errorf("%v workers were started again, %d views were composed", n, paths["grid by compose"])
	}
	if first, last := seen[0], seen[len(seen)-1]; last.worker == 0 || last.gateway > first.gateway*6/5+4000 || last.worker > first.worker*6/5+8000 {
		t.Error("memory grows")
	}
	for _, d := range stay {
		d.hangup()
		d.completed()
	}
}

// soak has terminals of one kind join and leave.
func (g *gw) soak(t *testing.T, calls int, codec string, port int, more ...string) *dialing {
	args := []string{"sip:1001@" + g.sipUDP, "--calls", fmt.Sprint(calls), "--ramp", "1s", "--duration", "3s", "--decode", "0",
		"--codec", codec, "--max-bitrate", "192000", "--ports", portRange(port, calls)}
	return startDial(t, append(args, more...)...)
}

// settled gives the least memory over some seconds: what is decoded and encoded no more is kept for a while.
func (g *gw) settled() usage {
	least := g.usage()
	for range 10 {
		<-time.After(400 * time.Millisecond)
		now := g.usage()
		least = usage{min(least.gateway, now.gateway), min(least.worker, now.worker)}
	}
	return least
}

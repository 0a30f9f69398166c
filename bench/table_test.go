package main

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bench/relays"
	"github.com/roombridge/roombridge/bridge/packet"
)

func TestMedians(t *testing.T) {
	all := []figures{
		{Case: "a", Relay: "roombridge", CPU: 5, P99: 1},
		{Case: "a", Relay: "rtpengine", CPU: 10, P99: 9},
		{Case: "a", Relay: "roombridge", CPU: 4, P99: 3},
		{Case: "a", Relay: "roombridge", CPU: 99, P99: 99, Fault: "late"},
		{Case: "a", Relay: "roombridge", CPU: 9, P99: 2},
		{Case: "b", Relay: "roombridge", CPU: 1},
		{Case: "b", Relay: "roombridge", CPU: 2},
		{Case: "b", Relay: "rtpengine", CPU: 3, Fault: "late"},
	}
	list := []relays.Case{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	m := medians(list, all)
	if len(m) != 4 {
		t.Fatalf("%d medians: %+v", len(m), m)
	}
	if f := m[0]; f.CPU != 5 || f.P99 != 2 || f.Rounds != 3 {
		t.Errorf("three rounds: %+v", f)
	}
	if f := m[2]; f.Case != "b" || f.CPU != 1.5 || f.Rounds != 2 {
		t.Errorf("two rounds: %+v", f)
	}
	if f := m[3]; f.CPU != 3 || f.Fault == "" {
		t.Errorf("none counts: %+v", f)
	}
	var b strings.Builder
	printTable(&b, m)
	if !strings.Contains(b.String(), " 0.50 ") || strings.Count(b.String(), "\n") != 5 || strings.Count(b.String(), "disturbed") != 1 {
		t.Errorf("the table is\n%s", b.String())
	}
}

func TestJudge(t *testing.T) {
	list := judge([]figures{
		{Case: "rtp-rtp", Relay: "roombridge", Streams: 200, CPU: 6, P99: 0.2, P999: 2, Loss: 0},
		{Case: "rtp-rtp", Relay: "rtpengine", Streams: 200, CPU: 10},
		{Case: "rtp-webrtc", Relay: "roombridge", Streams: 30, CPU: 9},
		{Case: "rtp-webrtc-cm", Relay: "janus", Streams: 30, CPU: 20},
	})
	want := map[string]bool{
		"CPU rtp-rtp / rtpengine": true, "CPU rtp-webrtc / janus rtp-webrtc-cm": false, "p99 rtp-rtp at 200 streams": true,
		"p99.9 rtp-rtp at 200 streams": false, "loss rtp-rtp at 200 streams": true,
	}
	for _, x := range list {
		if met, ok := want[x.Name]; !ok || met != x.met() {
			t.Errorf("%+v: met is %v", x, x.met())
		}
	}
	if len(list) != len(want) {
		t.Errorf("%d targets, want %d", len(list), len(want))
	}
	var b strings.Builder
	printTargets(&b, append(list, target{Name: "rate", Value: 1, Limit: 2, Least: true}))
	if strings.Count(b.String(), "NOT MET") != 3 || !strings.Contains(b.String(), ">= 2") {
		t.Errorf("the list is\n%s", b.String())
	}
}

func TestSweepTargets(t *testing.T) {
	list := sweepTargets([]figures{
		{Case: "rtp-rtp", Relay: "roombridge", Streams: 50, CPU: 10, P99: 0.1, P999: 1},
		{Case: "rtp-rtp", Relay: "roombridge", Streams: 500, CPU: 10.5, P99: 2},
		{Case: "rtp-rtp", Relay: "rtpengine", Streams: 500, CPU: 1, P99: 1},
	})
	met := 0
	for _, x := range list {
		if x.met() {
			met++
		}
	}
	if len(list) != 6 || met != 5 { // p99, p99.9 and loss at 50; p99 and loss at 500; growth
		t.Errorf("%d of %d are met: %+v", met, len(list), list)
	}
	var b strings.Builder
	if err := draw(&b, []figures{{Case: "rtp-rtp", Relay: "roombridge", Streams: 50, CPU: 10, P99: 0.1}}); err != nil || !strings.Contains(b.String(), "<svg") {
		t.Errorf("the chart is %q, %v", b.String(), err)
	}
}

func TestReadMetrics(t *testing.T) {
	m, err := readMetrics(strings.NewReader("# HELP x y\nx 1.5\ny{verdict=\"a b\"} 2e3\n\n"))
	if err != nil || len(m) != 2 || m["x"] != 1.5 || m[`y{verdict="a b"}`] != 2000 {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := readMetrics(strings.NewReader("x y\n")); err == nil {
		t.Error("a value that is no number was read")
	}
}

func TestFloodPackets(t *testing.T) {
	for _, k := range floodKinds {
		all, err := floodPackets(k.kind, 77)
		if err != nil || len(all) != floodPool {
			t.Fatalf("%s: %d packets, %v", k.kind, len(all), err)
		}
		own := 0
		for _, b := range all {
			if len(b) != floodSize {
				t.Fatalf("%s: a packet of %d bytes", k.kind, len(b))
			}
			var p packet.Packet
			if packet.Parse(b, &p) == nil && p.SSRC == 77 {
				own++
			}
		}
		if want := map[string]int{"wrong source": floodPool, "wrong key": floodPool}[k.kind]; own != want {
			t.Errorf("%s: %d packets with the victim's SSRC, want %d", k.kind, own, want)
		}
	}
}

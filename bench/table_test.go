package main

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bench/relays"
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
		{Case: "b", Relay: "rtpengine", CPU: 2, Fault: "late"},
	}
	list := []relays.Case{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	m := medians(list, all)
	if len(m) != 3 {
		t.Fatalf("%d medians: %+v", len(m), m)
	}
	if f := m[0]; f.CPU != 5 || f.P99 != 2 || f.Rounds != 3 {
		t.Errorf("three rounds: %+v", f)
	}
	if f := m[2]; f.Case != "b" || f.CPU != 1.5 || f.Rounds != 2 {
		t.Errorf("two rounds: %+v", f)
	}
	var b strings.Builder
	printTable(&b, list, all)
	if !strings.Contains(b.String(), " 0.50 ") || strings.Count(b.String(), "\n") != 4 {
		t.Errorf("the table is\n%s", b.String())
	}
}

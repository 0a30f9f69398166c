package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roombridge/roombridge/bench/relays"
)

// cases are the ways of relaying that can be measured.
var cases = []relays.Case{
	{Name: "rtp-rtp", Both: true},
	{Name: "rtp-rtp-1"}, // one way
	{Name: "rtp-cm", To: relays.CM},
	{Name: "rtp-gcm", To: relays.GCM},
	{Name: "cm-rtp", From: relays.CM},
	{Name: "gcm-rtp", From: relays.GCM},
	{Name: "rtp-webrtc", To: relays.WebRTC},
	{Name: "webrtc-rtp", From: relays.WebRTC},
	{Name: "rtp-webrtc-cm", To: relays.WebRTCCM},
	{Name: "webrtc-cm-rtp", From: relays.WebRTCCM},
	{Name: "gcm-gcm", From: relays.GCM, To: relays.GCM, Both: true},
	{Name: "fan-10", To: relays.WebRTC, Fan: 10},
	{Name: "fan-50", To: relays.WebRTC, Fan: 50},
}

// mainCases are those of the table.
var mainCases = []string{"rtp-rtp", "rtp-cm", "rtp-gcm", "cm-rtp", "gcm-rtp", "rtp-webrtc", "webrtc-rtp", "rtp-webrtc-cm", "webrtc-cm-rtp"}

// chosen gives the cases of a list of names.
func chosen(names string) ([]relays.Case, error) {
	var list []relays.Case
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(cases, func(c relays.Case) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no case %q", name)
		}
		list = append(list, cases[i])
	}
	return list, nil
}

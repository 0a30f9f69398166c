package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// target is a figure that the issue sets, beside what was measured.
type target struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Least bool    `json:"least"` // the limit is the least, not the most
	Unit  string  `json:"unit"`
}

func (t target) met() bool {
	if t.Least {
		return t.Value >= t.Limit
	}
	return t.Value <= t.Limit
}

// ratios are the targets of CPU time against another relay: the gateway in a
// case, the other in a case of its own.
var ratios = []struct {
	ours, relay, theirs string
	most                float64
}{
	{"rtp-rtp", "rtpengine", "rtp-rtp", 0.65},
	{"rtp-cm", "rtpengine", "rtp-cm", 0.50},
	{"rtp-gcm", "rtpengine", "rtp-gcm", 0.42},
	{"cm-rtp", "rtpengine", "cm-rtp", 0.50},
	{"gcm-rtp", "rtpengine", "gcm-rtp", 0.50},
	{"rtp-webrtc", "rtpengine", "rtp-webrtc", 0.45},
	{"webrtc-rtp", "rtpengine", "webrtc-rtp", 0.45},
	{"rtp-webrtc", "janus", "rtp-webrtc-cm", 0.40}, // Janus as the issue has it, with AES-CM
	{"webrtc-rtp", "janus", "webrtc-cm-rtp", 0.40},
	{"rtp-webrtc", "janus", "rtp-webrtc", 0.40},
	{"webrtc-rtp", "janus", "webrtc-rtp", 0.40},
	{"fan-50", "floor", "fan-50", 1.3},
}

// judge compares medians with the targets of ratios and, for the gateway, of
// delay and loss at so many streams.
func judge(m []figures) []target {
	var out []target
	for _, r := range ratios {
		a, ok := find(m, r.ours, "roombridge")
		b, ok2 := find(m, r.theirs, r.relay)
		if !ok || !ok2 || b.CPU == 0 {
			continue
		}
		name := "CPU " + r.ours + " / " + r.relay
		if r.ours != r.theirs {
			name += " " + r.theirs
		}
		out = append(out, target{Name: name, Value: a.CPU / b.CPU, Limit: r.most})
	}
	for _, f := range m {
		if f.Relay != "roombridge" || f.Case == "fan-50" {
			continue
		}
		out = append(out, delayTargets(f)...)
	}
	return out
}

// delayTargets are those of one measurement of the gateway.
func delayTargets(f figures) []target {
	p99 := 0.0
	switch f.Streams {
	case 50:
		p99 = 0.12
	case 200:
		p99 = 0.25
	case 500:
		p99 = 1
	default:
		return nil
	}
	name := fmt.Sprintf("%s at %d streams", f.Case, f.Streams)
	out := []target{{Name: "p99 " + name, Value: f.P99, Limit: p99, Unit: "ms"}}
	if f.Streams <= 200 {
		out = append(out, target{Name: "p99.9 " + name, Value: f.P999, Limit: 1.5, Unit: "ms"})
	}
	return append(out, target{Name: "loss " + name, Value: 100 * f.Loss, Limit: 0, Unit: "%"})
}

// printTargets prints each with what was measured.
func printTargets(w io.Writer, list []target) {
	if len(list) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(t, "target\tmeasured\tlimit\t")
	for _, x := range list {
		word, sign := "met", "<="
		if x.Least {
			sign = ">="
		}
		if !x.met() {
			word = "NOT MET"
		}
		fmt.Fprintf(t, "%s\t%.3g %s\t%s %.3g\t%s\n", x.Name, x.Value, x.Unit, sign, x.Limit, word)
	}
	_ = t.Flush()
}

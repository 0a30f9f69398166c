package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// report is everything that a run measured, as -json writes it.
type report struct {
	Begun        time.Time         `json:"begun"`
	Processor    string            `json:"processor"`
	Kernel       string            `json:"kernel"`
	Gateway      string            `json:"gateway"` // its version
	Conditions   map[string]any    `json:"conditions"`
	Relays       map[string]string `json:"relays"` // how they were run
	Measurements []figures         `json:"measurements,omitempty"`
	Medians      []figures         `json:"medians,omitempty"`
	Sweep        []figures         `json:"sweep,omitempty"`
	Memory       []memory          `json:"memory,omitempty"`
	Soak         *soak             `json:"soak,omitempty"`
	Flood        []flood           `json:"flood,omitempty"`
	Startup      *startup          `json:"startup,omitempty"`
	Most         []most            `json:"most,omitempty"`
	Targets      []target          `json:"targets,omitempty"`
}

func (b *bench) newReport() *report {
	return &report{
		Begun: time.Now(), Processor: processor(), Kernel: command("uname", "-r"), Gateway: command(b.binary, "version"),
		Relays: map[string]string{},
		Conditions: map[string]any{
			"streams": b.streams, "seconds": b.seconds, "warm": b.warm, "rounds": b.rounds, "bytes": b.payload,
			"packets_a_second": burst * rate, "burst": burst, "segmented": b.segment, "joined": b.joined, "sample": b.sample,
			"processors": runtime.NumCPU(), "relay_processor": b.cpu,
		},
	}
}

func command(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return runtime.GOARCH
}

// write writes the report.
func (r *report) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

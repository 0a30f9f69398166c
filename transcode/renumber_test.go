package transcode

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

func numbered(clock int) *renumbering {
	m := &Meeting{graph: Graph{Inputs: []Input{{ID: 1}}, Outputs: []Output{{ID: 2, ClockRate: clock}}}}
	m.version.Store(1)
	r := &renumbering{}
	r.refresh(m)
	return r
}

// A new worker's numbers continue those of the one before; the timestamps
// count the time in between.
func TestRenumber(t *testing.T) {
	r := numbered(8000)
	begin := time.Now()
	pass := func(seq uint16, ts uint32, after time.Duration) Frame {
		f := Frame{Stream: 2, Seq: seq, Timestamp: ts}
		if !r.frame(&f, begin.Add(after)) {
			t.Fatal("not known")
		}
		return f
	}
	if f := pass(7, 1000, 0); f.Seq != 7 || f.Timestamp != 1000 {
		t.Errorf("the first worker's numbers changed: %+v", f)
	}
	pass(8, 1160, 20*time.Millisecond)
	r.restarted()
	if f := pass(0, 0, 520*time.Millisecond); f.Seq != 9 || f.Timestamp != 1160+4000 {
		t.Errorf("first of a new worker: %+v", f)
	}
	if f := pass(1, 160, 540*time.Millisecond); f.Seq != 10 || f.Timestamp != 1160+4160 {
		t.Errorf("second of a new worker: %+v", f)
	}
	r.restarted()
	r.restarted()
	if f := pass(50000, 1<<31, 540*time.Millisecond); f.Seq != 11 || f.Timestamp != 1160+4160+160 {
		t.Errorf("a new worker at once: %+v", f)
	}
}

// Packets of pictures go on likewise; those of one frame have one timestamp.
func TestRenumberPictures(t *testing.T) {
	m := &Meeting{graph: Graph{VideoInputs: []VideoInput{{ID: 1}}, VideoOutputs: []VideoOutput{{ID: 2}}}}
	m.version.Store(1)
	r := &renumbering{}
	r.refresh(m)
	begin := time.Now()
	pass := func(seq uint16, ts uint32, after time.Duration) Frame {
		f := Frame{Stream: 2, Seq: seq, Timestamp: ts}
		if !r.packet(&f, begin.Add(after)) || r.frame(&f, begin) {
			t.Fatal("not known as a picture's")
		}
		return f
	}
	pass(65535, 90000, 0)
	r.restarted()
	for i := range uint16(3) {
		if f := pass(i, 5000, time.Second+time.Duration(i)*time.Millisecond); f.Seq != i || f.Timestamp != 180000 {
			t.Errorf("packet %d of a new worker: %+v", i, f)
		}
	}
	if !r.sources[1] || r.sources[2] {
		t.Errorf("inputs %v", r.sources)
	}
}

func TestRenumberUnknown(t *testing.T) {
	r := numbered(8000)
	if f := (Frame{Stream: 3}); r.frame(&f, time.Now()) {
		t.Error("a stream that is not in the graph")
	}
	if !r.inputs[1] || r.inputs[2] {
		t.Errorf("inputs %v", r.inputs)
	}
}

// Streams that stay in the graph keep their numbers, others are forgotten.
func TestRenumberRefresh(t *testing.T) {
	m := &Meeting{graph: Graph{Outputs: []Output{{ID: 2}, {ID: 3}}}}
	m.version.Store(1)
	r := &renumbering{}
	r.refresh(m)
	kept := r.outputs[2]
	m.graph = Graph{Outputs: []Output{{ID: 4}, {ID: 2}}}
	r.refresh(m)
	if r.outputs[3] == nil {
		t.Error("a graph was taken up that is not new")
	}
	m.version.Store(2)
	r.refresh(m)
	if r.outputs[2] != kept || r.outputs[3] != nil || r.outputs[4] == nil {
		t.Errorf("%v", r.outputs)
	}
}

func TestBudget(t *testing.T) {
	var b budget
	now := time.Now()
	count := func(n, size, outputs int) (err error) {
		for range n {
			if err = b.spend(now, size, outputs, 0); err != nil {
				return err
			}
		}
		return nil
	}
	if err := count(messagesPerSecond, 10, 0); err != nil {
		t.Error(err)
	}
	if err := count(1, 10, 0); err == nil {
		t.Error("one message too many")
	}
	if err := count(5*messagesPerOutput-10, 10, 5); err != nil {
		t.Errorf("more outputs may send more: %v", err)
	}
	if err := b.spend(now, 10, 5, 1); err != nil {
		t.Errorf("and pictures a lot more: %v", err)
	}
	now = now.Add(time.Second)
	if err := count(8, bytesPerSecond/8, 0); err != nil {
		t.Errorf("a new second: %v", err)
	}
	if err := count(1, 1, 0); err == nil {
		t.Error("one byte too many")
	}
}

func words(text string, at ...time.Duration) string {
	var log bytes.Buffer
	s := newStderr(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	begin := time.Now()
	for _, d := range at {
		s.line(text, begin.Add(d))
	}
	return log.String()
}

func TestStderrRate(t *testing.T) {
	var at []time.Duration
	for i := range 100 {
		at = append(at, time.Duration(i)*time.Millisecond)
	}
	at = append(at, stderrPeriod, 2*stderrPeriod)
	log := words("hello", at...)
	if n := strings.Count(log, "text=hello"); n != stderrBurst+2 {
		t.Errorf("%d lines", n)
	}
	if !strings.Contains(log, fmt.Sprintf("lines=%d", 100-stderrBurst)) {
		t.Error("nobody says how much was left out")
	}
}

func TestStderrCause(t *testing.T) {
	for text, want := range map[string]string{
		"fine\npanic: oh\ngoroutine 1\npanic: later\n":           "panic: oh",
		"SIGSEGV: segmentation violation\n\n":                    "SIGSEGV: segmentation violation",
		"roombridge-media: descriptor 3 is no socket\nx":         "roombridge-media: descriptor 3 is no socket",
		"nothing of the kind":                                    "",
		strings.Repeat("x", 3000) + "\nfatal error: all is lost": "fatal error: all is lost",
	} {
		s := newStderr(slog.New(slog.DiscardHandler))
		s.copy(strings.NewReader(text))
		if got := s.last(); got != want {
			t.Errorf("%.20q: %q, want %q", text, got, want)
		}
		s.listen()
		if s.last() != "" {
			t.Error("the next worker is blamed")
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{"a\x1b[0mb": "a [0mb", "\xff\xfe": "?", " x\r\n": "x", "đ": "đ"} {
		if got := printable([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if n := len(printable(make([]byte, 10000))); n > 512 {
		t.Errorf("%d bytes", n)
	}
}

func TestCapabilities(t *testing.T) {
	c := Capabilities{AudioDecode: []media.Codec{"opus", "PCMU"}, AudioEncode: []media.Codec{"PCMU"}, VideoDecode: []media.Codec{"H264"}}
	if !c.Decodes("opus") || c.Encodes("opus") || c.Mixes("opus") || !c.Mixes("PCMU") || !c.Decodes("H264") || c.Stills() || c.Mixes("H264") {
		t.Errorf("%+v", c)
	}
}

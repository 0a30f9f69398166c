package h264

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// walked writes down what a Walker finds: type and length, with the marks of
// a fragment, and the error.
func walked(payload []byte) string {
	var out []string
	w := Walk(payload)
	for w.Next() {
		s := fmt.Sprintf("%d:%d", w.Unit.Type(), len(w.Unit.Body))
		if w.Unit.NAL() == nil {
			s += "f"
			if w.Unit.Start {
				s += "S"
			}
			if w.Unit.End {
				s += "E"
			}
		}
		out = append(out, s)
	}
	if w.Err != nil {
		out = append(out, "error")
	}
	return strings.Join(out, " ")
}

func TestWalk(t *testing.T) {
	for name, c := range map[string]struct {
		payload []byte
		want    string
	}{
		"nothing":             {nil, "error"},
		"single":              {[]byte{0x65, 1, 2}, "5:2"},
		"header alone":        {[]byte{0x65}, "5:0"},
		"type 0":              {[]byte{0x60, 1}, ""},
		"STAP-A":              {[]byte{0x78, 0, 2, 0x67, 1, 0, 1, 0x68, 0, 3, 0x65, 1, 2}, "7:1 8:0 5:2"},
		"STAP-A of nothing":   {[]byte{0x78}, ""},
		"STAP-A empty units":  {[]byte{0x78, 0, 0, 0, 1, 0x68, 0, 0}, "8:0"},
		"STAP-A cut":          {[]byte{0x78, 0, 1, 0x68, 0, 9, 0x65, 1}, "8:0 error"},
		"STAP-A length cut":   {[]byte{0x78, 0, 1, 0x68, 0}, "8:0 error"},
		"FU-A start":          {[]byte{0x7c, 0x85, 1, 2}, "5:2fS"},
		"FU-A middle":         {[]byte{0x7c, 0x05, 1, 2}, "5:2f"},
		"FU-A end":            {[]byte{0x7c, 0x45, 1, 2}, "5:2fE"},
		"FU-A empty":          {[]byte{0x7c, 0x45}, "5:0fE"},
		"FU-A cut":            {[]byte{0x7c}, "error"},
		"STAP-B":              {[]byte{0x79, 0, 1, 0, 1, 0x68}, ""},
		"MTAP16":              {[]byte{0x7a, 0, 1, 0, 1, 0x68}, ""},
		"MTAP24":              {[]byte{0x7b, 0, 1, 0, 1, 0x68}, ""},
		"FU-B":                {[]byte{0x7d, 0x85, 0, 0, 1}, ""},
		"types 30 and 31":     {[]byte{0x7e, 1, 2}, ""},
		"SVC slice":           {[]byte{0x74, 1, 2, 3, 4}, "20:4"},
		"aggregate in itself": {[]byte{0x78, 0, 2, 0x78, 1}, "24:1"},
	} {
		if got := walked(c.payload); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	w := Walk([]byte{0x7c, 0x85, 9})
	if w.Next(); w.Unit.Header != 0x65 || w.Packet != TypeFUA {
		t.Errorf("header %#x in packet %d", w.Unit.Header, w.Packet)
	}
}

func TestInspectAndKeyframe(t *testing.T) {
	first, second := []byte{0x88, 0x84}, []byte{0x58, 0x80} // first_mb_in_slice 0 and 1
	nal := func(header byte, body []byte) []byte { return append([]byte{header}, body...) }
	for name, c := range map[string]struct {
		payload    []byte
		types      []uint8
		begin, key bool
	}{
		"nothing":             {nil, nil, false, false},
		"SPS":                 {plainSPS, []uint8{7}, true, true},
		"PPS":                 {plainPPS, []uint8{8}, true, false},
		"AUD":                 {[]byte{9, 0xf0}, []uint8{9}, true, false},
		"SEI":                 {[]byte{6, 5, 1, 1}, []uint8{6}, true, false},
		"prefix":              {[]byte{0x6e, 1, 2, 3}, []uint8{14}, true, false},
		"filler":              {filler, []uint8{12}, false, false},
		"P slice, first":      {nal(0x41, first), []uint8{1}, true, false},
		"P slice, second":     {nal(0x41, second), []uint8{1}, false, false},
		"slice without data":  {[]byte{0x41}, []uint8{1}, false, false},
		"IDR slice, first":    {nal(0x65, first), []uint8{5}, true, true},
		"IDR slice, second":   {nal(0x65, second), []uint8{5}, false, true},
		"partition A":         {nal(0x42, first), []uint8{2}, true, false},
		"partition B":         {nal(0x43, first), []uint8{3}, false, false},
		"IDR fragment, first": {append([]byte{0x7c, 0x85}, first...), []uint8{5}, true, true},
		"IDR fragment, rest":  {append([]byte{0x7c, 0x05}, first...), []uint8{5}, false, false},
		"sets and IDR":        {aggregate(nil, plainSPS, plainPPS, nal(0x65, first)), []uint8{7, 8, 5}, true, true},
		"PPS and IDR":         {aggregate(nil, plainPPS, nal(0x65, first)), []uint8{8, 5}, true, true},
		"P slices together":   {aggregate(nil, nal(0x41, first), nal(0x41, second)), []uint8{1}, true, false},
	} {
		info := Inspect(c.payload)
		var types uint32
		for _, n := range c.types {
			types |= 1 << n
			if !info.Has(n) {
				t.Errorf("%s: type %d is not seen", name, n)
			}
		}
		if info.Types != types || info.Begin != c.begin || Keyframe(c.payload) != c.key {
			t.Errorf("%s: %+v, keyframe %v", name, info, Keyframe(c.payload))
		}
	}
}

func TestWalkDoesNotAllocate(t *testing.T) {
	payload := aggregate(nil, plainSPS, plainPPS, []byte{0x65, 0x88, 0x84})
	if n := testing.AllocsPerRun(100, func() {
		if !Keyframe(payload) || !Inspect(payload).Has(TypePPS) {
			t.Fatal("wrong")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzWalk: units lie within the payload, in order, and an aggregate that is
// read without error is the sum of its units.
func FuzzWalk(f *testing.F) {
	f.Add(aggregate(nil, plainSPS, plainPPS))
	f.Add([]byte{0x7c, 0x85, 0x88})
	f.Add([]byte{0x78, 0, 0, 0, 1, 0x68, 0, 9, 1})
	f.Fuzz(func(t *testing.T, payload []byte) {
		w, total, at := Walk(payload), 0, 0
		for w.Next() {
			at = bytes.Index(payload[at:], w.Unit.Body) + at
			if nal := w.Unit.NAL(); nal != nil {
				total += 2 + len(nal)
				if Type(nal) != w.Unit.Type() || len(nal) != 1+len(w.Unit.Body) {
					t.Fatalf("%+v", w.Unit)
				}
			}
			if total > 2+len(payload) {
				t.Fatalf("%d bytes of %d", total, len(payload))
			}
		}
		Inspect(payload)
		if Keyframe(payload) && !Inspect(payload).Has(TypeSPS) && !Inspect(payload).Has(TypeIDR) {
			t.Fatal("a keyframe of nothing")
		}
	})
}

func BenchmarkInspect(b *testing.B) {
	payload := append([]byte{0x7c, 0x85, 0x88, 0x84}, make([]byte, 1180)...)
	b.ReportAllocs()
	for b.Loop() {
		Inspect(payload)
	}
}

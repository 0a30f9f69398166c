package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	s := Series{Name: "a <b>", Color: "#123456", X: []float64{10, 50, 500}, Y: []float64{0.05, 0.4, 30}}
	flat := Series{Name: "zero", Color: "red", Dash: "4 2", X: []float64{10}, Y: []float64{0}}
	for name, panels := range map[string][]Panel{
		"two":   {{Title: "delay & loss", X: "legs", Y: "ms", Log: true, Series: []Series{s}}, {Title: "CPU", Series: []Series{s, flat}}},
		"empty": {{Title: "nothing", Log: true}},
		"zero":  {{Series: []Series{flat}}, {Log: true, Series: []Series{flat}}},
	} {
		var b strings.Builder
		if err := Write(&b, panels...); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
			t.Errorf("%s: a value that is no number in\n%s", name, b.String())
		}
		points := 0
		for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v in\n%s", name, err, b.String())
			}
			if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "circle" {
				points++
			}
		}
		if want := map[string]int{"two": 7, "empty": 0, "zero": 2}[name]; points != want {
			t.Errorf("%s: %d points, want %d", name, points, want)
		}
	}
}

func TestAxis(t *testing.T) {
	a := axis{1, 100, 0, 200, true}
	for v, want := range map[float64]float64{1: 0, 10: 100, 100: 200, 0.1: 0} {
		if got := a.at(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v is at %v, want %v", v, got, want)
		}
	}
	if m := a.marks(); len(m) != 3 || math.Abs(m[2]-100) > 1e-9 {
		t.Errorf("marks %v", m)
	}
	a = axis{0, 23, 0, 100, false}
	if m := a.marks(); len(m) < 4 || len(m) > 12 || m[0] != 0 {
		t.Errorf("marks %v", m)
	}
}

// Over time both axes begin at nothing, and lines have no dots.
func TestTime(t *testing.T) {
	var b strings.Builder
	p := Panel{Title: "rate", X: "s", Y: "kbit/s", Time: true, Series: []Series{{Name: "sent", Color: "#06c", X: []float64{0, 10, 40}, Y: []float64{0, 500, 2000}}}}
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	if svg := b.String(); strings.Contains(svg, "<circle") || !strings.Contains(svg, ">20</text>") {
		t.Errorf("drawn as %s", svg)
	}
}

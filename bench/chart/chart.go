// Package chart draws lines over a logarithmic axis, or over time, as SVG, with nothing but
// the standard library.
package chart

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"math"
	"strconv"
)

// Series is one line.
type Series struct {
	Name  string
	Color string // of CSS
	Dash  string // of stroke-dasharray; empty is solid
	X, Y  []float64
}

// Panel is one diagram.
type Panel struct {
	Title, X, Y string // words of the panel and its axes
	Log         bool   // the upright axis is logarithmic
	Time        bool   // the other one is not, and points have no dots
	Series      []Series
}

// Measures of a panel in pixels.
const (
	width, height = 620, 360
	left, right   = 64, 150
	top, bottom   = 44, 48
)

// Write writes panels one below the other.
func Write(w io.Writer, panels ...Panel) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height*len(panels))
	fmt.Fprintf(b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height*len(panels))
	for i, p := range panels {
		fmt.Fprintf(b, `<g transform="translate(0 %d)">`+"\n", i*height)
		p.write(b)
		fmt.Fprintln(b, "</g>")
	}
	fmt.Fprintln(b, "</svg>")
	return b.Flush()
}

func (p Panel) write(w io.Writer) {
	x, y := p.axes()
	fmt.Fprintf(w, `<text x="%d" y="22" font-size="15" font-weight="bold">%s</text>`+"\n", left, html.EscapeString(p.Title))
	fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+width-right)/2, height-10, html.EscapeString(p.X))
	fmt.Fprintf(w, `<text transform="translate(16 %d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (top+height-bottom)/2, html.EscapeString(p.Y))
	for _, v := range y.marks() {
		at := y.at(v)
		fmt.Fprintf(w, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, at, width-right, left-6, at+4, label(v))
	}
	for _, v := range p.stops() {
		at := x.at(v)
		fmt.Fprintf(w, `<path d="M%.1f %dV%d" stroke="#eee"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", at, top, height-bottom, at, height-bottom+18, label(v))
	}
	fmt.Fprintf(w, `<path d="M%d %dV%dH%d" fill="none" stroke="#444"/>`+"\n", left, top, height-bottom, width-right)
	for i, s := range p.Series {
		fmt.Fprintf(w, `<g stroke="%s" fill="none" stroke-width="2" stroke-dasharray="%s"><path d="`, html.EscapeString(s.Color), html.EscapeString(s.Dash))
		for j := range s.X {
			fmt.Fprintf(w, "%c%.1f %.1f", "ML"[min(j, 1)], x.at(s.X[j]), y.at(s.Y[j]))
		}
		key := top + 6 + 18*i
		fmt.Fprintf(w, `"/><path d="M%d %dh24"/></g>`+"\n", width-right+10, key)
		for j := range s.X {
			if p.Time {
				break
			}
			fmt.Fprintf(w, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, x.at(s.X[j]), y.at(s.Y[j]), html.EscapeString(s.Color))
		}
		fmt.Fprintf(w, `<text x="%d" y="%d">%s</text>`+"\n", width-right+40, key+4, html.EscapeString(s.Name))
	}
}

// stops are the values for which there are points, or round ones.
func (p Panel) stops() []float64 {
	if p.Time {
		x, _ := p.axes()
		return x.marks()
	}
	var all []float64
	seen := map[float64]bool{}
	for _, s := range p.Series {
		for _, v := range s.X {
			if !seen[v] {
				seen[v] = true
				all = append(all, v)
			}
		}
	}
	return all
}

// axis maps values to pixels.
type axis struct {
	least, most float64
	from, to    float64 // pixels
	log         bool
}

func (a axis) at(v float64) float64 {
	l, m := a.least, a.most
	if a.log {
		v, l, m = math.Log(max(v, a.least)), math.Log(l), math.Log(m)
	}
	if m == l {
		return a.from
	}
	return a.from + (v-l)/(m-l)*(a.to-a.from)
}

// marks are round values on the axis.
func (a axis) marks() []float64 {
	var all []float64
	if a.log {
		for v := a.least; v <= a.most*1.001; v *= 10 {
			all = append(all, v)
		}
		return all
	}
	step := math.Pow(10, math.Floor(math.Log10(a.most)))
	for a.most/step < 4 {
		step /= 2
	}
	for v := 0.0; v <= a.most*1.001; v += step {
		all = append(all, v)
	}
	return all
}

func (p Panel) axes() (x, y axis) {
	x = axis{math.Inf(1), math.Inf(-1), left + 12, width - right - 12, !p.Time}
	y = axis{math.Inf(1), math.Inf(-1), height - bottom, top, p.Log}
	for _, s := range p.Series {
		for i := range s.X {
			x.least, x.most = min(x.least, s.X[i]), max(x.most, s.X[i])
			if s.Y[i] > 0 {
				y.least = min(y.least, s.Y[i])
			}
			y.most = max(y.most, s.Y[i])
		}
	}
	if math.IsInf(x.least, 0) || math.IsInf(y.least, 0) { // nothing to draw
		x.least, x.most, y.least, y.most = 1, 10, 1, 10
	}
	if p.Time {
		x.least = 0
	}
	if p.Log {
		y.least, y.most = math.Pow(10, math.Floor(math.Log10(y.least))), math.Pow(10, math.Ceil(math.Log10(y.most)))
		if y.least == y.most {
			y.most *= 10
		}
	} else {
		y.least, y.most = 0, y.most*1.1
	}
	return x, y
}

func label(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

package screen

import "strings"

// words is a text whose words have been measured, to be broken into rows again and again.
type words struct {
	text   []string
	widths []int
	space  int
}

func measure(face *Face, text string) words {
	w := words{text: strings.Fields(text), space: face.Measure(" ")}
	for _, t := range w.text {
		w.widths = append(w.widths, face.Measure(t))
	}
	return w
}

// wrap gives the ends of rows, and the width of the widest.
func (w *words) wrap(room int) (ends []int, widest int) {
	width := 0
	for i, n := range w.widths {
		if longer := width + w.space + n; i > 0 && longer <= room {
			width = longer
		} else {
			if i > 0 {
				ends = append(ends, i)
			}
			width = n
		}
		widest = max(widest, width)
	}
	if len(w.text) > 0 {
		ends = append(ends, len(w.text))
	}
	return ends, widest
}

// balanced breaks the text into as few rows as there have to be, of about the same
// width, and gives the widest of them.
func (w *words) balanced(room int) (rows []string, widest int) {
	ends, widest := w.wrap(room)
	for narrow := room; len(ends) > 1; {
		narrow -= max(room/25, 1)
		tighter, wide := w.wrap(narrow)
		if len(tighter) > len(ends) || wide > narrow {
			break
		}
		ends, widest = tighter, wide
	}
	from := 0
	for _, to := range ends {
		rows = append(rows, strings.Join(w.text[from:to], " "))
		from = to
	}
	return rows, widest
}

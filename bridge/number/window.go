package number

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Window is a recurring time in a zone, by the clock on the wall there: an hour that
// daylight saving skips never comes, one that it repeats counts twice. A window that
// ends before it begins goes on into the next day, and belongs to the day on which it
// began. In text it is words in any order:
//
//	mon-fri 08:00-18:00 Asia/Ho_Chi_Minh
//	sat,sun 22:00-06:00 2026-01-01..2026-06-30 !2026-04-30 !12-24..01-02
//
// Without days it is every day, without hours all day, without dates always; dates
// without a year come every year; ! excepts dates; without a zone it is UTC.
type Window struct {
	days     uint8 // a bit for each time.Weekday, 0 is all
	from, to int   // minutes of the day; both 0 is all day
	on, off  []span
	zone     string
}

// span is days from first to last, both included; in year 0 it comes every year.
type span struct{ first, last date }

// date is year*10000 + month*100 + day.
type date int

const (
	maxSpans  = 32
	dayLength = 24 * 60
)

var (
	dayNames  = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	errHours  = errors.New("hours are written 08:00-18:00")
	errDates  = errors.New("dates are written 2026-04-30, 04-30 or 2026-01-01..2026-06-30")
	errWindow = errors.New("a window is at most 512 bytes with 32 dates")
)

// ParseWindow reads a window's text.
func ParseWindow(text string) (Window, error) {
	var w Window
	if len(text) > 512 {
		return w, errWindow
	}
	for word := range strings.FieldsSeq(text) {
		if err := w.word(word); err != nil {
			return Window{}, fmt.Errorf("%q: %w", word, err)
		}
	}
	if len(w.on)+len(w.off) > maxSpans {
		return Window{}, errWindow
	}
	return w, nil
}

func (w *Window) word(s string) (err error) {
	switch {
	case s[0] == '!':
		return addSpan(&w.off, s[1:])
	case strings.Contains(s, ":"):
		return w.hours(s)
	case s[0] >= '0' && s[0] <= '9':
		return addSpan(&w.on, s)
	case len(s) >= 3 && weekday(s[:3]) >= 0 && (len(s) == 3 || s[3] == '-' || s[3] == ','):
		return w.weekdays(s)
	}
	if w.zone != "" {
		return errors.New("a second zone")
	}
	if _, err = time.LoadLocation(s); err != nil || s == "Local" {
		return errors.New("not an IANA time zone")
	}
	w.zone = s
	return nil
}

func weekday(s string) int { return slices.Index(dayNames[:], strings.ToLower(s)) }

func (w *Window) weekdays(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		a, b, isRange := strings.Cut(part, "-")
		first, last := weekday(a), weekday(b)
		if !isRange {
			last = first
		}
		if first < 0 || last < 0 {
			return errors.New("days are written mon-fri or sat,sun")
		}
		for d := first; ; d = (d + 1) % 7 {
			w.days |= 1 << d
			if d == last {
				break
			}
		}
	}
	return nil
}

func (w *Window) hours(s string) error {
	if w.from != w.to {
		return errors.New("second hours")
	}
	a, b, ok := strings.Cut(s, "-")
	from, ok1 := minutes(a)
	to, ok2 := minutes(b)
	if !ok || !ok1 || !ok2 || from == to || from == dayLength {
		return errHours
	}
	if from == 0 && to == dayLength {
		to = 0
	}
	w.from, w.to = from, to
	return nil
}

func minutes(s string) (int, bool) {
	h, m, ok := strings.Cut(s, ":")
	hour, err1 := strconv.ParseUint(h, 10, 8)
	minute, err2 := strconv.ParseUint(m, 10, 8)
	total := int(hour)*60 + int(minute)
	return total, ok && err1 == nil && err2 == nil && len(m) == 2 && len(h) <= 2 && minute < 60 && total <= dayLength
}

func addSpan(list *[]span, s string) error {
	a, b, isRange := strings.Cut(s, "..")
	first, ok1 := parseDate(a)
	last, ok2 := parseDate(b)
	if !isRange {
		last, ok2 = first, ok1
	}
	yearly := first < 10000
	if !ok1 || !ok2 || yearly != (last < 10000) || !yearly && last < first {
		return errDates
	}
	*list = append(*list, span{first, last})
	return nil
}

// parseDate reads 2026-04-30 or 04-30.
func parseDate(s string) (date, bool) {
	base := 0
	if len(s) == 5 {
		s, base = "2000-"+s, 2000*10000 // a leap year
	}
	t, err := time.Parse(time.DateOnly, s)
	return dateOf(t) - date(base), err == nil && t.Year() > 0
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date(y*10000 + int(m)*100 + d)
}

func (d date) String() string {
	if d < 10000 {
		return fmt.Sprintf("%02d-%02d", d/100, d%100)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100)
}

func (s span) has(d date) bool {
	if s.last < 10000 {
		d %= 10000
		if s.last < s.first { // over the new year
			return d >= s.first || d <= s.last
		}
	}
	return d >= s.first && d <= s.last
}

// String is the window's text, always the same for the same window.
func (w Window) String() string {
	var words []string
	if w.days != 0 {
		words = append(words, w.daysText())
	}
	for _, s := range w.on {
		words = append(words, s.String())
	}
	for _, s := range w.off {
		words = append(words, "!"+s.String())
	}
	if w.from != w.to {
		words = append(words, fmt.Sprintf("%02d:%02d-%02d:%02d", w.from/60, w.from%60, w.to/60, w.to%60))
	}
	if w.zone != "" {
		words = append(words, w.zone)
	}
	return strings.Join(words, " ")
}

func (s span) String() string {
	if s.first == s.last {
		return s.first.String()
	}
	return s.first.String() + ".." + s.last.String()
}

// daysText writes runs of days from Monday on.
func (w Window) daysText() string {
	var runs []string
	for i := 0; i < 7; i++ {
		j := i
		for j < 7 && w.days&(1<<((j+1)%7)) != 0 {
			j++
		}
		switch first, last := dayNames[(i+1)%7], dayNames[j%7]; {
		case j == i:
			continue
		case j == i+1:
			runs = append(runs, first)
		default:
			runs = append(runs, first+"-"+last)
		}
		i = j
	}
	return strings.Join(runs, ",")
}

// MarshalText implements encoding.TextMarshaler.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *Window) UnmarshalText(b []byte) (err error) {
	*w, err = ParseWindow(string(b))
	return err
}

// has tells whether a time, by the clock on the wall of its zone, is in the window.
func (w *Window) has(t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	y, month, d := t.Date()
	day := time.Date(y, month, d, 0, 0, 0, 0, time.UTC) // a day that has no gaps
	if w.to > w.from {
		return m >= w.from && m < w.to && w.begins(day)
	}
	return m >= w.from && w.begins(day) || m < w.to && w.begins(day.AddDate(0, 0, -1))
}

// begins tells whether the window has hours that begin on a day.
func (w *Window) begins(day time.Time) bool {
	if w.days != 0 && w.days&(1<<day.Weekday()) == 0 {
		return false
	}
	d := dateOf(day)
	within := func(s span) bool { return s.has(d) }
	return (len(w.on) == 0 || slices.ContainsFunc(w.on, within)) && !slices.ContainsFunc(w.off, within)
}

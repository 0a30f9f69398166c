package h323

import (
	"strings"
	"time"
)

// maxDigits bounds the keys that one message presses, and those that wait for their
// second report.
const maxDigits = 32

// keys gives the telephone keys in a text, as a Keypad element has it (Q.931 4.5.18).
func keys(text string) []rune {
	var out []rune
	for _, r := range strings.ToUpper(text) {
		if strings.ContainsRune("0123456789*#ABCD", r) && len(out) < maxDigits {
			out = append(out, r)
		}
	}
	return out
}

// digitWindow is how far apart the two reports of one key press can be: the RFC 4733
// event ends after the key is let go, signalling waits for its turn.
const digitWindow = 1500 * time.Millisecond

// digitFilter joins two sources that report the same key presses: RFC 4733 in the
// stream, and user input of H.245 or Q.931. A report is dropped when the other source
// reported the same digit shortly before and was not yet paired.
type digitFilter struct {
	unpaired []heardDigit
}

type heardDigit struct {
	digit  rune
	stream bool
	at     time.Time
}

// admit tells whether a report is a key press not yet heard of.
func (f *digitFilter) admit(d rune, stream bool, now time.Time) bool {
	keep := f.unpaired[:0]
	duplicate := false
	for _, h := range f.unpaired {
		switch {
		case now.Sub(h.at) > digitWindow:
		case !duplicate && h.digit == d && h.stream != stream:
			duplicate = true
		default:
			keep = append(keep, h)
		}
	}
	f.unpaired = keep
	if !duplicate && len(f.unpaired) < maxDigits {
		f.unpaired = append(f.unpaired, heardDigit{d, stream, now})
	}
	return !duplicate
}

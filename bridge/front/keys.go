package front

import (
	"strings"
	"time"
)

// MaxKeys bounds the keys that one message presses.
const MaxKeys = 32

// Keys gives the telephone keys in a text: digits, *, # and A to D.
func Keys(text string) []rune {
	var out []rune
	for _, r := range strings.ToUpper(text) {
		if strings.ContainsRune("0123456789*#ABCD", r) && len(out) < MaxKeys {
			out = append(out, r)
		}
	}
	return out
}

// keyWindow is how far apart the two reports of one key press can be: the RFC 4733
// event ends after the key is let go, signalling waits for its turn.
const keyWindow = 1500 * time.Millisecond

// maxUnpaired bounds the presses that wait for their second report.
const maxUnpaired = 4 * MaxKeys

// KeyFilter joins two sources that report the same key presses: RFC 4733 in the stream, and
// signalling (SIP INFO, user input of H.245 or Q.931). A report is dropped when the other
// source reported the same key shortly before and was not yet paired.
type KeyFilter struct {
	unpaired []heardKey
}

type heardKey struct {
	key    rune
	stream bool
	at     time.Time
}

// Admit tells whether a report is a key press not yet heard of.
func (f *KeyFilter) Admit(key rune, stream bool, now time.Time) bool {
	keep := f.unpaired[:0]
	duplicate := false
	for _, h := range f.unpaired {
		switch {
		case now.Sub(h.at) > keyWindow:
		case !duplicate && h.key == key && h.stream != stream:
			duplicate = true
		default:
			keep = append(keep, h)
		}
	}
	f.unpaired = keep
	if !duplicate && len(f.unpaired) < maxUnpaired {
		f.unpaired = append(f.unpaired, heardKey{key, stream, now})
	}
	return !duplicate
}

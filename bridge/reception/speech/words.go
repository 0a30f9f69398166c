package speech

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
)

// Bounds of what is said.
const (
	MaxSeconds = 30 // the rest is not said
	maxText    = 400
	maxSamples = MaxSeconds * wav.Rate
)

// Words are one thing to be said: a recording of the tenant's, or, where there is none, the text.
type Words struct {
	Tenant    string
	Recording string // its name, as bridge.ValidRecording has it; "" is none
	Lang      string // of the text: "vi", "en"
	Text      string
}

// plain is a text without what a program that speaks could take for something else: it is one line of bounded
// length, and has no brackets, between which espeak-ng reads phonemes.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '[' || r == ']' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxText {
		text = text[:maxText]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	return strings.TrimSpace(text)
}

// bounded leaves away what nobody listens to any more.
func bounded(pcm []int16) []int16 { return pcm[:min(len(pcm), maxSamples)] }

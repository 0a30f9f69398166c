package sdp

import (
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
)

// feedbackLine is one a=rtcp-fb line that applies to the chosen payload type.
type feedbackLine struct {
	scope string // "*" or the payload type, as it was spelt
	text  string // the rest, with single blanks
	means media.Feedback
}

// readFeedback gives the lines that count for a payload type. They count
// under RTP/AVP too: room terminals offer feedback without AVPF.
func readFeedback(m *Media, pt uint8) []feedbackLine {
	var list []feedbackLine
	for _, a := range m.Attributes {
		if a.Name != "rtcp-fb" {
			continue
		}
		f := strings.Fields(a.Value)
		if len(f) < 2 || f[0] != "*" && f[0] != strconv.Itoa(int(pt)) {
			continue
		}
		line := feedbackLine{scope: f[0], text: strings.Join(f[1:], " "), means: feedbackMeaning(f[1:])}
		if line.means != 0 {
			list = append(list, line)
		}
	}
	return list
}

// feedbackMeaning reads RFC 4585 and RFC 5104 lines, and the HDX's "ccm fir
// tmmbr", which packs two messages into one line. 0 is a line not of ours.
func feedbackMeaning(f []string) media.Feedback {
	switch strings.ToLower(f[0]) {
	case "nack":
		if len(f) == 1 {
			return media.NACK
		}
		if strings.EqualFold(f[1], "pli") {
			return media.PLI
		}
	case "ccm":
		var fb media.Feedback
		for _, word := range f[1:] {
			switch strings.ToLower(word) {
			case "fir":
				fb |= media.FIR
			case "tmmbr":
				fb |= media.TMMBR
			}
		}
		return fb
	case "goog-remb":
		return media.REMB
	}
	return 0
}

// feedbackWords spells messages for an offer, in a fixed order.
var feedbackWords = [...]struct {
	means media.Feedback
	text  string
}{
	{media.NACK, "nack"}, {media.PLI, "nack pli"}, {media.FIR, "ccm fir"},
	{media.TMMBR, "ccm tmmbr"}, {media.REMB, "goog-remb"},
}

// answerFeedback keeps what both ends know. A line that packs several
// messages goes back as it came only when we know them all.
func answerFeedback(offered []feedbackLine, own media.Feedback) (lines []feedbackLine, common media.Feedback) {
	for _, l := range offered {
		common |= l.means & own
		if own.Has(l.means) && strings.IndexFunc(l.text, notVisible) < 0 {
			lines = append(lines, l)
			continue
		}
		for _, w := range feedbackWords {
			if l.means&own&w.means != 0 {
				lines = append(lines, feedbackLine{l.scope, w.text, w.means})
			}
		}
	}
	return uniqueFeedback(lines), common
}

func notVisible(r rune) bool { return r < ' ' || r > '~' }

func uniqueFeedback(lines []feedbackLine) []feedbackLine {
	var out []feedbackLine
	var seen media.Feedback
	for _, l := range lines {
		if !seen.Has(l.means) {
			out = append(out, l)
			seen |= l.means
		}
	}
	return out
}

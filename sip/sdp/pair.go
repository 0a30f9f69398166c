package sdp

import (
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
)

// pairing is a payload type of an answer with the format of ours that it
// stands for.
type pairing struct {
	own    media.Format
	theirs *payload
}

// pair finds what an answer took of what we offered. Formats that were never
// offered are passed over (Poly lists all it has); a format without a=rtpmap
// is the one that we offered under its number.
func (a *agreed) pair(made []media.Format) error {
	pairs := pairByType(a.payloads, made)
	if !slices.ContainsFunc(pairs, notEvent) {
		pairs = append(pairs, pairByCoding(a.payloads, made)...)
	}
	best := choosePair(pairs)
	if best < 0 {
		return &Mismatch{Code: WarnFormat, Text: "the answer holds no codec that was offered"}
	}
	a.chosen = pairs[best].theirs
	a.recv = []media.Format{a.chosen.arriving(pairs[best].own)}
	var events []media.Format
	var eventPairs []pairing
	for _, p := range append(pairs, misnumbered(pairs, made)...) {
		if p.own.Codec == media.DTMF {
			events, eventPairs = append(events, p.theirs.Format), append(eventPairs, p)
		} else if !slices.ContainsFunc(a.recv, func(f media.Format) bool { return f.PT == p.own.PT }) {
			a.recv = append(a.recv, p.theirs.arriving(p.own))
		}
	}
	if j := media.ChooseDTMF(events, a.chosen.ClockRate); j >= 0 {
		a.sendDTMF, a.recvDTMF = eventPairs[j].theirs, eventPairs[j].own.PT
	}
	return nil
}

func notEvent(p pairing) bool { return p.own.Codec != media.DTMF }

// pairByType takes payload types that mean the same to both ends.
func pairByType(theirs []payload, made []media.Format) []pairing {
	var pairs []pairing
	for i := range theirs {
		t := &theirs[i]
		for _, own := range made {
			if own.PT != t.PT {
				continue
			}
			if t.Codec == "" && t.name == "" {
				t.assume(own)
			}
			if t.Codec == own.Codec && t.ClockRate == own.ClockRate {
				pairs = append(pairs, pairing{own, t})
			}
		}
	}
	return pairs
}

// pairByCoding takes the same coding under another number: the far end wants
// to receive it so, and sends it under ours (RFC 3264 6.1).
func pairByCoding(theirs []payload, made []media.Format) []pairing {
	var pairs []pairing
	for i := range theirs {
		for _, own := range made {
			if theirs[i].Codec != "" && own.Codec != media.DTMF && own.Matches(theirs[i].Format) {
				pairs = append(pairs, pairing{own, &theirs[i]})
			}
		}
	}
	return pairs
}

// misnumbered are what an answer names under a number that we gave to another coding (baresip lists
// its own codecs under the numbers of an offer in order): it comes under the number that we gave it.
func misnumbered(pairs []pairing, made []media.Format) []pairing {
	var more []pairing
	for _, p := range pairs {
		if p.own.Codec.Kind() == media.Video && !p.own.Matches(p.theirs.Format) {
			more = append(more, pairByCoding([]payload{*p.theirs}, made)...)
		}
	}
	return more
}

// assume fills in a payload type that came without a=rtpmap from our offer.
// What a=fmtp said of it still counts.
func (p *payload) assume(own media.Format) {
	said := len(p.params) > 0
	p.name = formatName(own)
	if said {
		p.fill()
		return
	}
	p.Format = own
}

// choosePair picks what we send: sound as the answer's first, picture by the
// rules for pictures, or -1.
func choosePair(pairs []pairing) int {
	first := slices.IndexFunc(pairs, notEvent)
	if first < 0 || pairs[first].own.Codec.Kind() != media.Video {
		return first
	}
	var own, theirs []media.Format
	for _, p := range pairs {
		own, theirs = append(own, p.own), append(theirs, p.theirs.Format)
	}
	if _, j := media.ChooseVideo(own, theirs); j >= 0 {
		return j
	}
	return first
}

package room

import (
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/plan"
)

// look decides what each slot of the page shows and tells the page.
func (v *visitor) look(now int64) {
	mids := make([]string, 0, len(v.slots))
	for mid := range v.slots {
		mids = append(mids, mid)
	}
	slices.Sort(mids)
	demands := make([]demand, len(mids))
	pictures := make([]*picture, len(mids))
	told := make([]slotMsg, len(mids))
	for i, mid := range mids {
		s := v.slots[mid]
		pictures[i], told[i] = v.wish(s)
		if p := pictures[i]; p != nil {
			demands[i] = demand{options: p.options(now), height: s.want.Height, area: s.want.Width * s.want.Height, now: s.viewer.shown(p)}
			if s.made.on {
				demands[i] = s.demand(demands[i])
			}
		}
	}
	budget, known := 0, 0
	if v.session != nil {
		v.session.link.wants(wanted(demands))
	}
	connected := v.session != nil && v.session.connected()
	if connected {
		known, budget = v.session.link.bitrate(), v.session.link.presumed()
	}
	got := allot(demands, budget)
	for i, mid := range mids {
		s, p := v.slots[mid], pictures[i]
		switch {
		case p == nil || len(p.layers) == 0 || !connected:
			s.viewer.show(nil, noLimits)
			if p != nil && connected {
				told[i].Reason = "no picture arrives"
			}
		case got[i] < 0:
			s.viewer.show(nil, noLimits)
			told[i].Reason = "the connection is too slow for this picture"
		case s.made.on:
			v.make(s, single(demands, got, i, known), now) // our own encoder starts with what is known to pass
			told[i].State = s.made.state(s.viewer, now)
		default:
			p.demanded(demands[i], got[i], now)
			s.viewer.show(p.layers[got[i]].track, single(demands, got, i, budget))
			told[i].State = s.viewer.state(p, now)
		}
	}
	v.tellSlots(told)
	v.tellLimits(now)
}

// demanded notes which layers a slot has a use for: the one that fills its
// place, and those below it down to the one that it gets for the present.
func (p *picture) demanded(d demand, got int, now int64) {
	ideal := enough(d.options, 0, d.height, d.now)
	for i := ideal; i <= max(got, ideal); i++ {
		p.needs(i, now)
	}
}

// wish gives the picture that a slot shall show, nil if there is none, and
// the beginning of what the page is told.
func (v *visitor) wish(s *pageSlot) (*picture, slotMsg) {
	s.made.on = false
	m := slotMsg{MID: s.want.MID, Participant: s.want.Participant, Kind: s.want.Kind, State: "none"}
	if s.want.Participant == "" {
		return nil, m
	}
	p := v.room.find(s.want.Participant)
	if p == nil {
		m.Reason = "this participant is not here"
		return nil, m
	}
	pic := p.of(s.want.Kind)
	if pic == nil {
		m.Reason = "the camera is off"
		if s.want.Kind == kindContent {
			m.Reason = "nothing is shared"
		}
		return nil, m
	}
	if len(pic.layers) > 0 && !s.viewer.takes(pic.layers[0].track) {
		if s.made.on = v.converts(s, pic); !s.made.on {
			m.Reason = "this browser does not play " + plan.Describe(pic.layers[0].track.Format())
			return nil, m
		}
	}
	return pic, m
}

// single bounds a picture that has only one layer by what the budget leaves
// it; pictures with layers are bounded by choosing another.
func single(demands []demand, got []int, i, budget int) media.Limits {
	d := demands[i]
	if len(d.options) != 1 {
		return noLimits
	}
	others := 0
	for j, g := range got {
		if j != i && g >= 0 {
			others += cost(demands[j].options, g)
		}
	}
	left := budget - others
	switch {
	case left >= d.ample():
		return noLimits
	case d.made:
		return media.Limits{Bitrate: max(plan.Classes[0], left/madeStep*madeStep)}
	}
	// In steps, so that a maker is not told of every wobble.
	return media.Limits{Bitrate: max(singleLeast, left/singleStep*singleStep)}
}

const (
	singleLeast = 300_000
	singleStep  = 200_000
	madeStep    = 50_000 // our own encoder follows at once
)

// state says how far a viewer has got with a picture. While it changes from
// one layer to another, the one that is still shown is the picture, too.
func (v *viewer) state(p *picture, now int64) string {
	shown := v.splice.Showing()
	for _, l := range p.layers {
		if l.track == shown && shown.Live(now) {
			return "live"
		}
	}
	return "waiting"
}

func (v *visitor) tellSlots(slots []slotMsg) {
	if v.conn == nil || v.sent.slots != nil && slices.Equal(slots, v.sent.slots) {
		return
	}
	v.sent.slots = slots
	v.say(slotsMsg{"slots", slots})
}

// tellLimits tells the page the most that receivers of its camera take, and
// which layers nobody needs.
func (v *visitor) tellLimits(now int64) {
	encodings := []encodingMsg{}
	bounded := false
	for i, l := range v.main.layers {
		if l.in == nil {
			continue
		}
		w, h := l.track.Size()
		e := encodingFor(l.in.rid, l.in.limits(), w, h)
		e.Active = v.main.active(i, now)
		bounded = bounded || e != encodingMsg{RID: e.RID, Active: true}
		encodings = append(encodings, e)
	}
	if v.conn == nil || v.sent.limits == nil && !bounded || v.sent.limits != nil && slices.Equal(encodings, v.sent.limits) {
		return
	}
	v.sent.limits = encodings
	v.say(limitsMsg{"limits", encodings})
}

// frameSizes are sizes that cameras are scaled to when a receiver bounds the
// macroblocks of a frame.
var frameSizes = [][2]int{
	{1920, 1080}, {1600, 900}, {1280, 720}, {1024, 576}, {960, 540}, {848, 480}, {768, 432}, {640, 360},
	{512, 288}, {480, 270}, {384, 216}, {320, 180}, {256, 144}, {160, 90},
}

// encodingFor says receivers' limits in the page's terms. w and h are the
// encoding's size now, 0 while it is not known.
func encodingFor(rid string, l media.Limits, w, h int) encodingMsg {
	e := encodingMsg{RID: rid, Active: true, MaxBitrate: l.Bitrate, MaxFPS: l.FPS}
	if l.MaxFS > 0 || l.Width > 0 || l.Height > 0 {
		fit := frameSizes[len(frameSizes)-1]
		for _, s := range frameSizes {
			if (media.Limits{MaxFS: l.MaxFS, Width: l.Width, Height: l.Height}).Fits(s[0], s[1], 0) {
				fit = s
				break
			}
		}
		if fit != frameSizes[0] {
			e.MaxWidth, e.MaxHeight = fit[0], fit[1]
		}
	}
	if l.MaxMBPS > 0 {
		if w == 0 || e.MaxWidth > 0 && w > e.MaxWidth {
			w, h = e.MaxWidth, e.MaxHeight
		}
		if mbs := media.Macroblocks(w, h); mbs > 0 {
			if fps := l.MaxMBPS / mbs; fps < 30 && (e.MaxFPS == 0 || fps < e.MaxFPS) {
				e.MaxFPS = max(1, fps)
			}
		}
	}
	return e
}

// rate tells the page how good its connection is.
func (v *visitor) rate() {
	s := v.session
	if s == nil || v.conn == nil || !s.connected() {
		return
	}
	rtt, loss, acked := s.link.quality()
	expected, lost := s.received()
	up := 0.0
	if expected > 0 {
		up = float64(lost) / float64(expected)
	}
	v.say(qualityMsg{
		Type: "quality", Up: grade(up, rtt), Down: grade(loss, rtt), Loss: max(up, loss), RTT: int(rtt + 0.5), BitrateDown: acked,
	})
}

const qualityEvery = 2e9 // ns

// received sums what arrived from the browser since the last call.
func (s *session) received() (expected, lost uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.incoming {
		e, l := in.loss()
		expected += e
		lost += l
	}
	return expected, lost
}

// grade is a direction's quality from 0 (bad) to 4 (excellent).
func grade(loss, rttMS float64) int {
	switch {
	case loss > 0.15 || rttMS > 1000:
		return 0
	case loss > 0.07 || rttMS > 600:
		return 1
	case loss > 0.03 || rttMS > 350:
		return 2
	case loss > 0.01 || rttMS > 200:
		return 3
	}
	return 4
}

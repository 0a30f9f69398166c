package room

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

// participant is a browser or terminal in a room. Its fields are guarded by
// the room's mutex.
type participant struct {
	id       string
	name     string
	kind     string
	callID   string
	device   string
	number   string
	protocol string
	since    time.Time

	role     bridge.Role
	proven   bool // host by a PIN
	claims   bool // may lead without a PIN, where nobody does
	capacity int  // of the room by the route that led here, 0 is none
	silenced bool // by a host or an administrator

	audio   bool // sent, as the participant says or negotiated
	video   bool
	sharing bool
	level   int // dBov

	main    picture
	content picture
	mic     *mic // nil: none
	ear     *ear

	visitor *visitor // one of these
	seat    *seat
}

const (
	kindBrowser  = "browser"
	kindTerminal = "terminal"
)

func newID() string { return randomHex(6) }

// newToken is a resume token of 128 bits.
func newToken() string { return randomHex(16) }

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, crypto/rand
	return hex.EncodeToString(b)
}

// picture is what a camera or screen sends, in one layer or several, the
// largest first.
type picture struct {
	layers []*layer

	described []option // the layers as they were at a moment, for all who ask at it
	at        int64
}

type layer struct {
	track *relay.Track
	rank  int       // place among its siblings
	in    *incoming // browsers'; nil for terminals
	need  int64     // when somebody had a use for it last
}

// layerRest is how long a layer goes on that nobody has a use for.
const layerRest = 10e9 // ns

// needs notes that a receiver has a use for a layer, be it only when somebody
// else speaks.
func (p *picture) needs(i int, now int64) { p.layers[i].need = now }

// active tells whether the maker shall send a layer. The smallest always
// comes: it is what is shown first, and when the path becomes narrow.
func (p *picture) active(i int, now int64) bool {
	return i == len(p.layers)-1 || now-p.layers[i].need < layerRest
}

func (p *picture) add(l *layer) {
	p.at = 0
	p.layers = append(p.layers, l)
	slices.SortStableFunc(p.layers, func(a, b *layer) int { return a.rank - b.rank })
}

func (p *picture) remove(in *incoming) {
	p.at = 0
	p.layers = slices.DeleteFunc(p.layers, func(l *layer) bool { return l.in == in })
}

// options describes the layers for a choice. It is good until the next moment.
func (p *picture) options(now int64) []option {
	if p.at == now && len(p.described) == len(p.layers) {
		return p.described
	}
	p.described, p.at = p.described[:0], now
	for _, l := range p.layers {
		st := l.track.Stats()
		p.described = append(p.described, option{
			width: st.Width, height: st.Height, fps: int(st.FPS + 0.5), bitrate: st.Bitrate, live: l.track.Live(now),
		})
	}
	return p.described
}

func (p *picture) live(now int64) bool {
	return slices.ContainsFunc(p.layers, func(l *layer) bool { return l.track.Live(now) })
}

// of gives the picture of a kind if the participant means to show it.
func (p *participant) of(kind string) *picture {
	switch {
	case kind == kindContent && (p.sharing || p.visitor == nil):
		return &p.content
	case kind == kindMain && p.video:
		return &p.main
	}
	return nil
}

func (p *participant) status() bridge.ParticipantStatus {
	return bridge.ParticipantStatus{
		ID: p.id, Name: p.name, Kind: p.kind, CallID: p.callID, Device: p.device, Number: p.number, Since: p.since,
		Role: p.role, Silenced: p.silenced, AudioMuted: !p.audio, VideoOff: !p.video, Sharing: p.sharing, Level: p.level,
	}
}

func (p *participant) message(now int64) participantMsg {
	return participantMsg{
		ID: p.id, Name: p.name, Kind: p.kind, Device: p.device, Number: p.number, Protocol: p.protocol,
		Role: p.role, Silenced: p.silenced,
		Audio: p.heard(), Video: p.video, Sharing: p.sharing, Picture: p.video && p.main.live(now),
	}
}

// viewer is one place where a picture is shown: a slot of a page or the view
// of a terminal. It is guarded by the room's mutex.
type viewer struct {
	out    relay.Out
	splice *relay.Splice
	track  *relay.Track // selected
	asked  *relay.Track // whose maker knows the receiver's limits
	limits media.Limits // as told
}

// switched is told when another track is shown; it must not wait.
func newViewer(out relay.Out, switched func(t *relay.Track)) *viewer {
	v := &viewer{out: out}
	v.splice = relay.NewSplice(relay.SpliceConfig{Out: out, Kind: media.Video, OnSwitch: switched})
	return v
}

// show selects a track, nil for none, and tells its maker the receiver's limits.
func (v *viewer) show(t *relay.Track, l media.Limits) {
	v.ask(t, l)
	v.selects(t)
}

// ask tells the maker of a track the receiver's limits.
func (v *viewer) ask(t *relay.Track, l media.Limits) {
	if v.asked != nil && v.asked != t {
		v.asked.Unwant(v)
	}
	if t != nil && (v.asked != t || v.limits != l) {
		t.Want(v, l)
	}
	v.asked, v.limits = t, l
}

func (v *viewer) selects(t *relay.Track) {
	if v.track != t {
		v.track = t
		v.splice.Select(t)
	}
}

// takes tells whether the receiver can be given a track's packets as they are.
func (v *viewer) takes(t *relay.Track) bool {
	_, ok := v.out.PayloadType(t.Format())
	return ok
}

// close ends the showing; after it nothing more is sent.
func (v *viewer) close() {
	v.ask(nil, noLimits)
	v.track = nil
	v.splice.Close()
}

// shown is the layer whose packets go out or are awaited, -1 if it is none of p.
func (v *viewer) shown(p *picture) int {
	return slices.IndexFunc(p.layers, func(l *layer) bool { return l.track == v.track })
}

package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

const (
	qualityEvery  = 5 * time.Second
	qualityPoints = 120  // of a call: ten minutes
	qualityCalls  = 1000 // whose quality is kept; of calls beyond none is
	qualityTrend  = 24   // points of a list's trend: two minutes
)

// Point is the quality of a call at one time, over the seconds before it.
type Point struct {
	At    time.Time    `json:"at"`
	Audio QualityPair  `json:"audio"`
	Video PicturesPair `json:"video"`
}

// QualityPair is both directions of a stream.
type QualityPair struct {
	In  FlowQuality `json:"in" doc:"From the terminal"`
	Out FlowQuality `json:"out" doc:"To the terminal"`
}

// PicturesPair is both directions of a stream of pictures.
type PicturesPair struct {
	In  PicturesQuality `json:"in" doc:"From the terminal"`
	Out PicturesQuality `json:"out" doc:"To the terminal"`
}

// FlowQuality is one direction of a stream.
type FlowQuality struct {
	Loss     float32 `json:"loss" doc:"Share of packets lost, 0 to 1"`
	JitterMS float32 `json:"jitter_ms"`
	Bitrate  int32   `json:"bitrate" doc:"bit/s"`
}

// PicturesQuality is one direction of a stream of pictures.
type PicturesQuality struct {
	FlowQuality
	FPS    float32 `json:"fps"`
	Width  uint16  `json:"width"`
	Height uint16  `json:"height"`
}

// worst is the largest loss of all directions.
func (p *Point) worst() float32 {
	return max(p.Audio.In.Loss, p.Audio.Out.Loss, p.Video.In.Loss, p.Video.Out.Loss)
}

// quality remembers how calls went over the last minutes.
type quality struct {
	calls Calls

	mu      sync.Mutex
	history map[string]*history
}

// history is a ring of a call's points, with the counters of the last look.
type history struct {
	points []Point
	next   int // where the next point goes, once the ring is full
	last   [4]counted
	seen   bool // in the look that runs
}

// counted are counters that only rise.
type counted struct{ packets, lost uint64 }

func newQuality(c Calls) *quality { return &quality{calls: c, history: map[string]*history{}} }

// run takes a point of every call now and then, until ctx ends.
func (q *quality) run(ctx context.Context) {
	tick := time.NewTicker(qualityEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			q.look()
		}
	}
}

// look takes a point of every connected call and forgets those that ended.
func (q *quality) look() {
	list := q.calls.Calls()
	at := time.Now().UTC().Truncate(time.Millisecond)
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, h := range q.history {
		h.seen = false
	}
	for i := range list {
		c := &list[i]
		h := q.history[c.ID]
		switch {
		case h != nil:
			h.seen = true
			h.add(at, c)
		case c.State == bridge.StateConnected && len(q.history) < qualityCalls:
			h = &history{seen: true}
			h.add(at, c)
			q.history[c.ID] = h
		}
	}
	for id, h := range q.history {
		if !h.seen {
			delete(q.history, id)
		}
	}
}

// add takes a point of a call.
func (h *history) add(at time.Time, c *bridge.CallStatus) {
	p := Point{At: at}
	p.Audio.In, p.Audio.Out = h.flow(0, &c.Audio.In), h.flow(1, &c.Audio.Out)
	p.Video.In, p.Video.Out = h.pictures(2, &c.Video.In), h.pictures(3, &c.Video.Out)
	if len(h.points) < qualityPoints {
		h.points = append(h.points, p)
		return
	}
	h.points[h.next] = p
	h.next = (h.next + 1) % qualityPoints
}

func (h *history) flow(i int, d *bridge.DirectionStatus) FlowQuality {
	now, was := counted{d.Packets, d.Lost}, h.last[i]
	h.last[i] = now
	q := FlowQuality{JitterMS: float32(d.JitterMS), Bitrate: int32(min(d.Bitrate, 1<<31-1))}
	if now.lost > was.lost && now.packets >= was.packets {
		lost := now.lost - was.lost
		q.Loss = float32(lost) / float32(lost+now.packets-was.packets)
	}
	return q
}

func (h *history) pictures(i int, d *bridge.DirectionStatus) PicturesQuality {
	return PicturesQuality{FlowQuality: h.flow(i, d), FPS: float32(d.FPS), Width: uint16(d.Width), Height: uint16(d.Height)}
}

// all are the points in the order of time.
func (h *history) all() []Point {
	if h == nil {
		return []Point{}
	}
	return slices.Concat(h.points[h.next:], h.points[:h.next])
}

// of gives what is known of a call; none is no point.
func (q *quality) of(id string) []Point {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.history[id].all()
}

// Latest is a call's last point in short, for lists.
type Latest struct {
	Call     string  `json:"call"`
	Grade    string  `json:"grade" enum:"good,fair,poor"`
	Loss     float32 `json:"loss" doc:"The worst of its streams, 0 to 1"`
	JitterMS float32 `json:"jitter_ms" doc:"The worst of its streams"`
	In       int32   `json:"in" doc:"From the terminal, bit/s"`
	Out      int32   `json:"out" doc:"To the terminal, bit/s"`
	Trend    []int   `json:"trend" doc:"Loss over the last two minutes, in thousandths"`
}

// latest gives the last points of those calls of the list that have one.
func (q *quality) latest(list []bridge.CallStatus) []Latest {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]Latest, 0, len(list))
	for i := range list {
		if h := q.history[list[i].ID]; h != nil {
			out = append(out, h.latest(list[i].ID))
		}
	}
	return out
}

func (h *history) latest(id string) Latest {
	points := h.all()
	p := &points[len(points)-1]
	l := Latest{
		Call: id, Loss: p.worst(), In: p.Audio.In.Bitrate + p.Video.In.Bitrate, Out: p.Audio.Out.Bitrate + p.Video.Out.Bitrate,
		JitterMS: max(p.Audio.In.JitterMS, p.Audio.Out.JitterMS, p.Video.In.JitterMS, p.Video.Out.JitterMS),
	}
	for _, p := range points[max(0, len(points)-qualityTrend):] {
		l.Trend = append(l.Trend, int(1000*p.worst()))
	}
	l.Grade = grade(l.Loss, l.JitterMS)
	return l
}

// grade puts loss and jitter into a word: what nobody notices, what one may hear and see, what hurts.
func grade(loss, jitterMS float32) string {
	switch {
	case loss > 0.05 || jitterMS > 80:
		return "poor"
	case loss > 0.01 || jitterMS > 40:
		return "fair"
	}
	return "good"
}

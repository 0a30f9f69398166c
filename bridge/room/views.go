package room

import (
	"maps"
	"sync"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/plan"
)

// ViewChange is a kind of change of what a terminal sees: how it is served
// since, and why it changed.
type ViewChange struct {
	Path   bridge.Path
	Change plan.Change
}

// ViewStats counts over all rooms since the beginning.
type ViewStats struct {
	Changes  map[ViewChange]uint64
	Strained uint64 // times that a room gave composing up for want of processor time
	Strains  int    // rooms that do without now
}

// viewCounts counts them.
type viewCounts struct {
	mu    sync.Mutex
	stats ViewStats
}

// changed counts a decision, if it is a change.
func (c *viewCounts) changed(d plan.Decision) {
	if d.Change == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.Changes == nil {
		c.stats.Changes = map[ViewChange]uint64{}
	}
	c.stats.Changes[ViewChange{d.Path, d.Change}]++
}

func (c *viewCounts) strained() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Strained++
}

// Views counts what terminals see.
func (e *Engine) Views() ViewStats {
	e.views.mu.Lock()
	st := e.views.stats
	st.Changes = maps.Clone(st.Changes)
	e.views.mu.Unlock()
	e.mu.Lock()
	rooms := make([]*room, 0, len(e.rooms))
	for _, en := range e.rooms {
		rooms = append(rooms, en.room)
	}
	e.mu.Unlock()
	for _, r := range rooms {
		r.mu.Lock()
		if r.studio.able.Strain != "" {
			st.Strains++
		}
		r.mu.Unlock()
	}
	return st
}

package web

import "sync"

// maxListeners is how many event streams a tenant, or the operators together, may hold open: each has a queue of
// its own, and whoever has a token could open them without end.
const maxListeners = 200

// turnstile counts who is inside, by whose they are, and bounds each.
type turnstile struct {
	most int

	mu     sync.Mutex
	inside map[string]int
}

func newTurnstile(most int) *turnstile { return &turnstile{most: most, inside: map[string]int{}} }

// enter lets one more of a tenant in, if there is room. Who is in leaves by the function.
func (t *turnstile) enter(tenant string) (leave func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inside[tenant] >= t.most {
		return nil, false
	}
	t.inside[tenant]++
	return func() { t.leave(tenant) }, true
}

func (t *turnstile) leave(tenant string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inside[tenant]--; t.inside[tenant] == 0 {
		delete(t.inside, tenant)
	}
}

package speech

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Voice speaks texts, as sound at 16 kHz. Espeak is one.
type Voice interface {
	Speak(ctx context.Context, lang, text string) ([]int16, error)
}

// Config makes a Maker.
type Config struct {
	Recordings string // a directory with TENANT/NAME.wav; "" is none
	Voice      Voice  // nil: texts are not spoken
	Log        *slog.Logger
}

// Bounds of a Maker.
const (
	atOnce     = 2        // sounds in the making
	mostWaits  = 32       // sounds that are to be made
	tenantMost = 8        // of them one tenant's
	keptBytes  = 16 << 20 // of sounds
	freshFor   = 10 * time.Second
	failedFor  = 30 * time.Second
)

// Maker has sounds made, and keeps them. It is safe for concurrent use.
type Maker struct {
	cfg    Config
	ctx    context.Context // until it is closed
	cancel context.CancelFunc
	gate   chan struct{}
	making sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	shelf   shelf
	waits   int
	waiting map[string]int // sounds that are to be made, by tenant
}

// New makes a Maker.
func New(cfg Config) *Maker {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m := &Maker{cfg: cfg, gate: make(chan struct{}, atOnce), shelf: newShelf(keptBytes), waiting: map[string]int{}}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

// Close ends what is being made. Nothing is made any more.
func (m *Maker) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.cancel()
	m.making.Wait()
}

// Prepare has a sound made that will soon be needed.
func (m *Maker) Prepare(w Words) {
	switch {
	case m.records(w):
		m.ask(recordingOf(w), w.Tenant)
	case m.speaks(w):
		m.ask(textOf(w), w.Tenant)
	}
}

// Sound gives a sound, 16 kHz, one channel, which is not to be changed. It waits until there is one or ctx
// ends; nil is that there is none, or not in time.
func (m *Maker) Sound(ctx context.Context, w Words) (pcm []int16) {
	if m.records(w) {
		pcm = wait(ctx, m.ask(recordingOf(w), w.Tenant))
	}
	if pcm == nil && m.speaks(w) {
		pcm = wait(ctx, m.ask(textOf(w), w.Tenant))
	}
	return pcm
}

func (m *Maker) records(w Words) bool { return w.Recording != "" && m.cfg.Recordings != "" }
func (m *Maker) speaks(w Words) bool  { return w.Text != "" && m.cfg.Voice != nil }

func wait(ctx context.Context, s *sound) []int16 {
	if s == nil {
		return nil
	}
	select {
	case <-s.made:
		return s.pcm
	default:
	}
	select {
	case <-s.made:
		return s.pcm
	case <-ctx.Done():
		return nil
	}
}

// ask gives a sound that is there, or is being made from now on; nil where too many are.
func (m *Maker) ask(k key, tenant string) *sound {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.shelf.get(k)
	if old != nil && (old.until.IsZero() || time.Now().Before(old.until)) {
		return old
	}
	if m.closed || m.waits >= mostWaits || m.waiting[tenant] >= tenantMost {
		return nil
	}
	s := &sound{key: k, made: make(chan struct{})}
	if old != nil {
		s.pcm, s.stamp = old.pcm, old.stamp
	}
	m.shelf.put(s)
	m.waits++
	m.waiting[tenant]++
	m.making.Go(func() { m.fill(s, tenant) })
	return s
}

// fill makes a sound.
func (m *Maker) fill(s *sound, tenant string) {
	var until time.Time
	pcm, now, err := m.make(s)
	switch {
	case err != nil:
		pcm, now, until = nil, stamp{}, time.Now().Add(failedFor)
		if m.ctx.Err() == nil {
			m.cfg.Log.Warn("a greeting is not spoken", "tenant", tenant, "recording", s.key.recording, "error", err)
		}
	case s.key.recording != "":
		until = time.Now().Add(freshFor)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waits--
	if m.waiting[tenant]--; m.waiting[tenant] == 0 {
		delete(m.waiting, tenant)
	}
	s.pcm, s.stamp, s.until = pcm, now, until
	close(s.made)
	m.shelf.trim(s)
}

// make makes a sound when it is its turn. A recording that has not changed is what it was.
func (m *Maker) make(s *sound) ([]int16, stamp, error) {
	select {
	case m.gate <- struct{}{}:
		defer func() { <-m.gate }()
	case <-m.ctx.Done():
		return nil, stamp{}, m.ctx.Err()
	}
	if s.key.recording == "" {
		pcm, err := m.cfg.Voice.Speak(m.ctx, s.key.lang, s.key.text)
		return pcm, stamp{}, err
	}
	pcm, now, err := record(m.cfg.Recordings, s.key.tenant, s.key.recording, s.stamp)
	if err == nil && now == s.stamp {
		pcm = s.pcm
	}
	return pcm, now, err
}

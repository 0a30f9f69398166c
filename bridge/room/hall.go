package room

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/transcode"
)

// hall is what all desks have together: one media worker that draws screens and encodes
// sounds for all of them, what it made, and a goroutine that speaks. Its zero value is ready.
type hall struct {
	once     sync.Once
	worker   Worker
	caps     transcode.Capabilities
	log      *slog.Logger
	now      func() int64
	pictures *stock[string, [][]byte]
	sounds   *stock[soundKey, transcode.Spoken]
	poke     chan struct{} // wakes the goroutine: something is to be said
	gate     chan struct{} // bounds what is asked of the worker at once

	mu     sync.Mutex
	desks  map[*desk]struct{}
	closed bool
	stop   chan struct{} // ends the goroutine, which runs while there are desks
	gone   chan struct{}
	artist artist // nil: none was opened yet
	held   func() // lets the artist rest; nil: it may
}

// artist is a Meeting that makes screens and sounds.
type artist interface {
	Still(ctx context.Context, s transcode.Still) ([][]byte, error)
	Say(ctx context.Context, s transcode.Speech) (transcode.Spoken, error)
	Hold() (release func())
	Close()
}

// Bounds of a hall.
const (
	maxDesks      = 1000
	maxAsked      = 8        // of the worker at once
	keptPictures  = 12 << 20 // bytes
	keptSounds    = 8 << 20
	makingTimeout = 5 * time.Second
)

func (h *hall) open(cfg Config) {
	h.worker, h.log, h.now = cfg.Worker, cfg.Log, relay.Clock
	h.caps = mixerCaps(cfg.Worker)
	h.poke, h.gate = make(chan struct{}, 1), make(chan struct{}, maxAsked)
	h.desks = map[*desk]struct{}{}
	h.pictures = newStock[string](keptPictures, func(units [][]byte) int { return length(units) })
	h.sounds = newStock[soundKey](keptSounds, func(s transcode.Spoken) int { return length(s.Frames) })
}

func length(parts [][]byte) (n int) {
	for _, p := range parts {
		n += len(p) + 24 // and the slice of it
	}
	return n
}

// receive seats a terminal.
func (h *hall) receive(cfg Config, t bridge.Terminal) (*desk, error) {
	h.once.Do(func() { h.open(cfg) })
	h.mu.Lock()
	switch {
	case h.closed:
		h.mu.Unlock()
		return nil, &bridge.Refusal{Cause: bridge.CauseShutdown, Reason: "the gateway is going down"}
	case len(h.desks) >= maxDesks:
		h.mu.Unlock()
		return nil, &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "too many terminals are in reception"}
	}
	d := newDesk(h, t)
	h.desks[d] = struct{}{}
	_, _ = h.employ() // who is shown something is told if it cannot be
	h.hold()
	if h.stop == nil {
		h.stop, h.gone = make(chan struct{}), make(chan struct{})
		go h.speak(h.stop, h.gone)
	}
	h.mu.Unlock()
	return d, nil
}

func (h *hall) leave(d *desk) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.desks, d)
	h.hold()
	if len(h.desks) == 0 && h.stop != nil {
		close(h.stop)
		h.stop = nil
	}
}

func (h *hall) wake() { nudge(h.poke) }

const (
	speakBeat = 10 * time.Millisecond
	restBeat  = 500 * time.Millisecond // while nothing is said
)

// speak sends what is said, at all desks.
func (h *hall) speak(stop, gone chan struct{}) {
	defer close(gone)
	beat := relay.NewBeat(restBeat)
	defer beat.Stop()
	var list []*prompter
	for speaks := false; ; {
		select {
		case <-stop:
			return
		case <-h.poke:
		case <-beat.C:
			beat.Next()
		}
		list = h.prompters(list[:0])
		now, spoke := h.now(), speaks
		speaks = false
		for _, p := range list {
			if p.step(now) {
				speaks = true
			}
		}
		clear(list)
		switch {
		case speaks && !spoke:
			beat.Reset(speakBeat)
		case spoke && !speaks:
			beat.Reset(restBeat)
		}
	}
}

func (h *hall) prompters(list []*prompter) []*prompter {
	h.mu.Lock()
	defer h.mu.Unlock()
	for d := range h.desks {
		if d.prompts != nil {
			list = append(list, d.prompts)
		}
	}
	return list
}

// picture gives a screen as the worker made it.
func (h *hall) picture(ctx context.Context, s transcode.Still) ([][]byte, error) {
	key, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return h.pictures.get(ctx, string(key), func(ctx context.Context) ([][]byte, error) {
		a, done, err := h.ask(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		return a.Still(ctx, s)
	})
}

// soundKey is a sound in a coding. Sounds are told apart by what they are, not by where they lie.
type soundKey struct {
	hash, length               uint64
	codec                      media.Codec
	clock, bitrate, packetTime int
}

var soundSeed = maphash.MakeSeed()

func soundOf(pcm []int16, f media.Format) soundKey {
	var h maphash.Hash
	h.SetSeed(soundSeed)
	var b [2]byte
	for _, v := range pcm {
		binary.LittleEndian.PutUint16(b[:], uint16(v))
		h.Write(b[:])
	}
	return soundKey{h.Sum64(), uint64(len(pcm)), f.Codec, f.ClockRate, f.Bitrate, f.PTime}
}

// Silence around a sound, in which decoders with a memory come to rest: those that heard
// another sound before, and those that hear the next.
const (
	silenceBefore = transcode.SpeechRate * 60 / 1000
	silenceAfter  = transcode.SpeechRate * 120 / 1000
)

// sound gives a sound as packets of a codec.
func (h *hall) sound(ctx context.Context, pcm []int16, f media.Format) (transcode.Spoken, error) {
	pcm = pcm[:min(len(pcm), transcode.MaxSpeech-silenceBefore-silenceAfter)]
	return h.sounds.get(ctx, soundOf(pcm, f), func(ctx context.Context) (transcode.Spoken, error) {
		a, done, err := h.ask(ctx)
		if err != nil {
			return transcode.Spoken{}, err
		}
		defer done()
		padded := make([]int16, silenceBefore+len(pcm)+silenceAfter)
		copy(padded[silenceBefore:], pcm)
		return a.Say(ctx, transcode.Speech{Codec: f.Codec, ClockRate: f.ClockRate, Bitrate: f.Bitrate, PTime: f.PTime, PCM: padded})
	})
}

// ask gives the artist when it is the asker's turn. done ends it.
func (h *hall) ask(ctx context.Context) (a artist, done func(), err error) {
	select {
	case h.gate <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	if a, err = h.painter(); err != nil {
		<-h.gate
		return nil, nil, err
	}
	return a, func() { <-h.gate }, nil
}

var errNoArtist = errors.New("room: this media worker makes no screens and sounds")

// painter opens the artist when it is first needed.
func (h *hall) painter() (artist, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.employ()
}

// employ is painter with mu held.
func (h *hall) employ() (artist, error) {
	switch {
	case h.closed:
		return nil, transcode.ErrClosed
	case h.artist != nil:
		return h.artist, nil
	case h.worker == nil:
		return nil, errNoArtist
	}
	m, err := h.worker.Open("reception", nobody{})
	if err != nil {
		return nil, err
	}
	a, ok := m.(artist)
	if !ok {
		m.Close()
		return nil, errNoArtist
	}
	h.artist = a
	h.hold()
	return a, nil
}

// hold keeps the artist awake while anybody is there to be shown something. The caller holds mu.
func (h *hall) hold() {
	switch {
	case h.artist != nil && h.held == nil && len(h.desks) > 0:
		h.held = h.artist.Hold()
	case h.held != nil && len(h.desks) == 0:
		h.held()
		h.held = nil
	}
}

// nobody takes the events of a worker without streams: there are none.
type nobody struct{}

func (nobody) Frame(transcode.Frame)             {}
func (nobody) Levels([]transcode.Level)          {}
func (nobody) Restarted(string)                  {}
func (nobody) Packet(transcode.Frame)            {}
func (nobody) KeyframeWanted(transcode.StreamID) {}

// close sends everybody away. Nobody is received any more.
func (h *hall) close() {
	h.mu.Lock()
	h.closed = true
	desks := make([]*desk, 0, len(h.desks))
	for d := range h.desks {
		desks = append(desks, d)
	}
	a, gone := h.artist, h.gone
	h.artist = nil
	h.mu.Unlock()
	var leaving sync.WaitGroup
	for _, d := range desks {
		leaving.Go(d.Leave)
	}
	leaving.Wait()
	if gone != nil {
		<-gone
	}
	if a != nil {
		a.Close()
	}
	if h.pictures != nil {
		h.pictures.close()
		h.sounds.close()
	}
}

package room

import (
	"math"
	"slices"
)

// floor finds who speaks from the loudness of everyone, told about twenty
// times a second. It is quick to give the floor to somebody who speaks alone and
// slow to take it from a speaker who is only interrupted.
type floor struct {
	voices map[string]*voice
	order  []string // who had the floor, the last first; the first has it now
	since  int64    // when it changed hands last
}

// voice is one participant's speaking.
type voice struct {
	start int64   // when this speaking began
	last  int64   // when it was heard last; a gap between syllables does not end it
	word  int64   // when more than a syllable was heard last; 0: never
	loud  float64 // smoothed dBov
}

// The floor's figures, nanoseconds and dB.
const (
	floorWindow    = 50e6   // what one level covers: it tells of the time before it
	floorTake      = 250e6  // speaking alone this long takes the floor
	floorInterrupt = 1500e6 // speaking over the speaker this long, and louder, takes it
	floorQuiet     = 250e6  // a speaker silent this long is interrupted at once
	floorSettle    = 1500e6 // who has had the floor for less than this
	floorPause     = 600e6  // keeps it in pauses up to this, so that two who speak in turns of syllables do not flicker
	floorLouder    = 4.0
	floorThreshold = -50 // below is silence
	floorGap       = 300e6
	floorWords     = 800e6 // a pause up to this is one between words
	floorHistory   = 16
)

// hear takes one participant's level. voiced tells whether it sounds like a voice.
func (f *floor) hear(id string, dbov int, voiced bool, now int64) {
	if f.voices == nil {
		f.voices = map[string]*voice{}
	}
	v := f.voices[id]
	if v == nil {
		v = &voice{last: math.MinInt64 / 2, loud: -127}
		f.voices[id] = v
	}
	v.loud += (float64(dbov) - v.loud) * 0.23
	if !voiced || dbov <= floorThreshold {
		return
	}
	if now-v.last > floorGap {
		v.start = now - floorWindow
	}
	v.last = now
	if now-v.start >= floorTake {
		v.word = now
	}
}

// mute ends a participant's speech at once.
func (f *floor) mute(id string) {
	if v := f.voices[id]; v != nil {
		v.last, v.word = math.MinInt64/2, 0
	}
}

// leave forgets a participant.
func (f *floor) leave(id string) {
	delete(f.voices, id)
	f.order = slices.DeleteFunc(f.order, func(s string) bool { return s == id })
}

// speaker decides and gives who has the floor; nobody is "".
func (f *floor) speaker(now int64) string {
	current := ""
	if len(f.order) > 0 {
		current = f.order[0]
	}
	best := ""
	for id, v := range f.voices {
		if id == current || !v.speaks(now) || !f.may(v, f.voices[current], now) {
			continue
		}
		if best == "" || v.loud > f.voices[best].loud || v.loud == f.voices[best].loud && id < best {
			best = id
		}
	}
	if best != "" {
		f.order = slices.DeleteFunc(f.order, func(s string) bool { return s == best })
		f.order = slices.Insert(f.order, 0, best)
		f.order = f.order[:min(len(f.order), floorHistory)]
		f.since = now
		current = best
	}
	return current
}

// may tells whether v has spoken long and loud enough to take the floor.
func (f *floor) may(v, holder *voice, now int64) bool {
	if holder == nil {
		return true // the first word in a room is as good as a speech
	}
	spoken, quiet := v.last-v.start, int64(floorQuiet)
	if now-f.since < floorSettle {
		quiet = floorPause
	}
	if now-holder.last >= quiet {
		return spoken >= floorTake
	}
	return spoken >= floorInterrupt && v.loud >= holder.loud+floorLouder
}

func (v *voice) speaks(now int64) bool { return now-v.last <= floorGap }

// talks tells whether somebody is speaking, in words rather than syllables.
func (f *floor) talks(id string, now int64) bool {
	v := f.voices[id]
	return v != nil && v.word != 0 && now-v.word <= floorWords
}

// recent gives who had the floor, the last first.
func (f *floor) recent() []string { return f.order }

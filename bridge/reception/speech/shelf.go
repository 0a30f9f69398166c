package speech

import (
	"container/list"
	"time"
)

// key is what a sound is of: a recording, or a text, which is the same for all tenants.
type key struct{ tenant, recording, lang, text string }

func recordingOf(w Words) key { return key{tenant: w.Tenant, recording: w.Recording} }
func textOf(w Words) key      { return key{lang: w.Lang, text: w.Text} }

// sound is one that is made, or in the making.
type sound struct {
	key  key
	made chan struct{} // closed when the rest is there

	pcm   []int16 // nil: there is none
	stamp stamp   // of its file
	until time.Time
	kept  int // bytes, once it was made
}

// sizeOfSound is what a sound takes beside its samples, bytes.
const sizeOfSound = 256

// shelf keeps sounds up to so many bytes; those that nobody wanted for longest go first.
type shelf struct {
	most, bytes int
	order       *list.List // of *sound, the last wanted in front
	at          map[key]*list.Element
}

func newShelf(most int) shelf {
	return shelf{most: most, order: list.New(), at: map[key]*list.Element{}}
}

func (s *shelf) get(k key) *sound {
	e := s.at[k]
	if e == nil {
		return nil
	}
	s.order.MoveToFront(e)
	return e.Value.(*sound)
}

// put takes a sound that is yet to be made, in place of one of the same key.
func (s *shelf) put(one *sound) {
	if e := s.at[one.key]; e != nil {
		s.remove(e)
	}
	s.at[one.key] = s.order.PushFront(one)
}

func (s *shelf) remove(e *list.Element) {
	one := s.order.Remove(e).(*sound)
	delete(s.at, one.key)
	s.bytes -= one.kept
}

// trim counts a sound that was made, and lets others go where there are too many.
func (s *shelf) trim(one *sound) {
	if e := s.at[one.key]; e == nil || e.Value != one {
		return
	}
	one.kept = 2*len(one.pcm) + len(one.key.text) + len(one.key.tenant) + len(one.key.recording) + sizeOfSound
	s.bytes += one.kept
	for e := s.order.Back(); e != nil && s.bytes > s.most; {
		before := e.Prev()
		if e.Value.(*sound).kept > 0 {
			s.remove(e)
		}
		e = before
	}
}

package capability

import (
	"cmp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// Entry is something that the far end can receive.
type Entry struct {
	Number    uint16
	Format    media.Format // as its receiver limits it
	Symmetric bool         // what it receives then it sends as well (receiveAndTransmit)

	audio *h245.AudioCapability // as it was said
	video *h245.VideoCapability
}

// Input tells which forms of user input a terminal takes.
type Input struct {
	Basic, IA5, General bool // alphanumeric
	Signal              bool // dtmf
}

// Set is what a far end can receive.
type Set struct {
	Audio, Video []Entry // in the terminal's order
	Content      bool    // it takes presentations
	H239, H224   bool
	Input        Input
	DTMF         uint8 // payload type for RFC 4733; 0 is none

	alternatives [][][]uint16
	byNumber     map[uint16][]*Entry
}

// Set reads the table. What the terminal can only send is left out, and what is not
// understood too.
func (t *Table) Set() *Set {
	s := &Set{alternatives: t.alternatives(), byNumber: make(map[uint16][]*Entry)}
	for _, e := range t.entries {
		t.read(s, e.number, e.c)
	}
	for _, list := range [][]Entry{s.Audio, s.Video} {
		for i := range list {
			s.byNumber[list[i].Number] = append(s.byNumber[list[i].Number], &list[i])
		}
	}
	return s
}

func (t *Table) read(s *Set, n uint16, c *h245.Capability) {
	switch {
	case c.ReceiveAudioCapability != nil:
		s.addAudio(n, c.ReceiveAudioCapability, false)
	case c.ReceiveAndTransmitAudioCapability != nil:
		s.addAudio(n, c.ReceiveAndTransmitAudioCapability, true)
	case c.ReceiveVideoCapability != nil:
		t.addVideo(s, n, c.ReceiveVideoCapability, false)
	case c.ReceiveAndTransmitVideoCapability != nil:
		t.addVideo(s, n, c.ReceiveAndTransmitVideoCapability, true)
	case c.ReceiveUserInputCapability != nil:
		s.Input.add(c.ReceiveUserInputCapability)
	case c.ReceiveAndTransmitUserInputCapability != nil:
		s.Input.add(c.ReceiveAndTransmitUserInputCapability)
	case c.ReceiveRTPAudioTelephonyEventCapability != nil:
		if pt := c.ReceiveRTPAudioTelephonyEventCapability.DynamicRTPPayloadType; dynamic(pt) {
			s.DTMF = pt
		}
	case c.ReceiveDataApplicationCapability != nil:
		s.H224 = s.H224 || c.ReceiveDataApplicationCapability.Application.H224 != nil
	case c.ReceiveAndTransmitDataApplicationCapability != nil:
		s.H224 = s.H224 || c.ReceiveAndTransmitDataApplicationCapability.Application.H224 != nil
	case c.GenericControlCapability != nil:
		s.H239 = s.H239 || is(c.GenericControlCapability, oidH239)
	}
}

func (s *Set) addAudio(n uint16, a *h245.AudioCapability, symmetric bool) {
	if f, ok := readAudio(a); ok {
		s.Audio = append(s.Audio, Entry{Number: n, Format: f, Symmetric: symmetric, audio: a})
	}
}

func (t *Table) addVideo(s *Set, n uint16, v *h245.VideoCapability, symmetric bool) {
	list, content := readVideo(v)
	if content {
		s.Content = true
		return
	}
	for _, f := range list {
		for _, g := range t.packed(f) {
			s.Video = append(s.Video, Entry{Number: n, Format: g, Symmetric: symmetric, video: v})
		}
	}
}

// packed gives a format in each packetization that the terminal takes. The simple one is
// always there: annex A of H.264 (H.241 8.3.3), RFC 2190 of H.263.
func (p *packings) packed(f media.Format) []media.Format {
	g := f
	switch f.Codec {
	case media.H264:
		f.PT = cmp.Or(p.h264PT, ptH264)
		if p.nonAligned {
			g = f
			g.H264.Mode, g.H264.MaxNAL = 1, 0
			return []media.Format{g, f}
		}
	case media.H263:
		if p.plus {
			g.Codec, g.PT = media.H263P, cmp.Or(p.plusPT, ptH263P)
			return []media.Format{g, f}
		}
	}
	return []media.Format{f}
}

func (i *Input) add(c *h245.UserInputCapability) {
	i.Basic = i.Basic || c.BasicString
	i.IA5 = i.IA5 || c.IA5String
	i.General = i.General || c.GeneralString
	i.Signal = i.Signal || c.Dtmf
}

// Choice is what to send to a far end; nil is nothing.
type Choice struct {
	Audio, Video *Entry
}

// Choose picks sound and picture that the far end takes at the same time (H.245 B.2.2),
// from the first of its descriptors that has both, or else has most. Entries for which
// avoid says true are passed over. prefer, if it is not nil, knows the codec that the far
// end sends: where it does not send and receive in different ones, that one is taken.
func (s *Set) Choose(own media.Capabilities, avoid func(*Entry) bool, prefer func(*Entry) bool) Choice {
	var best Choice
	for _, d := range s.alternatives {
		c := s.together(d, own, avoid, prefer)
		if c.rank() > best.rank() {
			best = c
		}
	}
	return best
}

func (c Choice) rank() (n int) {
	if c.Audio != nil {
		n += 2
	}
	if c.Video != nil {
		n++
	}
	return n
}

// together picks from one descriptor. Sound comes first; of two lists that have it the
// one is left for the picture that has more to offer there.
func (s *Set) together(d [][]uint16, own media.Capabilities, avoid, prefer func(*Entry) bool) Choice {
	var best Choice
	audio := -1
	for i, list := range d {
		if a := s.choose(list, own.Audio, media.ChooseAudio, avoid, prefer); a != nil && better(a, best.Audio, own.Audio, prefer) {
			best.Audio, audio = a, i
		}
	}
	for i, list := range d {
		if i == audio {
			continue
		}
		if v := s.choose(list, own.Video, media.ChooseVideo, avoid, prefer); v != nil && better(v, best.Video, own.Video, prefer) {
			best.Video = v
		}
	}
	return best
}

// better tells whether an entry goes before another by our order of formats.
func better(e, than *Entry, own []media.Format, prefer func(*Entry) bool) bool {
	if than == nil {
		return true
	}
	if p, q := preferred(e, prefer), preferred(than, prefer); p != q {
		return p
	}
	return rank(e.Format, own) < rank(than.Format, own)
}

func preferred(e *Entry, prefer func(*Entry) bool) bool {
	return prefer != nil && e.Symmetric && prefer(e)
}

func rank(f media.Format, own []media.Format) int {
	for i, o := range own {
		if o.Matches(f) {
			return i
		}
	}
	return len(own)
}

// choose picks among the entries of one list of alternatives. Entries of the other kind
// match none of our formats.
func (s *Set) choose(list []uint16, own []media.Format,
	pick func(own, theirs []media.Format) (int, int), avoid, prefer func(*Entry) bool) *Entry {
	var usable []*Entry
	var formats []media.Format
	wanted := false
	for _, n := range list {
		for _, e := range s.byNumber[n] {
			if rank(e.Format, own) == len(own) || avoid != nil && avoid(e) {
				continue
			}
			p := preferred(e, prefer)
			if p && !wanted { // from now on only these
				wanted, usable, formats = true, nil, nil
			}
			if p == wanted {
				usable, formats = append(usable, e), append(formats, e.Format)
			}
		}
	}
	if _, j := pick(own, formats); j >= 0 {
		return usable[j]
	}
	return nil
}

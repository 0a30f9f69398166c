package dial

import (
	"math"
	"slices"
)

// Summary is all calls together.
type Summary struct {
	Placed         int            `json:"placed"`
	Answered       int            `json:"answered"`
	Completed      int            `json:"completed"`
	Failed         int            `json:"failed"` // all that were not completed
	WithPicture    int            `json:"with_picture"`
	WithAudio      int            `json:"with_audio"`
	Causes         map[string]int `json:"causes"` // of the calls that were not completed
	SetupMS        *Spread        `json:"setup_ms"`
	RingingMS      *Spread        `json:"ringing_ms"`
	FirstPictureMS *Spread        `json:"first_picture_ms"`
	FirstAudioMS   *Spread        `json:"first_audio_ms"`
	AudioIn        Totals         `json:"audio_in"`
	VideoIn        Totals         `json:"video_in"`
	FreezeMS       *Spread        `json:"longest_freeze_ms"` // of the calls with a picture
}

// Spread is how a figure is spread over the calls that have it.
type Spread struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	Max float64 `json:"max"`
}

// Totals are packets of all calls.
type Totals struct {
	Packets uint64 `json:"packets"`
	Lost    uint64 `json:"lost"`
}

func newReport(s *settings, calls []Call) *Report {
	return &Report{Target: s.Target, Calls: calls, Summary: summarise(calls)}
}

func summarise(calls []Call) Summary {
	s := Summary{Placed: len(calls), Causes: map[string]int{}}
	var setup, ringing, picture, audio, freeze []float64
	for i := range calls {
		c := &calls[i]
		setup, ringing = collect(setup, c.SetupMS), collect(ringing, c.RingingMS)
		picture, audio = collect(picture, c.FirstPictureMS), collect(audio, c.FirstAudioMS)
		if c.SetupMS != nil {
			s.Answered++
		}
		if c.Result == Completed {
			s.Completed++
		} else {
			s.Causes[c.Cause]++
		}
		if c.Audio != nil {
			s.AudioIn.add(c.Audio.In.LineOut)
		}
		if c.Video != nil {
			s.VideoIn.add(c.Video.In.LineOut)
			if c.FirstPictureMS != nil {
				freeze = append(freeze, c.Video.In.LongestFreezeMS)
			}
		}
	}
	s.Failed = s.Placed - s.Completed
	s.WithPicture, s.WithAudio = len(picture), len(audio)
	s.SetupMS, s.RingingMS = spread(setup), spread(ringing)
	s.FirstPictureMS, s.FirstAudioMS, s.FreezeMS = spread(picture), spread(audio), spread(freeze)
	return s
}

func (t *Totals) add(l LineOut) {
	t.Packets += l.Packets
	t.Lost += l.Lost
}

func collect(list []float64, v *float64) []float64 {
	if v == nil {
		return list
	}
	return append(list, *v)
}

// spread gives percentiles by nearest rank, nil for none.
func spread(list []float64) *Spread {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	rank := func(p float64) float64 { return list[int(math.Ceil(p*float64(len(list))))-1] }
	return &Spread{P50: rank(0.5), P95: rank(0.95), Max: list[len(list)-1]}
}

// Good tells whether every call was answered and lasted, and, where that is
// asked for, got a picture.
func (r *Report) Good(expectVideo bool) bool {
	s := r.Summary
	return s.Placed > 0 && s.Completed == s.Placed && (!expectVideo || s.WithPicture == s.Placed)
}

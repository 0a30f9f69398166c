package transcode

import (
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/internal/film"
)

// talk sends sound to inputs 1 to n, 50 frames a second, until the test ends.
func (s *screenings) talk(n StreamID) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		payload := make([]byte, 160)
		for i := 0; ; i++ {
			for j := range payload {
				payload[j] = byte(i*7 + j*3)
			}
			for id := range n {
				s.meeting.Write(Frame{Stream: id + 1, Seq: uint16(i), Timestamp: uint32(i) * 160, Payload: payload})
			}
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	}()
	s.t.Cleanup(func() { close(quit); <-done })
}

// loop sends a film that is ready over and over.
func (s *screenings) loop(inputs ...StreamID) {
	src, err := film.NewSource(media.H264, 1280, 720, 1_500_000)
	if err != nil {
		s.t.Fatal(err)
	}
	defer src.Close()
	if err := src.Prepare(15); err != nil {
		s.t.Fatal(err)
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		for i := 0; ; i++ {
			for _, p := range src.Loop(i) {
				for _, id := range inputs {
					s.meeting.WritePicture(Frame{Stream: id, Seq: p.Seq, Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload})
				}
			}
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	}()
	s.t.Cleanup(func() { close(quit); <-done })
}

// While pictures want more than all processors have, sound is as timely as in a worker beside
// it that has nothing but sound: others may be busy on this machine, and disturb both. For
// the same reason there are ten tries.
func TestSoundBeforePictures(t *testing.T) {
	s, control := screen(t), screen(t)
	var g Graph
	for id := StreamID(1); id <= 8; id++ {
		g.Inputs = append(g.Inputs, Input{ID: id, Codec: media.PCMU, ClockRate: 8000})
	}
	for id := StreamID(20); id < 24; id++ {
		g.Outputs = append(g.Outputs, Output{ID: id, Codec: media.Opus, ClockRate: 48000, Hears: []StreamID{1, 2, 3, 4, 5, 6, 7, 8}[:id-16]})
	}
	for id := StreamID(31); id <= 34; id++ {
		g.VideoInputs = append(g.VideoInputs, VideoInput{ID: id, Codec: media.H264})
	}
	for id := StreamID(40); id < 52; id++ {
		o := asItIs(id, 31+id%4, media.H264, 1280, 720)
		o.Bitrate += int(id) * 1000
		g.VideoOutputs = append(g.VideoOutputs, o)
	}
	for _, s := range []*screenings{s, control} {
		s.talk(8)
	}
	control.meeting.SetGraph(Graph{Inputs: g.Inputs, Outputs: g.Outputs})
	s.meeting.SetGraph(g)
	s.loop(31, 32, 33, 34)
	s.tick(200, 0, len(g.VideoOutputs))
	for try := 1; ; try++ {
		before := s.meeting.Stats().Dropped
		var alone measured
		var both sync.WaitGroup
		both.Go(func() { alone = control.tick(0, 400, 0) })
		with := s.tick(0, 400, len(g.VideoOutputs))
		both.Wait()
		dropped := s.meeting.Stats().Dropped - before
		t.Logf("ticks late: %d of %d alone, %d of %d with pictures; dearest %.1f ms; %d pictures, %d late; %d frames of sound dropped",
			alone.late, alone.ticks, with.late, with.ticks, with.dearest, with.frames, with.missed, dropped)
		much := with.missed > 50 || with.frames < uint64(len(g.VideoOutputs))*30*8/2 // pictures for the processors
		if much && with.late <= 2*alone.late+with.ticks/100 && with.skipped <= alone.skipped && dropped == 0 {
			break
		}
		if try == 10 {
			t.Error("pictures disturb sound")
			break
		}
	}
	if n := s.meeting.Stats().Restarts; n != 0 {
		t.Errorf("%d restarts", n)
	}
}

type measured struct {
	ticks, late, skipped, frames, missed uint64
	dearest                              float64 // ms
}

// tick measures so many ticks after others, in a worker with so many picture outputs.
func (s *screenings) tick(before, ticks uint64, outputs int) measured {
	s.t.Helper()
	after := func(ticks uint64) (st WorkerStats) {
		eventually(s.t, "a worker at work", func() bool {
			st = s.meeting.Stats().Worker
			return st.Ticks >= ticks && len(st.VideoOutputs) == outputs && len(st.Inputs) == 8
		})
		return st
	}
	begin := after(s.meeting.Stats().Worker.Ticks + before)
	end := after(begin.Ticks + ticks)
	m := measured{ticks: end.Ticks - begin.Ticks, late: end.Late - begin.Late, skipped: end.Skipped - begin.Skipped, dearest: end.MaxUS / 1e3}
	for i, o := range end.VideoOutputs {
		m.frames += o.Frames - begin.VideoOutputs[i].Frames
		m.missed += o.Late - begin.VideoOutputs[i].Late
	}
	return m
}

package player

import "time"

// finish stops watching and listening, and makes the report.
func (s *seat) finish() {
	r := &s.report
	r.Ended = time.Now()
	if s.ear != nil {
		s.t.Audio.Track().Detach(s.ear)
		r.Ear = s.ear.finish()
		if at := r.Ear.FirstAudio; at > 0 {
			r.HasAudio, r.FirstAudio = true, time.Duration(at-s.began)
		}
	}
	if s.eye != nil {
		s.t.Video.Track().Detach(s.eye)
		r.Eye = s.eye.finish(s.e.now())
		r.KeyframesAsked = s.t.Video.Track().Stats().KeyframeRequests
		if at := r.Eye.FirstPicture; at > 0 {
			r.HasPicture, r.FirstPicture = true, time.Duration(at-s.began)
		}
	}
	if s.camera != nil {
		s.t.Video.SetFeedback(nil)
		r.FramesSent, r.FramesLeftOut = s.camera.sent, s.camera.skipped
		r.KeyframeRequests, r.LimitAsked = uint64(s.camera.asks.Load()), int(s.camera.limit.Load())
	}
	s.finishFiles()
	s.finishDecoder()
	s.understand()
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Audio, r.Video = s.audio, s.video
	if s.t.Audio != nil {
		r.Audio.count(s.t.Audio.Stats())
	}
	if s.t.Video != nil {
		r.Video.count(s.t.Video.Stats())
	}
	r.Digits, r.Warnings = s.digits.String(), s.warnings
}

func (s *seat) finishFiles() {
	if s.picture == nil {
		return
	}
	if err := s.picture.Close(); err != nil {
		s.recordingFailed(err)
	}
}

// finishDecoder waits for the last pictures, whose count the worker tells ten
// times a second.
func (s *seat) finishDecoder() {
	if s.decoder == nil {
		return
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(decodeWait); s.decoder.Stats().Units < s.written && time.Now().Before(until); {
		<-tick.C
	}
	st := s.decoder.Stats()
	s.report.Decoded = &Decoded{Frames: st.Frames, Errors: st.Errors}
	s.decoder.Close()
	s.e.decoderClosed()
}

package player

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player/clip"
	"github.com/roombridge/roombridge/bridge/player/damage"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/transcode"
)

const (
	digitsAfter = time.Second
	digitLength = 160 // ms
	// decodeWait is how long the end of a call waits for the last pictures
	// to be decoded.
	decodeWait = 500 * time.Millisecond
)

// seat is a call in front of the terminal.
type seat struct {
	e *Engine
	t bridge.Terminal

	camera  *camera // nil without a clip or a stream
	speaker *speaker
	wishes  *wishes // nil without a picture
	eye     *eye
	ear     *ear
	picture *pictureFile
	decoder *transcode.Decoder

	wake chan struct{} // the sender has something to look at
	stop chan struct{}
	once sync.Once
	left chan struct{}
	done sync.WaitGroup

	mu       sync.Mutex
	changed  bool // the terms
	digits   strings.Builder
	warnings []string
	audio    Line
	video    Line

	began   int64
	written uint64 // access units given to the decoder
	report  Report
}

func newSeat(e *Engine, t bridge.Terminal) *seat {
	s := &seat{
		e: e, t: t, began: e.now(), changed: true,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), left: make(chan struct{}),
	}
	s.report.Answered = time.Now()
	s.prepareAudio()
	s.prepareVideo()
	s.done.Go(s.play)
	return s
}

func (s *seat) prepareAudio() {
	if s.t.Audio == nil {
		return
	}
	s.ear = newEar(s.e.now, s.e.pool)
	s.ear.failed = s.recordingFailed
	if s.e.cfg.Record != "" {
		s.ear.record = s.recordSound
	}
	if s.e.cfg.Audio != nil {
		s.speaker = &speaker{out: s.t.Audio}
	}
	s.understand()
	s.t.Audio.Track().Attach(s.ear)
}

func (s *seat) recordSound(rate int) recorder {
	f, err := createSound(s.e.cfg.Record, s.t.CallID, rate)
	if err != nil {
		s.recordingFailed(err)
		return nil
	}
	return f
}

func (s *seat) prepareVideo() {
	if s.t.Video == nil {
		return
	}
	s.eye = newEye(s.e.now)
	s.eye.old = newOldEye(s.e.cfg.Picture)
	s.eye.failed = s.recordingFailed
	s.eye.ask = s.t.Video.Track().RequestKeyframe
	if s.e.cfg.Record != "" {
		f, err := createPicture(s.e.cfg.Record, s.t.CallID, s.e.cfg.Picture)
		if err != nil {
			s.recordingFailed(err)
		} else {
			s.picture, s.eye.record = f, f
		}
	}
	if s.decoder = s.e.decoder(); s.decoder != nil {
		s.eye.decode = func(stream []byte, timestamp uint32) {
			if s.decoder.Write(stream, timestamp) {
				s.written++
			}
		}
	}
	if s.e.cfg.Video != nil {
		s.camera = &camera{out: s.t.Video, clip: s.e.cfg.Video, wake: s.poke}
		if s.e.cfg.Damage != 0 {
			s.camera.vandal = damage.New(s.e.cfg.Picture, s.e.cfg.Damage)
		}
		s.t.Video.SetFeedback(s.camera)
	}
	s.wishes = newWishes(s.t.Video.Track(), s.e.cfg, s.began)
	s.t.Video.Track().Attach(s.eye)
}

func (s *seat) recordingFailed(err error) { s.warn("recording: " + err.Error()) }

// warn notes something for the report, once.
func (s *seat) warn(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.warnings, text) {
		s.warnings = append(s.warnings, text)
		s.e.cfg.Log.Warn(text, "call", s.t.CallID)
	}
}

// poke has the sender look at once.
func (s *seat) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// MediaChanged implements bridge.Seat.
func (s *seat) MediaChanged() {
	s.understand()
	s.mu.Lock()
	s.changed = true
	s.mu.Unlock()
	s.poke()
}

// understand tells the ear what may come, and notes how the streams are keyed
// while they are.
func (s *seat) understand() {
	s.mu.Lock()
	defer s.mu.Unlock()
	note := func(l *Line, st *relay.Stream) {
		if st == nil {
			return
		}
		if n := st.Negotiated(); n.Active() {
			l.Negotiated, l.Keying = true, n.Security.Keying.String()
			l.Send.Codec = n.Send.Codec
			if len(n.Recv) > 0 {
				l.Recv.Codec = n.Recv[0].Codec
			}
		}
	}
	note(&s.audio, s.t.Audio)
	note(&s.video, s.t.Video)
	if s.ear != nil {
		s.ear.understand(s.t.Audio.Negotiated().Recv)
	}
}

// Digit implements bridge.Seat.
func (s *seat) Digit(d rune) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.digits.Len() < 1024 {
		s.digits.WriteRune(d)
	}
}

// KeyframeWanted implements bridge.Seat.
func (s *seat) KeyframeWanted() {
	if s.camera != nil {
		s.camera.KeyframeWanted()
	}
}

// Status implements bridge.Seat.
func (s *seat) Status() bridge.SeatStatus {
	plays := bridge.PathStatus{Path: bridge.PathRelay, Reason: "the simulated terminal plays and records"}
	none := bridge.PathStatus{Path: bridge.PathNone, Reason: "the simulated terminal has no slides"}
	return bridge.SeatStatus{
		AudioIn: plays, AudioOut: plays, VideoIn: plays, VideoOut: plays, ContentIn: none, ContentOut: none,
	}
}

// play sends what is due until the seat is left.
func (s *seat) play() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	digits := []rune(s.e.cfg.Digits)
	for {
		select {
		case <-s.stop:
			return
		case <-s.wake:
		case <-timer.C:
		}
		s.adapt()
		now := s.e.now()
		if len(digits) > 0 && s.t.Audio != nil && now-s.began >= int64(digitsAfter) {
			s.press(digits)
			digits = nil
		}
		next := now + int64(digitsAfter)
		if s.wishes != nil {
			next = min(next, s.wishes.step(now))
		}
		if s.speaker != nil {
			next = min(next, s.speaker.step(now))
		}
		if s.camera != nil {
			next = min(next, s.camera.step(now))
		}
		timer.Reset(time.Duration(next - s.e.now()))
	}
}

func (s *seat) press(digits []rune) {
	heard := s.t.Audio.Negotiated().SendDTMF != 0
	if !heard || s.e.cfg.Signal {
		if press := s.e.cfg.Press; press == nil || !press(s.t.CallID, string(digits)) {
			s.warn("the far end takes no digits that the terminal has: none were pressed")
		}
		return
	}
	for _, d := range digits {
		s.t.Audio.SendDigit(d, digitLength)
	}
}

// adapt obeys what was negotiated since it was called last.
func (s *seat) adapt() {
	s.mu.Lock()
	changed := s.changed
	s.changed = false
	s.mu.Unlock()
	if !changed {
		return
	}
	if s.speaker != nil {
		s.adaptSpeaker(s.t.Audio.Negotiated())
	}
	if s.camera != nil {
		s.adaptCamera(s.t.Video.Negotiated())
	}
}

func (s *seat) adaptSpeaker(n media.Stream) {
	if !n.Active() || !n.Direction.Sends() {
		s.speaker.set(nil, 0, 0)
		return
	}
	v := s.e.cfg.Audio.voice(n.Send.Codec)
	if v == nil {
		s.warn("the terminal does not speak " + string(n.Send.Codec))
	}
	s.speaker.set(v, n.Send.PT, n.Send.ClockRate)
}

func (s *seat) adaptCamera(n media.Stream) {
	if !n.Active() || !n.Direction.Sends() {
		s.camera.set(nil, 0, 0)
		return
	}
	if n.Send.Codec != s.e.cfg.Picture {
		s.warn("the terminal's picture is " + string(s.e.cfg.Picture) + ", the far end takes " + string(n.Send.Codec))
		s.camera.set(nil, 0, 0)
		return
	}
	p, err := s.packets(n.Send)
	if err != nil {
		s.warn(err.Error())
		return
	}
	if p.TooLong > 0 {
		s.warn("the far end takes packetization-mode 0 only, and slices of the file are longer than a packet: encode it with slice-max-size=1150")
	}
	for _, w := range s.e.cfg.Video.Exceeds(n.Send, n.SendBitrate) {
		s.warn(w)
	}
	s.camera.set(p, n.Send.PT, media.Limits{Bitrate: n.SendBitrate}.Intersect(n.Send.Limits()).Bitrate)
}

// packets gives the clip as the far end takes it.
func (s *seat) packets(f media.Format) (*clip.Packets, error) {
	if f.Codec == media.H264 {
		return s.e.cfg.Video.Packets(f.H264.Mode, h264.DefaultMTU)
	}
	return s.e.cfg.Video.PacketsAs(f.Codec, h264.DefaultMTU)
}

// Leave implements bridge.Seat.
func (s *seat) Leave() {
	s.once.Do(func() {
		close(s.stop)
		s.done.Wait()
		s.finish()
		close(s.left)
	})
	<-s.left
}

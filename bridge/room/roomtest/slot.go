package roomtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/packet"
)

// Slot is one picture on its way to the page. It checks what arrives: that a
// picture begins with parameter sets and an IDR slice, and that sequence
// numbers and timestamps go on.
type Slot struct {
	page        *Page
	transceiver *webrtc.RTPTransceiver

	mu        sync.Mutex
	changed   chan struct{}
	SSRC, RTX uint32
	stats     SlotStats
	lastSeq   uint16
	started   bool
}

// SlotStats is what arrived.
type SlotStats struct {
	Packets, Frames, Keyframes int
	Width, Height              int   // by the last SPS
	FirstTypes                 []int // NAL unit types of the first frame
	Gaps                       int   // sequence numbers missing
	Bytes                      int
	First                      time.Time
	Codec                      string
}

// AddSlots adds lines for pictures; Offer makes them known.
func (p *Page) AddSlots(n int) error { return p.addSlots(n) }

func (p *Page) addSlots(n int) error {
	for range n {
		t, err := p.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.slots = append(p.slots, &Slot{page: p, transceiver: t, changed: make(chan struct{})})
		p.mu.Unlock()
	}
	return nil
}

func (p *Page) slotList() []*Slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.slots)
}

// MID names the slot.
func (s *Slot) MID() string { return s.transceiver.Mid() }

func (s *Slot) sources(ssrc, rtx uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.SSRC, s.RTX = ssrc, rtx
}

// Stats is what arrived so far.
func (s *Slot) Stats() SlotStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Wait waits until what arrived is as wished.
func (s *Slot) Wait(ctx context.Context, what string, ok func(SlotStats) bool) error {
	for {
		s.mu.Lock()
		st, changed := s.stats, s.changed
		s.mu.Unlock()
		if ok(st) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("roomtest: slot %s: no %s in time: %+v", s.MID(), what, st)
		}
	}
}

// AskKeyframe sends a PLI.
func (s *Slot) AskKeyframe() error {
	s.mu.Lock()
	ssrc := s.SSRC
	s.mu.Unlock()
	return s.page.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
}

// Limit sends a REMB.
func (s *Slot) Limit(bps int) error {
	s.mu.Lock()
	ssrc := s.SSRC
	s.mu.Unlock()
	return s.page.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(bps), SSRCs: []uint32{ssrc}}})
}

func (p *Page) onTrack(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	if t.Kind() == webrtc.RTPCodecTypeAudio {
		s := &Sound{changed: make(chan struct{})}
		p.mu.Lock()
		p.Sound = s
		p.mu.Unlock()
		p.wg.Go(func() { s.read(t) })
		return
	}
	for _, s := range p.slotList() {
		if s.transceiver == r.RTPTransceiver() {
			p.wg.Go(func() { s.read(t) })
		}
	}
}

func (s *Slot) read(t *webrtc.TrackRemote) {
	b := make([]byte, packet.MaxSize)
	frame := []int{}
	for {
		n, _, err := t.Read(b)
		if err != nil {
			return
		}
		h, payload, err := parse(b[:n])
		if err != nil || len(payload) == 0 {
			continue
		}
		s.mu.Lock()
		st := &s.stats
		if !s.started {
			s.started, s.lastSeq, st.First, st.Codec = true, h.SequenceNumber-1, time.Now(), t.Codec().MimeType
		}
		if d := int16(h.SequenceNumber - s.lastSeq); d > 0 {
			st.Gaps += int(d) - 1
			s.lastSeq = h.SequenceNumber
		} else {
			st.Gaps-- // late or sent again
		}
		st.Packets++
		st.Bytes += len(payload)
		if t.Codec().MimeType == webrtc.MimeTypeH264 {
			frame = append(frame, s.nals(payload)...)
		} else if len(payload) > 10 && payload[0] == 0x10 && payload[1]&1 == 0 { // a keyframe of VP8 (RFC 6386 9.1)
			frame = append(frame, 5)
			st.Width, st.Height = int(payload[7])|int(payload[8])<<8, int(payload[9])|int(payload[10])<<8
		}
		if h.Marker {
			s.ended(frame)
			frame = frame[:0]
		}
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
	}
}

// nals lists the NAL unit types that begin in a payload and reads the size.
func (s *Slot) nals(payload []byte) []int {
	var types []int
	for w := h264.Walk(payload); w.Next(); {
		if !w.Unit.Start {
			continue
		}
		types = append(types, int(w.Unit.Type()))
		if nal := w.Unit.NAL(); w.Unit.Type() == h264.TypeSPS && nal != nil {
			if sps, err := h264.ParseSPS(nal); err == nil {
				s.stats.Width, s.stats.Height = sps.Width, sps.Height
			}
		}
	}
	return types
}

func (s *Slot) ended(frame []int) {
	s.stats.Frames++
	for _, t := range frame {
		if t == 5 {
			s.stats.Keyframes++
			break
		}
	}
	if s.stats.Frames == 1 {
		s.stats.FirstTypes = append([]int(nil), frame...)
	}
}

// Sound is the mix on its way to the page.
type Sound struct {
	mu      sync.Mutex
	changed chan struct{}
	Packets int
	Last    []byte
	Seqs    []uint16
	Times   []uint32
	Codec   string
}

func (s *Sound) read(t *webrtc.TrackRemote) {
	b := make([]byte, packet.MaxSize)
	for {
		n, _, err := t.Read(b)
		if err != nil {
			return
		}
		h, payload, err := parse(b[:n])
		if err != nil {
			continue
		}
		s.mu.Lock()
		s.Packets++
		s.Last = append(s.Last[:0], payload...)
		s.Seqs, s.Times = append(s.Seqs, h.SequenceNumber), append(s.Times, h.Timestamp)
		s.Codec = t.Codec().MimeType
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
	}
}

// Wait waits for n packets.
func (s *Sound) Wait(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		got, changed := s.Packets, s.changed
		s.mu.Unlock()
		if got >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("roomtest: %d packets of sound, not %d", got, n)
		}
	}
}

// Timing gives the sequence numbers and timestamps that arrived.
func (s *Sound) Timing() ([]uint16, []uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]uint16(nil), s.Seqs...), append([]uint32(nil), s.Times...)
}

// Sounding gives the mix, nil while none has come.
func (p *Page) Sounding() *Sound {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Sound
}

package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"sync"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec/h264"
	"github.com/roombridge/roombridge/transcode/wire"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// Bounds of the picture side. What is beyond them is refused and says so.
const (
	maxStills   = 32 // that wait
	maxSpeeches = 16
	maxDecoders = 64
	maxQueued   = 128 // access units that wait for one decoder
)

// requests draws stills, speaks and decodes streams, beside the sound and never in its way.
type requests struct {
	queue    *wire.Queue
	painter  *screen.Painter
	stills   chan still
	speeches chan speech
	decoders map[uint32]*decoding // the reader's alone
	running  sync.WaitGroup
}

type still struct {
	id   uint32
	spec transcode.Still
}

func newRequests(q *wire.Queue, painter *screen.Painter) *requests {
	p := &requests{queue: q, painter: painter, stills: make(chan still, maxStills), speeches: make(chan speech, maxSpeeches), decoders: make(map[uint32]*decoding)}
	p.running.Go(p.draw)
	p.running.Go(p.speak)
	return p
}

// handle takes a message of the gateway. An error is one of the protocol.
func (p *requests) handle(m wire.Message) error {
	switch m.Kind {
	case wire.Still:
		var s transcode.Still
		if err := json.Unmarshal(m.Payload, &s); err != nil {
			return err
		}
		select {
		case p.stills <- still{m.ID, s}:
		default:
			p.fail(m.ID, wire.Still, errors.New("too many still pictures wait"))
		}
	case wire.Speech:
		s, err := transcode.ParseSpeech(m.Payload)
		if err != nil {
			return err
		}
		select {
		case p.speeches <- speech{m.ID, s}:
		default:
			p.fail(m.ID, wire.Speech, errors.New("too many sounds wait"))
		}
	case wire.Decode:
		return p.open(m)
	case wire.DecodeClose:
		if d := p.decoders[m.ID]; d != nil {
			delete(p.decoders, m.ID)
			close(d.work)
		}
	case wire.AccessUnit:
		p.feed(m.ID, work{unit: append([]byte(nil), m.Payload...)})
	case wire.Picture:
		of, err := transcode.PictureRequest(m.Payload)
		if err != nil {
			return err
		}
		if !p.feed(of, work{picture: true, id: m.ID}) {
			p.fail(m.ID, wire.Picture, errors.New("no such decoder, or it is busy"))
		}
	}
	return nil
}

func (p *requests) fail(id uint32, kind wire.Kind, err error) {
	text := err.Error()
	p.queue.Control(wire.Message{Kind: wire.Error, ID: id, Seq: uint16(kind), Payload: []byte(text[:min(len(text), 500)])})
}

// draw answers requests for stills, one after the other.
func (p *requests) draw() {
	for s := range p.stills {
		units, err := p.picture(s.spec)
		if err != nil {
			p.fail(s.id, wire.Still, err)
			continue
		}
		if !p.queue.Bulk(wire.Message{Kind: wire.Units, ID: s.id, Payload: transcode.AppendUnits(nil, units)}) {
			p.fail(s.id, wire.Still, errors.New("the picture is too large"))
		}
	}
}

func (p *requests) picture(s transcode.Still) ([][]byte, error) {
	if p.painter == nil || !h264.Available {
		return nil, h264.ErrUnavailable
	}
	img, err := p.paint(s)
	if err != nil {
		return nil, err
	}
	if s.Codec != "" && s.Codec != media.H264 {
		return encodeStill(s, screen.I420(img))
	}
	return h264.EncodeStill(h264.StillConfig{
		Width: s.Width, Height: s.Height, Profile: s.Profile, Level: s.Level, MaxNAL: s.MaxNAL, MaxSize: s.MaxSize, Quick: s.Notice != nil,
	}, screen.I420(img))
}

func (p *requests) paint(s transcode.Still) (*image.RGBA, error) {
	if s.Notice != nil {
		return p.painter.Notice(s.Width, s.Height, screen.Notice(*s.Notice))
	}
	return p.painter.Draw(s.Width, s.Height, screen.Text{Title: s.Title, Lines: s.Lines})
}

// open starts a decoder.
func (p *requests) open(m wire.Message) error {
	var o transcode.DecodeOrder
	if err := json.Unmarshal(m.Payload, &o); err != nil {
		return err
	}
	if p.decoders[m.ID] != nil {
		return fmt.Errorf("decoder %d is open already", m.ID)
	}
	if len(p.decoders) == maxDecoders {
		p.fail(m.ID, wire.Decode, fmt.Errorf("%d decoders are open", maxDecoders))
		return nil
	}
	seen, err := newViewing(o.Codec)
	if err != nil {
		p.fail(m.ID, wire.Decode, err)
		return nil
	}
	d := &decoding{id: m.ID, queue: p.queue, seen: seen, work: make(chan work, maxQueued)}
	p.decoders[m.ID] = d
	p.running.Go(d.run)
	return nil
}

func (p *requests) feed(id uint32, w work) bool {
	d := p.decoders[id]
	if d == nil {
		return false
	}
	select {
	case d.work <- w:
		return true
	default:
		d.missed.Add(1)
		return false
	}
}

// close waits until all is done. No message may be handled any more.
func (p *requests) close() {
	close(p.stills)
	close(p.speeches)
	for _, d := range p.decoders {
		close(d.work)
	}
	p.running.Wait()
}

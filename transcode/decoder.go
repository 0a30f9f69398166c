package transcode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/wire"
)

// Decoder decodes a video stream in the worker and counts. The pictures stay
// there unless one is asked for.
type Decoder struct {
	m     *Meeting
	id    uint32
	order []byte

	mu      sync.Mutex
	before  DecodeReport // by workers that died
	now     DecodeReport
	refused uint64
}

// DecoderStats counts what a Decoder was given and what came of it.
type DecoderStats struct {
	DecodeReport
	Refused uint64 // access units that the worker had no room for
}

// Picture is a decoded picture in I420: width*height luma samples, then a
// quarter of that for each of Cb and Cr.
type Picture struct {
	Width, Height int
	I420          []byte
}

// Luma gives the picture's luma plane.
func (p *Picture) Luma() []byte { return p.I420[:p.Width*p.Height] }

// Decoder opens a decoder. It survives the worker: a new one goes on with the
// next keyframe.
func (m *Meeting) Decoder(codec media.Codec) (*Decoder, error) {
	caps := m.sup.Available()
	if codec.Kind() != media.Video || !caps.Decodes(codec) {
		return nil, fmt.Errorf("transcode: this media worker does not decode %s", codec)
	}
	order, err := json.Marshal(DecodeOrder{Codec: string(codec)})
	if err != nil {
		return nil, err
	}
	d := &Decoder{m: m, order: order}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped() {
		return nil, ErrClosed
	}
	d.id = m.requests.id()
	m.requests.decoders[d.id] = d
	if l := m.link.Load(); l != nil {
		d.open(l.queue, d.id)
	}
	m.need()
	return d, nil
}

func (d *Decoder) open(q *wire.Queue, id uint32) {
	q.Control(wire.Message{Kind: wire.Decode, ID: id, Payload: d.order})
}

// Write gives one access unit: H.264 in Annex B form, with start codes. It
// never blocks; false says that there was no worker or no room.
func (d *Decoder) Write(unit []byte, timestamp uint32) bool {
	l := d.m.link.Load()
	ok := l != nil && l.queue.Bulk(wire.Message{Kind: wire.AccessUnit, ID: d.id, Timestamp: timestamp, Payload: unit})
	if !ok {
		d.mu.Lock()
		d.refused++
		d.mu.Unlock()
	}
	return ok
}

// Stats gives the counters, at most about a tenth of a second old.
func (d *Decoder) Stats() DecoderStats {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.now
	r.Units += d.before.Units
	r.Frames += d.before.Frames
	r.Keyframes += d.before.Keyframes
	r.Errors += d.before.Errors
	return DecoderStats{DecodeReport: r, Refused: d.refused}
}

// workerLost keeps what the dead worker had counted.
func (d *Decoder) workerLost() {
	all := d.Stats().DecodeReport
	d.mu.Lock()
	d.before, d.now = all, DecodeReport{Width: all.Width, Height: all.Height}
	d.mu.Unlock()
}

// Picture gives the last decoded picture.
func (d *Decoder) Picture(ctx context.Context) (*Picture, error) {
	var of [4]byte
	putID(of[:], d.id)
	b, err := d.m.ask(ctx, &request{kind: wire.Picture, body: of[:], reply: make(chan reply, 1)})
	if err != nil {
		return nil, err
	}
	return ParsePicture(b)
}

// Close closes the decoder. Its counters stay.
func (d *Decoder) Close() {
	d.m.mu.Lock()
	defer d.m.mu.Unlock()
	delete(d.m.requests.decoders, d.id)
	if l := d.m.link.Load(); l != nil {
		l.queue.Control(wire.Message{Kind: wire.DecodeClose, ID: d.id})
	}
}

// decoded handles a decoder's report or picture.
func (m *Meeting) decoded(msg wire.Message) error {
	if msg.Kind == wire.Picture {
		m.answered(msg.ID, wire.Picture, reply{body: append([]byte(nil), msg.Payload...)})
		return nil
	}
	var r DecodeReport
	if err := json.Unmarshal(msg.Payload, &r); err != nil {
		return err
	}
	if r.Width < 0 || r.Height < 0 || r.Width > maxSide || r.Height > maxSide {
		return errors.New("impossible picture size")
	}
	m.mu.Lock()
	d := m.requests.decoders[msg.ID]
	m.mu.Unlock()
	if d == nil {
		return nil // closed a moment ago
	}
	d.mu.Lock()
	d.now = r
	d.mu.Unlock()
	return nil
}

package transcode

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/wire"
)

// maxAsked bounds how many workers one request may see die.
const maxAsked = 3

type reply struct {
	body []byte
	err  error
}

// request waits for a worker's answer.
type request struct {
	kind  wire.Kind
	body  []byte
	reply chan reply // holds one
	asked int
}

// send gives the request to a worker. Sound goes where it makes nobody wait.
func (r *request) send(q *wire.Queue, id uint32) {
	r.asked++
	m := wire.Message{Kind: r.kind, ID: id, Payload: r.body}
	switch r.kind {
	case wire.Speech:
		if !q.Bulk(m) {
			r.reply <- reply{err: errors.New("transcode: too much waits for the media worker")}
		}
	default:
		q.Control(m)
	}
}

// requests are those that wait, and the decoders that are open. Both share
// their ids, which are never used twice in a meeting.
type requests struct {
	last     uint32
	waiting  map[uint32]*request
	decoders map[uint32]*Decoder
}

func newRequests() requests {
	return requests{waiting: make(map[uint32]*request), decoders: make(map[uint32]*Decoder)}
}

func (r *requests) id() uint32 {
	r.last++
	return r.last
}

func (r *requests) add(req *request) uint32 {
	id := r.id()
	r.waiting[id] = req
	return id
}

func (r *requests) remove(id uint32) { delete(r.waiting, id) }

// answer gives the request its answer and tells whether it was waited for.
func (r *requests) answer(id uint32, kind wire.Kind, a reply) bool {
	req := r.waiting[id]
	if req == nil || req.kind != kind {
		return false
	}
	delete(r.waiting, id)
	req.reply <- a
	return true
}

func (r *requests) failAll(err error) {
	for id, req := range r.waiting {
		delete(r.waiting, id)
		req.reply <- reply{err: err}
	}
}

// askAgain gives a new worker what is open. A request that has seen several
// workers die may be what killed them.
func (r *requests) askAgain(q *wire.Queue) {
	for id, req := range r.waiting {
		if req.asked >= maxAsked {
			delete(r.waiting, id)
			req.reply <- reply{err: errors.New("transcode: the media worker died over this request")}
			continue
		}
		req.send(q, id)
	}
	for id, d := range r.decoders {
		d.open(q, id)
	}
}

const maxUnits = 1024

// AppendUnits packs NAL units for a Units message: each with its length in
// front, four bytes big endian.
func AppendUnits(dst []byte, units [][]byte) []byte {
	for _, u := range units {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(u)))
		dst = append(dst, u...)
	}
	return dst
}

// splitUnits checks the answer to a Still and gives its NAL units or payloads.
func splitUnits(b []byte, s Still) ([][]byte, error) {
	var units [][]byte
	total := 0
	for len(b) > 0 {
		if len(b) < 4 || len(units) == maxUnits {
			return nil, errors.New("transcode: worker sent a damaged picture")
		}
		n := binary.BigEndian.Uint32(b)
		b = b[4:]
		if n == 0 || uint64(n) > uint64(len(b)) || s.MaxNAL > 0 && int(n) > s.MaxNAL {
			return nil, fmt.Errorf("transcode: worker sent a NAL unit of %d bytes", n)
		}
		units = append(units, b[:n:n])
		total += int(n)
		b = b[n:]
	}
	if s.MaxSize > 0 && total > s.MaxSize {
		return nil, fmt.Errorf("transcode: worker sent a picture of %d bytes, %d are allowed", total, s.MaxSize)
	}
	if err := s.checkKind(units); err != nil {
		return nil, err
	}
	return units, nil
}

// NAL unit types of ITU-T H.264 table 7-1.
const (
	nalIDR = 5
	nalSPS = 7
	nalPPS = 8
)

// checkKind makes sure that the parts are such as were asked for. What other decoders than
// those of H.264 make of them is theirs to see: each frame stands alone.
func (s *Still) checkKind(units [][]byte) error {
	switch {
	case s.h264():
		return checkStill(units)
	case len(units) == 0:
		return errors.New("transcode: worker sent an empty picture")
	}
	return nil
}

func (s *Still) h264() bool { return s.Codec == "" || s.Codec == media.H264 }

// checkStill makes sure that the units decode alone: SPS, PPS, IDR slices.
func checkStill(units [][]byte) error {
	if len(units) < 3 || units[0][0]&0x1f != nalSPS || units[1][0]&0x1f != nalPPS {
		return errors.New("transcode: worker sent a picture without parameter sets")
	}
	for _, u := range units[2:] {
		if u[0]&0x9f != nalIDR {
			return fmt.Errorf("transcode: worker sent a NAL unit of type %d in a still picture", u[0]&0x1f)
		}
	}
	return nil
}

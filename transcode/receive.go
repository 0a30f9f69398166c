package transcode

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/roombridge/roombridge/transcode/wire"
)

// A worker that sends more than this in a second has run wild. Each output
// makes at most 100 frames of sound a second, or pictures of 40 Mbit/s.
const (
	messagesPerSecond  = 4000
	messagesPerOutput  = 400
	messagesPerPicture = 4000
	bytesPerSecond     = 64 << 20
)

// budget bounds what a worker may send in a second.
type budget struct {
	since    time.Time
	messages int
	bytes    int
}

func (b *budget) spend(now time.Time, size, outputs, pictures int) error {
	if now.Sub(b.since) >= time.Second {
		*b = budget{since: now}
	}
	b.messages++
	b.bytes += size
	if b.messages > messagesPerSecond+outputs*messagesPerOutput+pictures*messagesPerPicture || b.bytes > bytesPerSecond {
		return fmt.Errorf("it floods us: %d messages, %d bytes within a second", b.messages, b.bytes)
	}
	return nil
}

// receive handles messages until the first that breaks the protocol. The
// clock is read once for all that came with one read.
func (m *Meeting) receive(l *link, r *wire.Reader) error {
	var spent budget
	now := time.Now()
	for {
		fresh := !r.Buffered()
		msg, err := r.Next()
		if err != nil {
			return err
		}
		if fresh {
			now = time.Now()
		}
		m.renumber.refresh(m)
		if err := spent.spend(now, len(msg.Payload), len(m.renumber.outputs), len(m.renumber.pictures)); err != nil {
			return err
		}
		l.heard.Store(true)
		if err := m.handle(msg, now); err != nil {
			return fmt.Errorf("%v message: %w", msg.Kind, err)
		}
	}
}

func (m *Meeting) handle(msg wire.Message, now time.Time) error {
	switch msg.Kind {
	case wire.Frame:
		m.frame(msg, now)
	case wire.Packet:
		m.packet(msg, now)
	case wire.Refresh:
		m.keyframeWanted(StreamID(msg.ID))
	case wire.Levels:
		return m.levels(msg.Payload)
	case wire.Pong:
	case wire.Stats:
		return m.stats(msg.Payload)
	case wire.Error:
		m.failed(msg)
	case wire.Units:
		m.answered(msg.ID, wire.Still, reply{body: append([]byte(nil), msg.Payload...)})
	case wire.Spoken:
		m.answered(msg.ID, wire.Speech, reply{body: append([]byte(nil), msg.Payload...)})
	case wire.Decoded, wire.Picture:
		return m.decoded(msg)
	default:
		return fmt.Errorf("not one that a worker sends")
	}
	return nil
}

func (m *Meeting) frame(msg wire.Message, now time.Time) {
	f := Frame{Stream: StreamID(msg.ID), Seq: msg.Seq, Timestamp: msg.Timestamp, Marker: msg.Marker(), Payload: msg.Payload}
	if !m.renumber.frame(&f, now) {
		m.countForeign()
		return
	}
	m.ev.Frame(f)
}

func (m *Meeting) packet(msg wire.Message, now time.Time) {
	f := Frame{Stream: StreamID(msg.ID), Seq: msg.Seq, Timestamp: msg.Timestamp, Marker: msg.Marker(), Payload: msg.Payload}
	if len(msg.Payload) == 0 || !m.renumber.packet(&f, now) {
		m.countForeign()
		return
	}
	m.ev.Packet(f)
}

func (m *Meeting) keyframeWanted(id StreamID) {
	if !m.renumber.sources[id] {
		m.countForeign()
		return
	}
	m.ev.KeyframeWanted(id)
}

func (m *Meeting) countForeign() {
	m.mu.Lock()
	m.foreign++
	m.mu.Unlock()
}

func (m *Meeting) levels(body []byte) error {
	var list []Level
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	known := list[:0]
	for _, l := range list {
		if !m.renumber.inputs[l.Stream] || len(known) == maxStreams {
			m.countForeign()
			continue
		}
		l.DBov = min(max(l.DBov, -127), 0)
		known = append(known, l)
	}
	if len(known) > 0 {
		m.ev.Levels(known)
	}
	return nil
}

func (m *Meeting) stats(body []byte) error {
	var st WorkerStats
	if err := json.Unmarshal(body, &st); err != nil {
		return err
	}
	if len(st.Inputs) > maxStreams || len(st.VideoInputs) > MaxVideoInputs || len(st.VideoOutputs) > MaxVideoOutputs {
		return errors.New("counters of more streams than there may be")
	}
	m.mu.Lock()
	m.worker = st
	fresh := m.shown.take(st.VideoInputs, m.graph.VideoInputs)
	m.mu.Unlock()
	m.sup.countDecoded(fresh)
	return nil
}

// failed handles an Error message: Seq is the kind of message that failed.
func (m *Meeting) failed(msg wire.Message) {
	kind, text := wire.Kind(msg.Seq), printable(msg.Payload)
	if kind == wire.Still || kind == wire.Picture || kind == wire.Speech {
		m.answered(msg.ID, kind, reply{err: fmt.Errorf("transcode: media worker: %s", text)})
		return
	}
	m.log.Warn("media worker cannot serve", "what", kind.String(), "id", msg.ID, "error", text)
}

func (m *Meeting) answered(id uint32, kind wire.Kind, r reply) {
	m.mu.Lock()
	known := m.requests.answer(id, kind, r)
	m.mu.Unlock()
	if !known {
		m.countForeign()
	}
}

// printable makes a worker's words fit for a log line.
func printable(b []byte) string {
	s := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(b[:min(len(b), 512)]), "?"))
	return strings.TrimSpace(s)
}

package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const (
	heartbeat    = 15 * time.Second
	eventTimeout = 10 * time.Second // for one write to a listener
)

func (s *Server) eventOperation(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "events", Method: http.MethodGet, Path: "/api/v1/events", Tags: []string{"events"},
		Summary: "Changes of calls, rooms and devices as they happen",
		Description: "Server-sent events. A new listener is told everything that is, then `complete`, then what changes: `call` (a Call), `call.ended` (its id), " +
			"`room` (a Room), `room.ended` (its name), `device` (a Device), `device.gone` (its name and protocol), `room.waiting` (who began to wait), `record.added` and `security.event` (what was written down, and whose it is). Figures such as bitrates do not make an event; read them from the call.",
		Errors: []int{401, 403, 503},
		Responses: map[string]*huma.Response{
			"200": {Description: "Events", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}}},
		},
	}, func(context.Context, *struct{}) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			s.stream(w, r)
		}}, nil
	})
}

func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	actor := actorOf(r.Context())
	leave, ok := s.streams.enter(actor.Tenant())
	if !ok {
		w.Header().Set("Retry-After", "10")
		problem(w, http.StatusServiceUnavailable, "too many listen to events already")
		return
	}
	defer leave()
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx shall pass events on at once
	events, stop := s.feed.listen()
	defer stop()
	seen := newSieve(actor)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	_ = out.SetReadDeadline(time.Time{})
	send := func(b []byte) bool {
		_ = out.SetWriteDeadline(time.Now().Add(eventTimeout))
		_, err := w.Write(b)
		return err == nil && out.Flush() == nil
	}
	if !send([]byte("retry: 2000\n\n")) {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			if !send([]byte(": still here\n\n")) {
				return
			}
		case e, ok := <-events:
			if !ok {
				return
			}
			if told, known := heard(actor, e); known {
				ok = told
			} else {
				e, ok = seen.pass(e)
			}
			if ok && !send(encodeEvent(e)) {
				return
			}
		}
	}
}

func encodeEvent(e event) []byte {
	var b bytes.Buffer
	b.WriteString("event: " + e.name + "\ndata: ")
	_ = json.NewEncoder(&b).Encode(e.data) // one line, ends with a newline
	b.WriteByte('\n')
	return b.Bytes()
}

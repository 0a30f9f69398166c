package h323

import (
	"context"
	"log/slog"

	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// trace writes a call signalling message to the debug log.
func (l *leg) trace(how string, m *message) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("h323: message "+how, "type", m.q.Type.String(), "body", per.Alternative(m.body()),
			"h245", len(m.ui.H323UUPDU.H245Control))
	}
}

// traceControl writes the name of an H.245 message to the debug log.
func (l *leg) traceControl(how string, m *h245.MultimediaSystemControlMessage) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("h323: H.245 "+how, "message", controlName(m))
	}
}

func controlName(m *h245.MultimediaSystemControlMessage) string {
	switch {
	case m.Request != nil:
		return per.Alternative(m.Request)
	case m.Response != nil:
		return per.Alternative(m.Response)
	case m.Command != nil:
		return per.Alternative(m.Command)
	case m.Indication != nil:
		return per.Alternative(m.Indication)
	}
	return "unknown"
}

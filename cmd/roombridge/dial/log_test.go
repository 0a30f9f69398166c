package dial

import (
	"context"
	"log/slog"
	"sync"
)

// watchLog is a logger that calls do at the first message that match likes.
func watchLog(match func(msg string) bool, do func()) *slog.Logger {
	return slog.New(&logWatch{match: match, do: sync.OnceFunc(do)})
}

type logWatch struct {
	match func(string) bool
	do    func()
}

func (*logWatch) Enabled(context.Context, slog.Level) bool { return true }

func (w *logWatch) Handle(_ context.Context, r slog.Record) error {
	if w.match(r.Message) {
		w.do()
	}
	return nil
}

func (w *logWatch) WithAttrs([]slog.Attr) slog.Handler { return w }
func (w *logWatch) WithGroup(string) slog.Handler      { return w }

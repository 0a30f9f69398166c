package room

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLog gives pion's log lines to slog. What pion calls warnings are mostly
// a peer's doings, so nothing of it is above debug. Its debug and trace lines
// are dropped: they hold ICE passwords.
type pionLog struct{ log *slog.Logger }

// NewLogger implements logging.LoggerFactory.
func (l pionLog) NewLogger(scope string) logging.LeveledLogger {
	return leveled{l.log.With("pion", scope)}
}

type leveled struct{ log *slog.Logger }

func (l leveled) say(msg string) { l.log.Debug(msg) }

func (l leveled) sayf(format string, args []any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(format, args...))
	}
}

func (leveled) Trace(string)                        {}
func (leveled) Tracef(string, ...any)               {}
func (leveled) Debug(string)                        {}
func (leveled) Debugf(string, ...any)               {}
func (l leveled) Info(msg string)                   { l.say(msg) }
func (l leveled) Infof(format string, args ...any)  { l.sayf(format, args) }
func (l leveled) Warn(msg string)                   { l.say(msg) }
func (l leveled) Warnf(format string, args ...any)  { l.sayf(format, args) }
func (l leveled) Error(msg string)                  { l.say(msg) }
func (l leveled) Errorf(format string, args ...any) { l.sayf(format, args) }

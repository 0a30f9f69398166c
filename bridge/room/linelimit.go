package room

import (
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/plan"
)

// lineLimit is a plan.Line that one flow reports to and others read.
type lineLimit struct {
	line  plan.Line
	value atomic.Int64 // bit/s, 0 is none
}

// report is Line.Report.
func (l *lineLimit) report(r plan.Report, now int64) bool {
	changed := l.line.Report(r, now)
	l.value.Store(int64(l.line.Limit()))
	return changed
}

func (l *lineLimit) bitrate() int { return int(l.value.Load()) }

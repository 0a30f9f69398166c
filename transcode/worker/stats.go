package worker

import (
	"encoding/json"
	"runtime/metrics"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/wire"
)

const statsTicks = 100

// tickMeter measures what ticks cost, over a second.
type tickMeter struct {
	ticks, skipped uint64
	sum, max       int64
	allLate        uint64
}

func (t *tickMeter) add(cost, late int64) {
	t.ticks++
	t.sum += cost
	t.max = max(t.max, cost)
	if late > tickTime {
		t.allLate++
	}
}

// count hands the engine's counters to the goroutine that reports: the tick
// has no time for more.
func (s *server) count() {
	st := s.engine.Stats()
	st.Late, st.Skipped = s.meter.allLate, s.meter.skipped
	st.TickUS = float64(s.meter.sum) / float64(s.meter.ticks) / 1e3
	st.MaxUS = float64(s.meter.max) / 1e3
	s.meter.ticks, s.meter.sum, s.meter.max = 0, 0, 0
	st.Inputs = st.Inputs[:min(len(st.Inputs), 150)] // what fits a message
	select {
	case <-s.sound:
	default:
	}
	s.sound <- st
}

// silentReport is how often is reported while there is no sound.
const silentReport = 1200 * time.Millisecond

// report sends the counters of sound and pictures, about once a second.
func (s *server) report() {
	timer := time.NewTimer(silentReport)
	defer timer.Stop()
	var st transcode.WorkerStats
	for {
		select {
		case st = <-s.sound:
		case <-timer.C:
			st = transcode.WorkerStats{Ticks: st.Ticks, Late: st.Late, Skipped: st.Skipped}
		case <-s.done:
			return
		}
		timer.Reset(silentReport)
		st.HeapKB = heapKB()
		st.VideoInputs, st.VideoOutputs = nil, nil
		s.video.Stats(&st)
		if body, err := json.Marshal(st); err == nil {
			s.queue.Control(wire.Message{Kind: wire.Stats, Payload: body})
		}
	}
}

func heapKB() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64() >> 10
}

//go:build cgo && !nocodecs

package worker

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/internal/tone"
)

// flight is a frame on its way through a bad network.
type flight struct {
	at    int64
	frame transcode.Frame
}

// 5 % loss and 30 ms of jitter, from each codec: the tone goes on, in time.
// The figures are printed.
func TestLossAndJitter(t *testing.T) {
	for _, name := range codings {
		if name.codec == media.G729 { // carries a tone on by feedback: one loss and it is another tone
			continue
		}
		m := newMeeting(t)
		k := name.talker(t, 1, 440, 0.3)
		m.engine.SetGraph(transcode.Graph{Inputs: []transcode.Input{k.in}, Outputs: []transcode.Output{m.listen(9, media.PCMU, 1)}})
		r := rand.New(rand.NewPCG(1, 7))
		var air []flight
		for m.now < 30_000_000_000 {
			if m.now%(2*tickTime) == 0 {
				air = launch(t, air, k, r, m.now)
			}
			for len(air) > 0 && air[0].at <= m.now {
				m.engine.Write(air[0].frame, air[0].at)
				air = air[1:]
			}
			m.engine.Tick(m.now)
			m.now += tickTime
		}
		e := m.ears.by[9]
		heard := e.pcm[5*e.rate:]
		present := tone.Present(heard, 440, e.rate, e.rate/50, tone.DB(0.3), 4)
		gone := 1 - tone.Present(heard, 440, e.rate, e.rate/50, tone.DB(0.3), 12)
		st := m.engine.Stats().Inputs[0]
		t.Logf("%s: tone in %.1f %% of 20 ms, nothing in %.2f %%; %d lost, %d late of %d; delay %.0f ms", name, present*100, gone*100, st.Lost, st.Late, st.Packets, st.DelayMS)
		if present < 0.9 || gone > 0.01 {
			t.Errorf("%s: tone in %.1f %% of the time, nothing in %.2f %%", name, present*100, gone*100)
		}
		if st.DelayMS > 150 {
			t.Errorf("%s: delay %.0f ms", name, st.DelayMS)
		}
	}
}

// launch sends the next packet, unless it is lost, with a delay of its own.
func launch(t *testing.T, air []flight, k *talker, r *rand.Rand, now int64) []flight {
	pcm := make([]float32, k.enc.Rate()/50)
	k.gen.Fill(pcm)
	payload, err := k.enc.Encode(nil, pcm)
	if err != nil {
		t.Fatal(err)
	}
	f := transcode.Frame{Stream: k.in.ID, Seq: k.seq, Timestamp: k.ts, Payload: payload}
	k.seq++
	k.ts += uint32(k.in.ClockRate / 50)
	if r.Float64() < 0.05 {
		return air
	}
	air = append(air, flight{now + int64(r.Float64()*60e6), f})
	slices.SortStableFunc(air, func(a, b flight) int { return int(a.at - b.at) })
	return air
}

package room

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
)

// fan is one source of H.264 that everybody of a crowd is shown.
type fan struct {
	track *relay.Track
	batch []packet.Packet
	now   func() int64
}

const (
	fanBatch = 7 // packets of a frame of 2 Mbit/s at 30 Hz
	fanSize  = 1200
)

func (r *rig) fan() *fan {
	f := &fan{now: relay.Clock}
	f.track = relay.NewTrack(relay.TrackConfig{ID: "fan", Kind: media.Video, Format: media.Format{
		Codec: media.H264, ClockRate: 90000, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1},
	}})
	r.t.Cleanup(f.track.Close)
	var splices []*relay.Splice
	for _, en := range r.engine.rooms {
		en.room.mu.Lock()
		for _, p := range en.room.people {
			for _, s := range p.visitor.slots {
				s.viewer.splice.Select(f.track)
				splices = append(splices, s.viewer.splice)
				r.t.Cleanup(func() { s.viewer.splice.Select(nil) })
			}
		}
		en.room.mu.Unlock()
	}
	for i := range fanBatch {
		payload := make([]byte, fanSize)
		payload[0] = 0x61 // a slice that is no keyframe
		f.batch = append(f.batch, packet.Packet{Header: packet.Header{PT: 102, Seq: uint16(i), SSRC: 7}, Payload: payload})
	}
	// One frame that everything can begin with: SPS, PPS and IDR in one packet.
	key := append([]byte{0x78, 0, 4, 0x67, 66, 0xe0, 31, 0, 2, 0x68, 1, 0, 2, 0x65, 0x80}, make([]byte, 100)...)
	f.track.Publish([]packet.Packet{{Header: packet.Header{PT: 102, Seq: 0xffff, SSRC: 7, Marker: true}, Payload: key, Arrived: f.now()}})
	for _, s := range splices {
		if s.Showing() != f.track {
			r.t.Fatal("the source is not shown")
		}
	}
	return f
}

// publish sends one frame to everybody.
func (f *fan) publish() {
	now := f.now()
	for i := range f.batch {
		p := &f.batch[i]
		p.Arrived, p.Marker = now, i == len(f.batch)-1
	}
	f.track.Publish(f.batch)
	for i := range f.batch {
		f.batch[i].Seq += fanBatch
		f.batch[i].Timestamp += 3000
	}
}

// ways are where packets for everybody go.
func (r *rig) ways() (list []*way) {
	for _, en := range r.engine.rooms {
		en.room.mu.Lock()
		for _, p := range en.room.people {
			list = append(list, &p.visitor.session.way)
		}
		en.room.mu.Unlock()
	}
	return list
}

// cpuTime is what the calling thread has used of a processor.
func cpuTime() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return t.Nano()
}

// BenchmarkFanOut is one source that 50 browsers are shown, beside 50 sends of
// as many datagrams of the same size, with nothing written, numbered, kept or
// sealed. The two take turns, and what counts is the time of the processor.
func BenchmarkFanOut(b *testing.B) {
	const browsers = 50
	r := newRig(b, nil)
	r.crowd(crowdQuiet).grow(0, browsers)
	f, ways := r.fan(), r.ways()
	var raw [fanBatch][]byte
	for i := range raw {
		raw[i] = make([]byte, packet.HeaderSize+8+fanSize+16)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var source, sends int64
	b.ReportAllocs()
	for b.Loop() {
		at := cpuTime()
		f.publish()
		between := cpuTime()
		for _, w := range ways {
			w.write(raw[:])
		}
		source += between - at
		sends += cpuTime() - between
	}
	n := float64(b.N * browsers * fanBatch)
	b.ReportMetric(float64(source)/n, "ns/packet")
	b.ReportMetric(float64(sends)/n, "ns/send")
	b.ReportMetric(float64(source)/float64(sends), "ratio")
}

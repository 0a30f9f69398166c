package player

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/player/clip"
)

// recorded is what a camera sends in a while, as a stream's track gives it on.
func recorded(t *testing.T, d time.Duration) []packet.Packet {
	t.Helper()
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 0)
	out.run(1, 1+int64(d), cam.step)
	list := make([]packet.Packet, len(out.sent))
	for i, p := range out.sent {
		list[i] = packet.Packet{Header: p.Header, Payload: p.payload, Arrived: p.at, Keyframe: h264.Inspect(p.payload).Has(h264.TypeSPS)}
	}
	return list
}

// watcher is an eye with a clock that follows the packets.
type watcher struct {
	*eye
	time int64
	asks int
}

func newWatcher() *watcher {
	w := &watcher{}
	w.eye = newEye(func() int64 { return w.time })
	w.ask = func() { w.asks++ }
	return w
}

// show gives packets to the eye, each a batch of its own, but for those that
// are dropped.
func (w *watcher) show(list []packet.Packet, drop func(i int, p *packet.Packet) bool) {
	for i := range list {
		w.time = list[i].Arrived
		if drop == nil || !drop(i, &list[i]) {
			w.WriteRTP(&list[i])
			w.Flush()
		}
	}
}

func TestEyeSeesAll(t *testing.T) {
	w := newWatcher()
	var file bytes.Buffer
	w.record = &file
	decoded := 0
	w.decode = func(stream []byte, _ uint32) { decoded += len(stream) }
	w.show(recorded(t, 3*time.Second), nil)
	r := w.finish(3000 * millisecond)
	want := EyeReport{FirstPicture: 1, Width: 640, Height: 360, FPS: r.FPS, Frames: 75, Keyframes: 3}
	if r != want || r.FPS < 24.9 || r.FPS > 25.1 || w.asks != 0 {
		t.Errorf("%+v, %d requests", r, w.asks)
	}
	c, err := clip.Parse(file.Bytes(), 0)
	if err != nil || len(c.Units) != 75 || c.Width != 640 || decoded != file.Len() {
		t.Errorf("the recording: %v", err)
	}
}

func TestEyeComesInTheMiddle(t *testing.T) {
	w := newWatcher()
	var file bytes.Buffer
	w.record = &file
	w.show(recorded(t, 2*time.Second), func(_ int, p *packet.Packet) bool { return p.Timestamp < 10*3600 })
	r := w.finish(2000 * millisecond)
	if r.FirstPicture != 1+1000*millisecond || r.Undecodable != 15 || r.Keyframes != 1 || w.asks == 0 {
		t.Errorf("%+v, %d requests", r, w.asks)
	}
	if u := h264.SplitAnnexB(file.Bytes()); len(u) == 0 || h264.Type(u[0]) != h264.TypeSPS {
		t.Error("the recording does not begin with the keyframe")
	}
}

// One lost packet damages all up to the next keyframe.
func TestEyeNoticesLoss(t *testing.T) {
	list := recorded(t, 3*time.Second)
	for _, c := range []struct {
		name            string
		drop            func(i int, p *packet.Packet) bool
		damaged, broken uint64
		freezes         uint64
	}{
		{"a whole frame", func(_ int, p *packet.Packet) bool { return p.Timestamp == 10*3600 }, 1, 13, 1},
		{"the first packet of a keyframe", func(_ int, p *packet.Packet) bool { return p.Timestamp == 25*3600 && p.Keyframe }, 1, 24, 1},
		{"the marker of a keyframe", func(_ int, p *packet.Packet) bool { return p.Timestamp == 25*3600 && p.Marker }, 2, 23, 1},
		{"the frame before a keyframe", func(_ int, p *packet.Packet) bool { return p.Timestamp == 24*3600 }, 0, 0, 0},
	} {
		w := newWatcher()
		w.show(list, c.drop)
		r := w.finish(3000 * millisecond)
		if r.Damaged != c.damaged || r.Undecodable != c.broken || r.Freezes != c.freezes {
			t.Errorf("%s: %+v", c.name, r)
		}
		if (w.asks > 0) != (c.damaged > 0) {
			t.Errorf("%s: %d requests", c.name, w.asks)
		}
	}
}

func TestEyeMeasuresFreezes(t *testing.T) {
	w := newWatcher()
	w.show(recorded(t, 4*time.Second), func(_ int, p *packet.Packet) bool {
		return p.Timestamp >= 30*3600 && p.Timestamp < 60*3600
	})
	r := w.finish(4000 * millisecond)
	// From the last good frame, 29, to the keyframe 75.
	if r.Freezes != 1 || r.LongestFreezeMS != 46*40 {
		t.Errorf("%+v", r)
	}
}

func TestEyeSeesAPictureThatStops(t *testing.T) {
	w := newWatcher()
	w.show(recorded(t, time.Second), nil)
	r := w.finish(5000*millisecond + 1)
	if r.Freezes != 1 || r.LongestFreezeMS != 5000-24*40 {
		t.Errorf("%+v", r)
	}
}

// A slow picture, such as a still, is not a frozen one.
func TestSlowPictureIsNoFreeze(t *testing.T) {
	var f freezeMeter
	for i := range int64(100) {
		f.frame(1 + i*400*millisecond)
	}
	if f.end(100 * 400 * millisecond); f.freezes != 0 || f.longest != 0 {
		t.Errorf("%d freezes", f.freezes)
	}
}

func TestKeyframeWithoutParameterSets(t *testing.T) {
	w := newWatcher()
	w.show([]packet.Packet{{Header: packet.Header{Marker: true}, Payload: []byte{0x65, 0x88, 0x80, 0x10}, Arrived: 1}}, nil)
	if r := w.finish(2); r.FirstPicture != 0 || r.Undecodable != 1 || w.asks != 1 {
		t.Errorf("%+v, %d requests", r, w.asks)
	}
}

// A sender that never sets the marker is understood by its timestamps.
func TestNoMarkers(t *testing.T) {
	list := recorded(t, 2*time.Second)
	for i := range list {
		list[i].Marker = false
	}
	w := newWatcher()
	w.show(list, nil)
	if r := w.finish(2000 * millisecond); r.Frames != 49 || r.Damaged != 0 {
		t.Errorf("%+v", r)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestRecordingFailureIsToldOnce(t *testing.T) {
	w := newWatcher()
	w.record = fullDisk{}
	told := 0
	w.failed = func(error) { told++ }
	w.show(recorded(t, time.Second), nil)
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}

func FuzzEye(f *testing.F) {
	f.Add([]byte{0x67, 0x42, 0xc0, 0x1e, 0xda}, uint16(1), uint32(0), true)
	f.Add([]byte{0x7c, 0x85, 0x88}, uint16(1), uint32(0), false)
	f.Add([]byte{0x18, 0, 2, 0x67, 0x42, 0, 1, 0x68}, uint16(7), uint32(9), true)
	w := newWatcher()
	w.record = &bytes.Buffer{}
	f.Fuzz(func(_ *testing.T, payload []byte, seq uint16, timestamp uint32, marker bool) {
		w.time++
		w.WriteRTP(&packet.Packet{Header: packet.Header{Seq: seq, Timestamp: timestamp, Marker: marker}, Payload: payload})
		w.Flush()
	})
}

// The seat's clock works in virtual time.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		if e.now() == 0 {
			t.Error("the clock can be 0, which stands for never")
		}
		at := e.now()
		time.Sleep(time.Second)
		if d := e.now() - at; d != int64(time.Second) {
			t.Errorf("%d ns in a second", d)
		}
	})
}

package player

import (
	"bytes"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/player/clip"
	"github.com/roombridge/roombridge/bridge/player/damage"
)

func newTestCamera(t *testing.T, c *clip.Clip, mode uint8, bitrate int) (*camera, *fakeOut) {
	t.Helper()
	out := &fakeOut{}
	cam := &camera{out: out, clip: c, wake: func() {}}
	p, err := c.Packets(mode, h264.DefaultMTU)
	if err != nil {
		t.Fatal(err)
	}
	cam.set(p, 97, bitrate)
	return cam, out
}

func isKeyframe(frame []sentPacket) bool {
	return slices.ContainsFunc(frame, func(p sentPacket) bool { return h264.Inspect(p.payload).Has(h264.TypeIDR) })
}

func TestCameraKeepsTheFrameRate(t *testing.T) {
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 0)
	out.run(1000, 1000+10_000*millisecond, cam.step)
	frames := out.frames()
	if len(frames) != 250 || cam.sent != 250 || out.flushed != len(out.sent) {
		t.Fatalf("%d frames in 10 s, %d counted, %d of %d packets flushed", len(frames), cam.sent, out.flushed, len(out.sent))
	}
	for i, f := range frames {
		if want := uint32(i * 3600); f[0].Timestamp != want {
			t.Fatalf("frame %d has timestamp %d, want %d", i, f[0].Timestamp, want)
		}
		if late := f[0].at - 1000 - int64(i)*40*millisecond; late != 0 {
			t.Errorf("frame %d is %d ns late", i, late)
		}
		if isKeyframe(f) != (i%25 == 0) {
			t.Errorf("frame %d: keyframe %v", i, isKeyframe(f))
		}
		for j, p := range f {
			if p.Marker != (j == len(f)-1) || p.PT != 97 {
				t.Errorf("frame %d packet %d of %d: %+v", i, j, len(f), p.Header)
			}
		}
	}
	for i, p := range out.sent {
		if p.Seq != uint16(i) {
			t.Fatalf("packet %d has number %d", i, p.Seq)
		}
	}
}

// A spoiled picture keeps the frame rate and the numbers: what is lost leaves a hole.
func TestCameraSpoilsThePicture(t *testing.T) {
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 0)
	cam.vandal = damage.New(media.H264, 1)
	out.run(0, 10_000*millisecond, cam.step)
	holes, strange := 0, 0
	for i, p := range out.sent {
		if i > 0 && p.Seq != out.sent[i-1].Seq+1 {
			holes++
		}
		if n := p.payload[0] & 0x1f; n == 0 || n > 29 {
			strange++
		}
	}
	if n := len(out.frames()); n < 230 || cam.sent != 250 || holes < 5 || strange == 0 {
		t.Errorf("%d of %d frames are on the wire, with %d holes and %d packets that are none of H.264", n, cam.sent, holes, strange)
	}
}

// What is sent, put together again, is the file over and over.
func TestCameraSendsTheFile(t *testing.T) {
	for mode := range uint8(2) {
		cam, out := newTestCamera(t, clip.TestPicture(), mode, 0)
		var got []byte
		asm := h264.NewAssembler(0, func(u *h264.AccessUnit) { got = append(got, u.Data...) })
		out.run(0, 6000*millisecond, cam.step)
		for _, p := range out.sent {
			asm.Push(&packet.Packet{Header: p.Header, Payload: p.payload})
		}
		var once []byte
		for _, u := range clip.TestPicture().Units {
			once = h264.AppendAnnexB(once, u.NALs...)
		}
		if want := append(bytes.Clone(once), once...); !bytes.Equal(got, want) {
			t.Errorf("mode %d: %d bytes come out, want %d", mode, len(got), len(want))
		}
	}
}

func TestKeyframeIsSentAtOnce(t *testing.T) {
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 0)
	woken := 0
	cam.wake = func() { woken++ }
	out.run(0, 410*millisecond, cam.step)
	before := len(out.frames())
	cam.KeyframeWanted()
	out.run(411*millisecond, 1000*millisecond, cam.step)
	frames := out.frames()
	first := frames[before]
	if !isKeyframe(first) || first[0].at != 411*millisecond || woken != 1 {
		t.Errorf("keyframe %v at %d ns, woken %d times", isKeyframe(first), first[0].at, woken)
	}
	if want := uint32(411 * 90); first[0].Timestamp != want {
		t.Errorf("its timestamp is %d, want %d", first[0].Timestamp, want)
	}
	if d := frames[before+1][0].at - first[0].at; d != 40*millisecond {
		t.Errorf("the next frame comes %d ns later", d)
	}
	if cam.asks.Load() != 1 {
		t.Errorf("%d requests counted", cam.asks.Load())
	}
}

// A request just after a picture must not make two of one timestamp.
func TestKeyframeRequestAtTheTimeOfAFrame(t *testing.T) {
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 0)
	out.run(0, 400*millisecond, cam.step)
	cam.step(400 * millisecond)
	cam.KeyframeWanted()
	out.run(400*millisecond, 440*millisecond, cam.step)
	frames := out.frames()
	if n := len(frames); n != 12 || !isKeyframe(frames[11]) || isKeyframe(frames[10]) {
		t.Fatalf("%d frames", n)
	}
	if d := frames[11][0].at - frames[10][0].at; d != frameGap {
		t.Errorf("the keyframe comes %d ns after the frame", d)
	}
}

// Many requests make few keyframes, and none is forgotten.
func TestKeyframeRequestsAreLimited(t *testing.T) {
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 0)
	out.run(0, 3000*millisecond, func(now int64) int64 {
		cam.KeyframeWanted()
		return cam.step(now)
	})
	keys := 0
	for _, f := range out.frames() {
		if isKeyframe(f) {
			keys++
		}
	}
	if keys < 7 || keys > 11 {
		t.Errorf("%d keyframes in 3 s of asking", keys)
	}
}

func TestCameraObeysALimit(t *testing.T) {
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 0)
	const limit = 100_000
	cam.BitrateLimit(limit)
	out.run(0, 20_000*millisecond, cam.step)
	bits := 0
	for _, p := range out.sent {
		bits += 8 * len(p.payload)
	}
	if rate := bits / 20; rate > limit*12/10 || rate < limit/2 {
		t.Errorf("%d bit/s under a limit of %d", rate, limit)
	}
	if cam.skipped == 0 || cam.sent+cam.skipped != 500 {
		t.Errorf("%d sent, %d left out", cam.sent, cam.skipped)
	}
	// What is left refers only to what was sent: after a hole comes a keyframe.
	frames := out.frames()
	for i := 1; i < len(frames); i++ {
		if hole := frames[i][0].Timestamp-frames[i-1][0].Timestamp > 3600; hole && !isKeyframe(frames[i]) {
			t.Errorf("frame %d follows a hole and is no keyframe", i)
		}
	}
	cam.BitrateLimit(0)
	skipped := cam.skipped
	out.run(20_000*millisecond, 25_000*millisecond, cam.step)
	if cam.skipped > skipped+25 {
		t.Errorf("%d frames left out without a limit", cam.skipped-skipped)
	}
}

func TestNegotiatedLimitCountsToo(t *testing.T) {
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 100_000)
	cam.BitrateLimit(4_000_000)
	out.run(0, 5000*millisecond, cam.step)
	if cam.skipped == 0 {
		t.Error("nothing is left out")
	}
}

func TestCameraOnHold(t *testing.T) {
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 0)
	p := cam.packets
	out.run(0, 500*millisecond, cam.step)
	cam.set(nil, 0, 0)
	before := len(out.frames())
	out.run(500*millisecond, 1300*millisecond, cam.step)
	if len(out.frames()) != before {
		t.Error("frames are sent on hold")
	}
	cam.set(p, 98, 0)
	out.run(1300*millisecond, 1500*millisecond, cam.step)
	next := out.frames()[before]
	if !isKeyframe(next) || next[0].PT != 98 || next[0].Timestamp < 1290*90 {
		t.Errorf("after hold: keyframe %v, payload type %d, timestamp %d", isKeyframe(next), next[0].PT, next[0].Timestamp)
	}
}

// A machine that slept does not send what it missed.
func TestCameraAfterAPause(t *testing.T) {
	cam, out := newTestCamera(t, clip.TestPicture(), 1, 0)
	out.run(0, 100*millisecond, cam.step)
	before := len(out.frames())
	out.now = 10_000 * millisecond
	cam.step(out.now)
	if n := len(out.frames()) - before; n != 1 {
		t.Errorf("%d frames at once", n)
	}
	if at := out.frames()[before][0].Timestamp; at != 900_000 {
		t.Errorf("timestamp %d after 10 s", at)
	}
}

// A large picture is spread over its time.
func TestLargePicturesAreSpread(t *testing.T) {
	units := clip.TestPicture().Units[0].NALs
	var nals [][]byte
	for _, nal := range units {
		if h264.Type(nal) == h264.TypeIDR {
			nal = append(bytes.Clone(nal), bytes.Repeat([]byte{0x5a}, 100_000)...)
			nals = append(nals, nal)
			break
		}
		nals = append(nals, nal)
	}
	c, err := clip.Parse(h264.AppendAnnexB(nil, nals...), 25)
	if err != nil {
		t.Fatal(err)
	}
	cam, out := newTestCamera(t, c, 1, 0)
	out.run(0, 80*millisecond, cam.step)
	for _, f := range out.frames() {
		if len(f) < 80 || !f[len(f)-1].Marker {
			t.Fatalf("a frame of %d packets", len(f))
		}
		at := map[int64]int{}
		for _, p := range f {
			at[p.at]++
		}
		for when, n := range at {
			if n > burst {
				t.Errorf("%d packets at %d", n, when)
			}
		}
		if last := f[len(f)-1].at - f[0].at; last > 40*millisecond {
			t.Errorf("the last packet comes %d ns after the first", last)
		}
	}
}

func TestSlowMotionAndOddRates(t *testing.T) {
	for _, fps := range []float64{0.5, 7.3, 29.97, 120} {
		c, err := clip.Parse(h264.AppendAnnexB(nil, clip.TestPicture().Units[0].NALs...), fps)
		if err != nil {
			t.Fatal(err)
		}
		cam, out := newTestCamera(t, c, 1, 0)
		out.run(0, 20_000*millisecond, cam.step)
		if n, want := len(out.frames()), int(20*fps); n < want || n > want+1 {
			t.Errorf("%v frames a second: %d in 20 s", fps, n)
		}
	}
}

package relay

import (
	"bytes"
	"encoding/base64"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wiretest"
)

// camera sends pictures as a terminal in packetization-mode 0 does.
type camera struct {
	r    *rig
	from *wiretest.Socket
	pt   uint8
	ssrc uint32
	seq  uint16
	ts   uint32
	skip map[uint16]bool // sequence numbers that the network loses
	late [][]byte        // kept back
	hold map[uint16]bool // sequence numbers to be kept back
}

func (r *rig) camera() *camera {
	return &camera{r: r, from: r.far, pt: 97, ssrc: 0xcafe, seq: 100, ts: 5000,
		skip: map[uint16]bool{}, hold: map[uint16]bool{}}
}

func (c *camera) nal(nal []byte, last bool) {
	c.seq++
	d := datagram(packet.Header{PT: c.pt, Marker: last, Seq: c.seq, Timestamp: c.ts, SSRC: c.ssrc}, nal)
	switch {
	case c.skip[c.seq]:
	case c.hold[c.seq]:
		c.late = append(c.late, d)
	default:
		c.from.Send(c.r.ours(), d)
	}
}

// picture sends one picture and lets its time pass.
func (c *camera) picture(nals ...[]byte) {
	c.ts += 3000
	for i, nal := range nals {
		c.nal(nal, i == len(nals)-1)
	}
	time.Sleep(time.Second / 30)
	synctest.Wait()
}

func (c *camera) key()   { c.picture(testSPS, testPPS, testIDR) }
func (c *camera) delta() { c.picture(testP) }

func TestModeZeroBecomesModeOne(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.apply(func(st *media.Stream) { st.Recv[0].H264.Mode = 0 })
		c := r.camera()
		c.key()
		c.delta()
		got := r.sink.take()
		if len(got) < 3 {
			t.Fatalf("%d packets", len(got))
		}
		if !got[0].Keyframe || h264.Type(got[0].Payload) != h264.TypeSTAPA {
			t.Fatalf("first packet: keyframe %v type %d", got[0].Keyframe, h264.Type(got[0].Payload))
		}
		keys := 0
		for i, p := range got {
			if p.Keyframe {
				keys++
			}
			if i > 0 && p.Seq != got[i-1].Seq+1 {
				t.Fatalf("gap between packets %d and %d", i-1, i)
			}
		}
		if last := got[len(got)-1]; keys != 1 || !last.Marker || !bytes.Equal(last.Payload, testP) {
			t.Fatalf("%d keyframes, last %+v", keys, last)
		}
		f := r.stream.Track().Format()
		if f.H264.Mode != 1 || f.PT != 97 {
			t.Fatalf("track's format: %+v", f)
		}
		if w, h := r.stream.Track().Size(); w != 320 || h != 240 {
			t.Fatalf("size %dx%d", w, h)
		}
	})
}

func TestFormatFollowsPayloadType(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.apply()
		if f := r.stream.Track().Format(); f.Codec != media.H264 {
			t.Fatalf("before the first packet: %+v", f)
		}
		c := r.camera()
		c.key()
		c.pt = 100
		c.picture([]byte{0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01})
		got := r.sink.take()
		last := got[len(got)-1]
		if f := r.stream.Track().Format(); f.Codec != media.VP8 || !last.Keyframe {
			t.Fatalf("format %+v, keyframe %v", f, last.Keyframe)
		}
		if w, h := r.stream.Track().Size(); w != 640 || h != 480 {
			t.Fatalf("size %dx%d", w, h)
		}
		if r.stream.Stats().Recv.Codec != media.VP8 {
			t.Fatal("statistics do not tell the codec that comes")
		}
	})
}

func TestParameterSetsAreInserted(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.apply()
		c := r.camera()
		c.key()
		r.sink.take()
		c.picture(testIDR)
		got := r.sink.take()
		if len(got) != 2 || !got[0].Keyframe || !h264.Inspect(got[0].Payload).Has(h264.TypeSPS) {
			t.Fatalf("an IDR picture without parameter sets: %d packets", len(got))
		}
	})
}

// TestParameterSetsOfTheSignalling: a terminal that never sends parameter sets
// in band is decoded all the same, and those that come in band are believed
// more than the signalling's repetition.
func TestParameterSetsOfTheSignalling(t *testing.T) {
	enc := base64.StdEncoding.EncodeToString
	small := enc(testSPS) + "," + enc(testPPS)
	otherSPS := []byte{0x67, 0x42, 0xc0, 0x20, 0xda, 0x05, 0x07, 0xe4} // of a higher level, with the same id
	first := func(got []packet.Packet) (key bool, sets []byte) {
		w := h264.Walk(got[0].Payload)
		for w.Next() {
			if w.Unit.Type() == h264.TypeSPS {
				sets = append([]byte{w.Unit.Header}, w.Unit.Body...)
			}
		}
		return got[0].Keyframe, sets
	}
	for _, mode := range []uint8{0, 1} {
		inBubble(t, media.Video, func(r *rig) {
			negotiate := func(sets string, bps int) {
				r.apply(func(st *media.Stream) {
					st.Recv[0].H264.Mode, st.Recv[0].ParameterSets, st.RecvBitrate = mode, sets, bps
				})
			}
			negotiate(small, 0)
			c := r.camera()
			for range 2 {
				c.picture(testIDR)
				c.delta()
				key, sps := first(r.sink.take())
				if w, h := r.stream.Track().Size(); !key || !bytes.Equal(sps, testSPS) || w != 320 || h != 240 {
					t.Fatalf("mode %d: keyframe %v with %x, %dx%d", mode, key, sps, w, h)
				}
			}
			if f := r.stream.Track().Format(); f.ParameterSets != "" || f.H264.Mode != 1 {
				t.Errorf("the track shows %+v", f)
			}
			c.picture(otherSPS, testPPS, testIDR)
			r.sink.take()
			negotiate(small, 1e6) // a session refresh
			c.picture(testIDR)
			if _, sps := first(r.sink.take()); !bytes.Equal(sps, otherSPS) {
				t.Errorf("mode %d: the signalling's old sets are back", mode)
			}
			negotiate("garbage,"+small, 1e6)
			c.picture(testIDR)
			if _, sps := first(r.sink.take()); !bytes.Equal(sps, testSPS) {
				t.Errorf("mode %d: new sets of the signalling are not taken", mode)
			}
			// Another codec in between: the signalling's are known again.
			c.pt = vp8Format.PT
			c.picture([]byte{0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01})
			r.sink.take()
			c.pt = h264Format.PT
			c.picture(testIDR)
			if key, sps := first(r.sink.take()); !key || !bytes.Equal(sps, testSPS) {
				t.Errorf("mode %d: keyframe %v with %x behind VP8", mode, key, sps)
			}
		})
	}
}

func TestReorderingIsMendedAndLossAsksForAKeyframe(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.apply(func(st *media.Stream) { st.Feedback = media.PLI })
		c := r.camera()
		c.key()
		time.Sleep(time.Second)
		r.farCtl.Take()
		c.hold[c.seq+1] = true
		c.ts += 3000
		c.nal(testP, true)
		c.ts += 3000
		c.nal(testP, true)
		time.Sleep(10 * time.Millisecond)
		r.far.Send(r.ours(), c.late[0])
		synctest.Wait()
		got := r.sink.take()
		if n := count[*rtcp.PictureLossIndication](reports(t, r.farCtl)); n != 0 {
			t.Fatal("reordering was taken for loss")
		}
		for i := range got[1:] {
			if got[i+1].Seq != got[i].Seq+1 {
				t.Fatalf("out of order at %d", i)
			}
		}
		c.skip[c.seq+1] = true
		c.delta()
		c.delta()
		time.Sleep(60 * time.Millisecond)
		synctest.Wait()
		after := r.sink.take()
		if len(after) != 1 || after[0].Seq != got[len(got)-1].Seq+1 || !after[0].Gap {
			t.Fatalf("the gap was not closed and marked: %d packets", len(after))
		}
		if n := count[*rtcp.PictureLossIndication](reports(t, r.farCtl)); n != 1 {
			t.Fatalf("%d keyframes asked for after loss", n)
		}
		if st := r.stream.Stats(); st.Recv.Lost != 1 {
			t.Fatalf("lost %d", st.Recv.Lost)
		}
	})
}

func TestKeyframeMeansEscalate(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		signals := 0
		r.stream.SetSignalling(func() { signals++ }, nil)
		r.apply(func(st *media.Stream) { st.Feedback = media.FIR })
		c := r.camera()
		c.delta() // wakes the latch; a keyframe is wanted since Apply
		time.Sleep(5 * time.Second)
		synctest.Wait()
		all := reports(t, r.farCtl)
		plis := count[*rtcp.PictureLossIndication](all)
		var firs []uint8
		for _, p := range all {
			if f, ok := p.(*rtcp.FullIntraRequest); ok {
				firs = append(firs, f.FIR[0].SequenceNumber)
				if f.FIR[0].SSRC != c.ssrc {
					t.Fatalf("FIR for %x", f.FIR[0].SSRC)
				}
			}
		}
		if plis < 2 || len(firs) < 2 || signals < 2 {
			t.Fatalf("%d PLI, %d FIR, %d by signalling", plis, len(firs), signals)
		}
		for i := range firs[1:] {
			if firs[i+1] != firs[i]+1 {
				t.Fatalf("FIR numbers %v", firs)
			}
		}
		before := signals
		c.key()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if all := reports(t, r.farCtl); signals != before || count[*rtcp.PictureLossIndication](all) != 0 {
			t.Fatal("asked again after the keyframe")
		}
	})
}

func TestSourceThatBeginsWithoutKeyframeIsAskedAtOnce(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.apply(func(st *media.Stream) { st.Feedback = media.PLI })
		time.Sleep(400 * time.Millisecond) // what was asked until now had nobody to go to
		synctest.Wait()
		r.farCtl.Take()
		c := r.camera()
		c.delta()
		if n := count[*rtcp.PictureLossIndication](reports(t, r.farCtl)); n != 1 {
			t.Fatalf("%d PLIs at the first picture", n)
		}
		c.key()
		c.ssrc, c.seq = 0xbeef, 9000 // starts over, with a keyframe this time
		time.Sleep(time.Second)
		synctest.Wait()
		r.farCtl.Take()
		c.key()
		if n := count[*rtcp.PictureLossIndication](reports(t, r.farCtl)); n > 1 {
			t.Fatalf("%d PLIs", n)
		}
	})
}

func TestReportsOnAPicture(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.apply()
		c := r.camera()
		c.key()
		for range 150 {
			c.delta()
		}
		all := reports(t, r.farCtl)
		rr := count[*rtcp.ReceiverReport](all)
		if rr < 3 || rr > 8 {
			t.Fatalf("%d receiver reports in 5 s", rr)
		}
		last := all[0].(*rtcp.ReceiverReport)
		for _, p := range all {
			if x, ok := p.(*rtcp.ReceiverReport); ok {
				last = x
			}
		}
		if len(last.Reports) != 1 || last.Reports[0].SSRC != c.ssrc || last.Reports[0].TotalLost != 0 {
			t.Fatalf("report: %+v", last)
		}
		if fps := r.stream.Track().FPS(); fps < 28 || fps > 32 {
			t.Fatalf("%v frames a second", fps)
		}
		if !r.stream.Track().Live(r.stream.now()) {
			t.Fatal("not live")
		}
		time.Sleep(2 * time.Second)
		if r.stream.Track().Live(r.stream.now()) {
			t.Fatal("live without packets")
		}
	})
}

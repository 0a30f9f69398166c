package control

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// Two ends come to the same picture of what flows, however slow the line is.
func TestCall(t *testing.T) {
	for _, delay := range [][2]time.Duration{{0, 0}, {time.Millisecond, 30 * time.Millisecond}, {200 * time.Millisecond, 3 * time.Millisecond}, {400 * time.Millisecond, 400 * time.Millisecond}} {
		t.Run(fmt.Sprint(delay), func(t *testing.T) {
			r := pair(t)
			r.delay = delay
			r.call()
			roles := [2]Role{r.a.Status().Role, r.b.Status().Role}
			if roles[0] == Undetermined || roles[0] != roles[1].opposite() {
				t.Errorf("the ends are %v", roles)
			}
			far := func(port uint16) netip.AddrPort { return netip.MustParseAddrPort(fmt.Sprintf("127.0.0.2:%d", port)) }
			a := r.a.stream(media.Audio)
			equal(t, "sound of a", a, media.Stream{
				Kind: media.Audio, Direction: media.SendRecv, Remote: far(6000), RemoteRTCP: far(6001),
				Send:     media.Format{Codec: media.G722, PT: 9, ClockRate: 8000},
				Recv:     []media.Format{{Codec: media.G722, PT: 9, ClockRate: 8000}},
				SendDTMF: 101, RecvDTMF: 101,
			})
			v := r.b.stream(media.Video)
			if v.Direction != media.SendRecv || v.Remote.Port() != 5002 || v.RemoteRTCP.Port() != 5003 {
				t.Errorf("pictures of b: %+v", v)
			}
			h := v.Send.H264
			if v.Send.PT != 96 || h.Mode != 1 || h.Profile != 66 || h.Level != 31 || h.MaxFS != 8192 || h.MaxMBPS != 245500 {
				t.Errorf("b sends %+v", v.Send)
			}
			if v.SendBitrate != 2_000_000 || v.RecvBitrate != 2_000_000 {
				t.Errorf("at most %d and %d bit/s", v.SendBitrate, v.RecvBitrate)
			}
			if r.a.Status().Established != true || len(r.a.Status().Channels) != 4 {
				t.Errorf("status %+v", r.a.Status())
			}
		})
	}
}

// Ends that differ in what they can do send different codecs.
func TestAsymmetric(t *testing.T) {
	a, b := config("127.0.0.1", "127.0.0.2", 5000), config("127.0.0.2", "127.0.0.1", 6000)
	a.Caps.Audio = sound(media.PCMU, media.PCMA)
	b.Caps.Audio = sound(media.PCMA, media.PCMU)
	b.Caps.Video = video()[1:]
	r := newRig(t, a, b)
	r.call()
	if c := r.a.stream(media.Audio).Send.Codec; c != media.PCMU {
		t.Errorf("a sends %s", c)
	}
	if c := r.b.stream(media.Audio).Send.Codec; c != media.PCMA {
		t.Errorf("b sends %s", c)
	}
	v := r.a.stream(media.Video)
	if v.Send.H264.Mode != 0 || v.Send.H264.MaxNAL != 1400 {
		t.Errorf("b takes single NAL units of at most 1400 octets, and is sent %+v", v.Send.H264)
	}
	if v.Recv[0].H264.Mode != 0 {
		t.Errorf("b sends mode %d", v.Recv[0].H264.Mode)
	}
	if s := r.a.stream(media.Audio); s.SendDTMF != 0 || s.RecvDTMF != 0 {
		t.Errorf("telephone-event was not negotiated: %+v", s)
	}
}

func TestNothingInCommon(t *testing.T) {
	a, b := config("127.0.0.1", "127.0.0.2", 5000), config("127.0.0.2", "127.0.0.1", 6000)
	a.Caps.Audio, a.Caps.Video = sound(media.PCMA), nil
	b.Caps.Audio, b.Caps.Video = sound(media.G722), nil
	r := newRig(t, a, b)
	r.call()
	r.run(tMedia)
	equal(t, "failure", r.a.failed, "media: no codec in common")
}

// One picture is better than none.
func TestSoundOnly(t *testing.T) {
	b := config("127.0.0.2", "127.0.0.1", 6000)
	b.Caps.Video, b.Local = nil, b.Local[:1]
	r := newRig(t, config("127.0.0.1", "127.0.0.2", 5000), b)
	r.call()
	r.run(time.Minute)
	if r.a.failed != "" || r.a.stream(media.Audio).Direction != media.SendRecv {
		t.Errorf("failed %q, sound %v", r.a.failed, r.a.stream(media.Audio).Direction)
	}
	if v := r.a.stream(media.Video); v.Direction != media.Inactive || v.Remote.IsValid() {
		t.Errorf("pictures %+v", v)
	}
}

func TestEnd(t *testing.T) {
	r := pair(t)
	r.call()
	r.a.sent = nil
	r.a.End(r.now)
	r.a.End(r.now)
	r.run(time.Second)
	equal(t, "goodbye", r.a.sent, []string{"closeLogicalChannel", "closeLogicalChannel", "endSessionCommand"})
	equal(t, "b heard", r.b.ended, "disconnect")
	if r.b.sent[len(r.b.sent)-1] != "endSessionCommand" {
		t.Errorf("b says %v", r.b.sent)
	}
	for _, e := range []*end{r.a, r.b} {
		if !e.Status().Ended || !e.Deadline().IsZero() || e.failed != "" {
			t.Errorf("status %+v, deadline %v, failed %q", e.Status(), e.Deadline(), e.failed)
		}
	}
	r.a.RequestKeyframe(r.now)
	r.a.LimitBitrate(r.now, 1)
	r.a.SendDigits(r.now, "1")
	r.a.Hold(r.now, true)
	r.a.Start(r.now)
	if out := r.a.Output(); len(out) > 0 {
		t.Errorf("says %v after the end", kinds(out))
	}
}

// A session that was never started ends as well.
func TestEndUnstarted(t *testing.T) {
	l := newLone(t, nil)
	l.End(l.now)
	equal(t, "goodbye", kinds(l.take()), []string{"endSessionCommand"})
}

func TestHoldAndResume(t *testing.T) {
	r := pair(t)
	r.call()
	r.a.Hold(r.now, true)
	r.a.Hold(r.now, true)
	r.run(time.Second)
	s := r.b.stream(media.Audio)
	if !r.b.Status().Paused || !s.Held || s.Direction != media.Recv || !s.Remote.IsValid() {
		t.Errorf("b on hold: %+v", s)
	}
	if a := r.a.stream(media.Video); a.Direction != media.Send || a.Held {
		t.Errorf("a holding: %+v", a)
	}
	r.run(time.Minute) // no timer disturbs the silence
	r.a.sent, r.b.sent = nil, nil
	r.a.Hold(r.now, false)
	r.run(2 * time.Second)
	for _, e := range []*end{r.a, r.b} {
		for _, k := range []media.Kind{media.Audio, media.Video} {
			if st := e.stream(k); st.Direction != media.SendRecv || st.Held {
				t.Errorf("after the hold: %+v", st)
			}
		}
		if e.established != 1 || e.failed != "" {
			t.Errorf("established %d times, failed %q", e.established, e.failed)
		}
	}
	// H.323 8.4.6: who was held begins again with roles and capabilities.
	equal(t, "b said first", r.b.sent[:3], []string{"terminalCapabilitySetAck", "terminalCapabilitySet", "masterSlaveDetermination"})
}

// The far end puts a call on hold before it begins, as a transfer server does.
func TestHeldFromTheStart(t *testing.T) {
	r := pair(t)
	r.a.caps.holding = true
	r.a.Start(r.now)
	r.b.Start(r.now)
	r.run(40 * time.Second)
	if r.b.failed != "" || r.a.failed != "" {
		t.Fatalf("failed: %q, %q", r.a.failed, r.b.failed)
	}
	r.a.Hold(r.now, false)
	r.run(time.Second)
	if d := r.b.stream(media.Audio).Direction; d != media.SendRecv {
		t.Errorf("sound is %v", d)
	}
}

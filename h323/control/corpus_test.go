package control

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// recorded gives the H.245 messages that real stacks were heard to send, and the fast
// connect proposals of each Setup.
func recorded(t testing.TB) (list []*message, offers [][]*h245.OpenLogicalChannel) {
	t.Helper()
	path := os.Getenv("H323_CORPUS")
	if path == "" {
		path = "../../../shared/corpus/h323/pdus.txt"
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no recorded messages, and H323_CORPUS does not name them: %v", err)
	}
	control := func(b []byte) {
		m := new(message)
		if err := per.Unmarshal(b, m); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		list = append(list, m)
	}
	for line := range strings.Lines(string(text)) {
		kind, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		b, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		var ui h225.H323UserInformation
		if kind == "H245" {
			control(b)
			continue
		}
		if per.Unmarshal(b, &ui) != nil {
			continue
		}
		for _, b := range ui.H323UUPDU.H245Control {
			control(b)
		}
		if s := ui.H323UUPDU.H323MessageBody.Setup; s != nil && len(s.FastStart) > 0 {
			var offer []*h245.OpenLogicalChannel
			for _, b := range s.FastStart {
				o := new(h245.OpenLogicalChannel)
				if err := per.Unmarshal(b, o); err != nil {
					t.Fatal(err)
				}
				offer = append(offer, o)
			}
			offers = append(offers, offer)
		}
	}
	return list, offers
}

// Every recorded message, to a session of its own that waits for nothing in particular,
// and to one in the middle of a call: what we say then can be encoded, and nothing fails.
func TestRecordedAlone(t *testing.T) {
	list, _ := recorded(t)
	for i, m := range list {
		fresh := newLone(t, nil)
		fresh.Receive(fresh.now, m)
		fresh.take()
		talking, _, _ := talk(t, nil)
		talking.Receive(talking.now, m)
		talking.take()
		if fresh.failed != "" || talking.failed != "" {
			t.Errorf("message %d, %s: failed: %q, %q", i, kind(m), fresh.failed, talking.failed)
		}
	}
}

// The capability sets of real stacks lead to channels: H.264 where they take it, sound in
// the best codec of both.
func TestRecordedCapabilities(t *testing.T) {
	list, _ := recorded(t)
	seen := 0
	for i, m := range list {
		if m.Request == nil || m.Request.TerminalCapabilitySet == nil || len(m.Request.TerminalCapabilitySet.CapabilityTable) == 0 {
			continue
		}
		seen++
		l := newLone(t, everyCodec)
		l.Start(l.now)
		l.take()
		l.respond(capsAck(1))
		l.respond(decision(true))
		l.Receive(l.now, m)
		var sound, pictures bool
		for _, o := range opens(l.take()) {
			dt := &o.ForwardLogicalChannelParameters.DataType
			sound = sound || dt.AudioData != nil && dt.AudioData.G72264k != nil && *dt.AudioData.G72264k == 20
			if v := dt.VideoData; v != nil {
				pictures = true
				if v.GenericVideoCapability == nil {
					t.Errorf("message %d: pictures in %s", i, name(v))
				}
				l.ack(o.ForwardLogicalChannelNumber, 7002)
				f := l.stream(media.Video).Send
				if f.H264.Profile != 66 || f.H264.Mode != 0 || f.Bitrate != 384_000 && f.Bitrate != 2_048_000 {
					t.Errorf("message %d: pictures %+v", i, f)
				}
				if f.Bitrate == 2_048_000 && (f.H264.Level != 22 || f.H264.MaxFS != 8192 || f.H264.MaxMBPS != 246000) {
					t.Errorf("message %d: pictures %+v", i, f)
				}
			}
		}
		if !sound {
			t.Errorf("message %d: no sound in G.722", i)
		}
		if hasVideo := strings.Contains(names(m), "receiveVideoCapability"); hasVideo != pictures {
			t.Errorf("message %d: pictures %v, listed %v", i, pictures, hasVideo)
		}
	}
	if seen < 10 {
		t.Errorf("only %d capability sets were recorded", seen)
	}
}

// names lists what kinds of capability a set has.
func names(m *message) (s string) {
	for _, e := range m.Request.TerminalCapabilitySet.CapabilityTable {
		s += " " + name(e.Capability)
	}
	return s
}

// Everything that was recorded, in order, to one session: the endings are left out.
func TestRecordedTogether(t *testing.T) {
	list, _ := recorded(t)
	l := newLone(t, nil)
	l.Start(l.now)
	opened := 0
	for _, m := range list {
		if m.Command != nil && m.Command.EndSessionCommand != nil {
			continue
		}
		l.Receive(l.now, m)
		for _, o := range l.take() {
			if o.Response != nil && o.Response.OpenLogicalChannelAck != nil {
				opened++
			}
		}
		l.now = l.now.Add(10 * time.Millisecond)
	}
	if l.failed != "" || l.established != 1 || opened == 0 || l.heard == "" || l.keyframes == 0 {
		t.Errorf("failed %q, established %d times, %d channels, keys %q, %d keyframes", l.failed, l.established, opened, l.heard, l.keyframes)
	}
}

// Fast connect proposals of real stacks are answered in G.722 or what else there is.
func TestRecordedFastConnect(t *testing.T) {
	_, offers := recorded(t)
	if len(offers) == 0 {
		t.Fatal("no fast connect was recorded")
	}
	for i, offer := range offers {
		l := newLone(t, everyCodec)
		answer := sameOnTheWire(t, l.FastAnswer(l.now, offer))
		s := l.stream(media.Audio)
		if len(answer) != 2 || s.Direction != media.SendRecv || !s.Remote.IsValid() || !s.RemoteRTCP.IsValid() {
			t.Errorf("offer %d of %d channels: %d taken, sound %+v", i, len(offer), len(answer), s)
		}
	}
}

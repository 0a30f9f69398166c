package control

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

func offer(t *h245.TerminalCapabilitySet) h245.RequestMessage {
	return h245.RequestMessage{TerminalCapabilitySet: t}
}

func capsAck(n uint8) h245.ResponseMessage {
	return h245.ResponseMessage{TerminalCapabilitySetAck: &h245.TerminalCapabilitySetAck{SequenceNumber: n}}
}

func capsReject(n uint8, c h245.TerminalCapabilitySetRejectCause) h245.ResponseMessage {
	return h245.ResponseMessage{TerminalCapabilitySetReject: &h245.TerminalCapabilitySetReject{SequenceNumber: n, Cause: c}}
}

func TestT101(t *testing.T) {
	l := newLone(t, nil)
	l.Start(l.now)
	l.take()
	l.respond(decision(true))
	l.respond(capsAck(77)) // of another set
	equal(t, "late", kinds(l.wait(t101)), []string{"terminalCapabilitySetRelease"})
	equal(t, "failure", l.failed, "signalling: no answer to terminalCapabilitySet")
}

// Huawei's MCU ignores a set that says nothing new; the call goes on.
func TestRepeatedSetIgnored(t *testing.T) {
	l := newLone(t, nil)
	o := l.only(l.settle(receives(alaw())))
	l.ack(o.ForwardLogicalChannelNumber, 7000)
	out := l.command(h245.CommandMessage{SendTerminalCapabilitySet: &h245.SendTerminalCapabilitySet{GenericRequest: true}})
	equal(t, "asked for it", kinds(out), []string{"terminalCapabilitySet"})
	if n := out[0].Request.TerminalCapabilitySet.SequenceNumber; n != 2 {
		t.Errorf("sequence number %d", n)
	}
	l.wait(t101 + tMedia)
	if l.failed != "" || l.stream(media.Audio).Direction != media.Send {
		t.Errorf("failed %q, sound %v", l.failed, l.stream(media.Audio).Direction)
	}
}

func TestCapabilitiesRejected(t *testing.T) {
	l := newLone(t, nil)
	l.Start(l.now)
	first := l.take()[0].Request.TerminalCapabilitySet
	out := l.respond(capsReject(1, h245.TerminalCapabilitySetRejectCause{DescriptorCapacityExceeded: true}))
	equal(t, "again", kinds(out), []string{"terminalCapabilitySet"})
	second := out[0].Request.TerminalCapabilitySet
	if a, b := len(first.CapabilityTable), len(second.CapabilityTable); b >= a || b < 3 {
		t.Errorf("%d capabilities after %d", b, a)
	}
	l.respond(capsReject(1, h245.TerminalCapabilitySetRejectCause{Unspecified: true})) // late
	l.respond(capsReject(2, h245.TerminalCapabilitySetRejectCause{Unspecified: true}))
	equal(t, "failure", l.failed, "media: the far end does not take our capabilities: unspecified")
}

// A far end that took what it has room for is content.
func TestCapabilitiesPartlyTaken(t *testing.T) {
	l := newLone(t, nil)
	l.Start(l.now)
	l.take()
	l.respond(capsReject(1, h245.TerminalCapabilitySetRejectCause{
		TableEntryCapacityExceeded: &h245.TerminalCapabilitySetRejectCauseTableEntryCapacityExceeded{HighestEntryNumberProcessed: new(uint16(3))},
	}))
	l.request(offer(set(1, receives(alaw()))))
	l.only(l.respond(decision(true)))
}

// What we refuse, and why.
func TestCapabilitiesRefused(t *testing.T) {
	many := set(9)
	for i := range 600 {
		many.CapabilityTable = append(many.CapabilityTable, h245.CapabilityTableEntry{
			CapabilityTableEntryNumber: uint16(i + 1), Capability: receives(alaw()),
		})
	}
	dangling := set(9, receives(alaw()))
	dangling.CapabilityDescriptors[0].SimultaneousCapabilities = []h245.AlternativeCapabilitySet{{7, 8}}
	for _, x := range []struct {
		name string
		set  *h245.TerminalCapabilitySet
		want string
	}{
		{"too many", many, "tableEntryCapacityExceeded"},
		{"undefined entries only", dangling, "undefinedTableEntryUsed"},
	} {
		l := newLone(t, nil)
		out := func() []*message { // a set as large as the first could not be encoded in one message
			l.Receive(l.now, &message{Request: new(offer(x.set))})
			return l.take()
		}()
		r := out[0].Response.TerminalCapabilitySetReject
		if r == nil || r.SequenceNumber != 9 || name(&r.Cause) != x.want {
			t.Errorf("%s: %v, %+v", x.name, kinds(out), r)
		}
	}
}

// A new set changes what runs: limits follow, codecs that are gone are closed and
// replaced, and a set that says the same disturbs nothing.
func TestNewSet(t *testing.T) {
	l := newLone(t, nil)
	o := l.only(l.settle(receives(alaw()), receives(ulaw())))
	l.ack(o.ForwardLogicalChannelNumber, 7000)
	changes := l.changes

	equal(t, "the same", kinds(l.request(offer(set(2, receives(alaw()), receives(ulaw()))))), []string{"terminalCapabilitySetAck"})
	equal(t, "changes", l.changes, changes)

	short := h245.AudioCapability{G711Alaw64k: new(uint16(10))}
	equal(t, "shorter packets", kinds(l.request(offer(set(3, receives(short), receives(ulaw()))))), []string{"terminalCapabilitySetAck"})
	if f := l.stream(media.Audio).Send; f.PTime != 10 || f.Codec != media.PCMA {
		t.Errorf("sending %+v", f)
	}

	out := l.request(offer(set(4, receives(g722()), receives(ulaw()))))
	equal(t, "another codec", kinds(out), []string{"terminalCapabilitySetAck", "closeLogicalChannel", "openLogicalChannel"})
	if a := l.only(out).ForwardLogicalChannelParameters.DataType.AudioData; a.G72264k == nil {
		t.Errorf("opened %+v", a)
	}
	if d := l.stream(media.Audio).Direction; d != media.Inactive {
		t.Errorf("sound is %v before the new channel is there", d)
	}
}

// A set without channels of ours adds to what is there (H.245 7.2).
func TestAddedCapability(t *testing.T) {
	l := newLone(t, nil)
	o := l.only(l.settle(receives(alaw())))
	l.ack(o.ForwardLogicalChannelNumber, 7000)
	more := set(2, &h245.Capability{ReceiveVideoCapability: h264(64)})
	more.CapabilityTable[0].CapabilityTableEntryNumber = 9
	more.CapabilityDescriptors[0].SimultaneousCapabilities = []h245.AlternativeCapabilitySet{{1}, {9}}
	v := l.only(l.request(offer(more)))
	if v.ForwardLogicalChannelParameters.DataType.VideoData == nil {
		t.Errorf("opened %+v", v.ForwardLogicalChannelParameters.DataType)
	}
}

// The empty set closes what we opened and nothing else (H.323 8.4.6).
func TestPause(t *testing.T) {
	l := newLone(t, nil)
	o := l.only(l.settle(receives(alaw())))
	l.ack(o.ForwardLogicalChannelNumber, 7000)
	equal(t, "their channel", l.answerTo(channel(1, 1, audioData(alaw()))), "ack")
	empty := &h245.TerminalCapabilitySet{SequenceNumber: 2, ProtocolIdentifier: h245.Version}
	equal(t, "empty set", kinds(l.request(offer(empty))), []string{"terminalCapabilitySetAck", "closeLogicalChannel"})
	if s := l.stream(media.Audio); s.Direction != media.Recv || !s.Held {
		t.Errorf("sound %+v", s)
	}
	equal(t, "again", kinds(l.request(offer(empty))), []string{"terminalCapabilitySetAck"})
	equal(t, "long after", kinds(l.wait(tHold-time.Second)), []string(nil))
	out := l.request(offer(set(3, receives(alaw()))))
	equal(t, "resumed", kinds(out), []string{"terminalCapabilitySetAck", "terminalCapabilitySet", "masterSlaveDetermination"})
	l.respond(capsAck(2))
	n := l.only(l.respond(decision(false)))
	l.ack(n.ForwardLogicalChannelNumber, 7100) // maybe it is another terminal now
	if s := l.stream(media.Audio); s.Direction != media.SendRecv || s.Held || s.Remote.Port() != 7100 {
		t.Errorf("sound %+v", s)
	}
	if l.established != 1 || l.failed != "" {
		t.Errorf("established %d times, failed %q", l.established, l.failed)
	}
}

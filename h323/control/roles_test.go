package control

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

func determination(terminal uint8, number uint32) h245.RequestMessage {
	return h245.RequestMessage{MasterSlaveDetermination: &h245.MasterSlaveDetermination{
		TerminalType: terminal, StatusDeterminationNumber: number,
	}}
}

func decision(master bool) h245.ResponseMessage {
	return h245.ResponseMessage{MasterSlaveDeterminationAck: &h245.MasterSlaveDeterminationAck{
		Decision: h245.MasterSlaveDeterminationAckDecision{Master: master, Slave: !master},
	}}
}

var (
	ties    = h245.ResponseMessage{MasterSlaveDeterminationReject: &h245.MasterSlaveDeterminationReject{Cause: h245.MasterSlaveDeterminationRejectCause{IdenticalNumbers: true}}}
	release = h245.IndicationMessage{MasterSlaveDeterminationRelease: &h245.MasterSlaveDeterminationRelease{}}
)

// Our number is 1000, our terminal type 60 (H.245 C.2.5.1, H.323 table 1).
func TestCompare(t *testing.T) {
	for _, x := range []struct {
		name     string
		terminal uint8
		number   uint32
		want     Role
	}{
		{"terminal", 50, 0xfffff, Master},
		{"MCU", 190, 0, Slave},
		{"active MC", 240, 0, Slave},
		{"a little more", 60, 1001, Master},
		{"a little less", 60, 999, Slave},
		{"half way round, less one", 60, 1000 + 0x7fffff, Master},
		{"half way round", 60, 1000 + 0x800000, Undetermined},
		{"half way round, and one", 60, 1000 + 0x800001, Slave},
		{"the same", 60, 1000, Undetermined},
		{"round the end", 60, (1000 - 1) & 0xffffff, Slave},
	} {
		l := newLone(t, nil)
		l.Start(l.now)
		l.take()
		out := l.request(determination(x.terminal, x.number))
		if x.want == Undetermined {
			if k := kinds(out); len(k) != 1 || k[0] != "masterSlaveDetermination" {
				t.Errorf("%s: %v, not another number", x.name, k)
			}
			continue
		}
		d := out[0].Response.MasterSlaveDeterminationAck.Decision
		if d.Master != (x.want == Slave) || d.Master == d.Slave {
			t.Errorf("%s: the far end is told %+v", x.name, d)
		}
		if r := l.Status().Role; r != Undetermined {
			t.Errorf("%s: %v before the far end agreed", x.name, r)
		}
		l.respond(decision(x.want == Master))
		if r := l.Status().Role; r != x.want {
			t.Errorf("%s: %v, not %v", x.name, r, x.want)
		}
	}
}

// The states of H.245 C.2, each with each message. The last one is what the session
// says, and what it is then.
func TestDetermination(t *testing.T) {
	theirs := determination(50, 7)
	for _, x := range []struct {
		name string
		play func(l *lone) []*message
		says []string
		role Role
	}{
		{"they answer ours", func(l *lone) []*message { return l.respond(decision(false)) },
			[]string{"masterSlaveDeterminationAck"}, Slave},
		{"theirs crosses ours", func(l *lone) []*message { return l.request(theirs) },
			[]string{"masterSlaveDeterminationAck"}, Undetermined},
		{"theirs crosses ours and they answer", func(l *lone) []*message { l.request(theirs); return l.respond(decision(true)) },
			nil, Master},
		{"they answer what we are not", func(l *lone) []*message { l.request(theirs); return l.respond(decision(false)) },
			[]string{"masterSlaveDetermination"}, Undetermined},
		{"theirs twice", func(l *lone) []*message { l.request(theirs); return l.request(theirs) },
			[]string{"masterSlaveDeterminationAck"}, Undetermined},
		{"they refuse ours", func(l *lone) []*message { return l.respond(ties) },
			[]string{"masterSlaveDetermination"}, Undetermined},
		{"they refuse after theirs", func(l *lone) []*message { l.request(theirs); return l.respond(ties) },
			[]string{"masterSlaveDetermination"}, Undetermined},
		{"they release", func(l *lone) []*message { return l.indicate(release) },
			[]string{"masterSlaveDetermination"}, Undetermined},
		{"they answer once more", func(l *lone) []*message { l.respond(decision(true)); return l.respond(decision(false)) },
			nil, Master},
		{"they refuse when it is done", func(l *lone) []*message { l.respond(decision(true)); return l.respond(ties) },
			nil, Master},
		{"they release when it is done", func(l *lone) []*message { l.respond(decision(true)); return l.indicate(release) },
			nil, Master},
		{"they begin again", func(l *lone) []*message { l.respond(decision(true)); return l.request(determination(190, 7)) },
			[]string{"masterSlaveDeterminationAck"}, Master},
		{"they begin again and turn it", func(l *lone) []*message {
			l.respond(decision(true))
			l.request(determination(190, 7))
			return l.respond(decision(false))
		}, nil, Slave},
	} {
		l := newLone(t, nil)
		l.Start(l.now)
		l.take()
		equal(t, x.name, kinds(x.play(l)), x.says)
		if r := l.Status().Role; r != x.role {
			t.Errorf("%s: %v, not %v", x.name, r, x.role)
		}
		if l.failed != "" {
			t.Errorf("%s: failed: %s", x.name, l.failed)
		}
	}
}

// Before we begin ourselves the far end may.
func TestTheyBegin(t *testing.T) {
	l := newLone(t, nil)
	equal(t, "the same number", kinds(l.request(determination(60, 1000))), []string{"masterSlaveDeterminationReject"})
	equal(t, "another", kinds(l.request(determination(60, 1001))), []string{"masterSlaveDeterminationAck"})
	l.Start(l.now)
	equal(t, "start", kinds(l.take()), []string{"terminalCapabilitySet"})
	l.respond(decision(true))
	if r := l.Status().Role; r != Master {
		t.Errorf("we are %v", r)
	}
}

func TestTies(t *testing.T) {
	l := newLone(t, nil)
	l.Start(l.now)
	l.take()
	n := 1
	for l.failed == "" && n < 100 {
		l.respond(ties)
		n++
	}
	equal(t, "proposals", n, maxTies+1)
	equal(t, "failure", l.failed, "protocol: master and slave could not be determined")
}

// Two of our kind with the same dice, which fall differently in the end.
func TestTiesEnd(t *testing.T) {
	r := pair(t)
	throw := func(list []uint32) func() uint32 {
		return func() uint32 {
			n := list[0]
			if len(list) > 1 {
				list = list[1:]
			}
			return n
		}
	}
	r.a.cfg.Random = throw([]uint32{5, 5, 9, 1})
	r.b.cfg.Random = throw([]uint32{5, 5, 9, 2})
	r.call()
	equal(t, "roles", []Role{r.a.Status().Role, r.b.Status().Role}, []Role{Master, Slave})
}

func TestT106(t *testing.T) {
	l := newLone(t, nil)
	l.Start(l.now)
	l.respond(h245.ResponseMessage{TerminalCapabilitySetAck: &h245.TerminalCapabilitySetAck{SequenceNumber: 1}})
	if out := l.wait(t106 - time.Millisecond); len(out) > 0 {
		t.Errorf("early: %v", kinds(out))
	}
	equal(t, "late", kinds(l.wait(time.Millisecond)), []string{"masterSlaveDeterminationRelease"})
	equal(t, "failure", l.failed, "signalling: no answer to masterSlaveDetermination")
}

// A far end that does not acknowledge ours, but whose own was answered, knows its role.
func TestT106Incoming(t *testing.T) {
	l := newLone(t, nil)
	l.Start(l.now)
	l.respond(h245.ResponseMessage{TerminalCapabilitySetAck: &h245.TerminalCapabilitySetAck{SequenceNumber: 1}})
	l.request(determination(50, 7))
	l.wait(t106)
	if r := l.Status().Role; r != Master || l.failed != "" {
		t.Errorf("we are %v, failed %q", r, l.failed)
	}
}

// A far end whose fast connect works needs no roles: its channels stay, and what H.245 has
// to open we open as slave.
func TestT106AfterFastConnect(t *testing.T) {
	r := fastPair(t)
	var sound []*h245.OpenLogicalChannel
	for _, o := range sameOnTheWire(t, r.a.FastOffer()) {
		if c, _ := readFast(o); c.data.AudioData != nil {
			sound = append(sound, o)
		}
	}
	if err := r.a.FastAnswered(r.now, sameOnTheWire(t, r.b.FastAnswer(r.now, sound))); err != nil {
		t.Fatal(err)
	}
	l := &lone{r.a, t, r.now}
	l.Start(l.now)
	l.take()
	l.respond(capsAck(1))
	l.request(offer(set(1, receives(alaw()), &h245.Capability{ReceiveVideoCapability: h264(64)})))
	out := l.wait(t106)
	equal(t, "late", kinds(out), []string{"masterSlaveDeterminationRelease", "openLogicalChannel"})
	if l.only(out).ForwardLogicalChannelParameters.DataType.VideoData == nil {
		t.Error("pictures are not opened")
	}
	l.wait(time.Hour)
	if s := l.Status(); s.Role != Slave || l.failed != "" || l.stream(media.Audio).Direction != media.SendRecv {
		t.Errorf("%+v, failed %q, sound %v", s, l.failed, l.stream(media.Audio).Direction)
	}
	l.request(determination(50, 7)) // it speaks of roles after all
	l.respond(decision(true))
	equal(t, "role", l.Status().Role, Master)
}

// After a hold, roles that nobody confirms stay as they were.
func TestT106AfterHold(t *testing.T) {
	l, _, _ := talk(t, nil)
	l.request(offer(&h245.TerminalCapabilitySet{SequenceNumber: 2, ProtocolIdentifier: h245.Version}))
	l.request(offer(set(3, receives(alaw()))))
	l.respond(capsAck(2))
	if r := l.Status().Role; r != Undetermined {
		t.Errorf("we are %v already", r)
	}
	o := l.only(l.wait(t106))
	l.ack(o.ForwardLogicalChannelNumber, 7100)
	if s := l.Status(); s.Role != Master || l.failed != "" || l.stream(media.Audio).Direction != media.SendRecv {
		t.Errorf("%+v, failed %q, sound %v", s, l.failed, l.stream(media.Audio).Direction)
	}
}

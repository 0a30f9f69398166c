package control

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// limits of what a fuzzed session may hold, whatever it is told.
const (
	fuzzMessages = 64
	fuzzClosing  = maxClosing
)

// FuzzControl gives a session any sequence of messages: a length of two octets, a message,
// and so on. An undecodable message lets time pass, or has the session do something.
// Whatever happens, it does not panic, what it says can be encoded, and it stays small.
func FuzzControl(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 7})
	seed := func(list ...*message) {
		var b []byte
		for _, m := range list {
			e, err := per.Marshal(m)
			if err != nil {
				f.Fatal(err)
			}
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(e))), e...)
		}
		f.Add(b)
	}
	request := func(r h245.RequestMessage) *message { return &message{Request: &r} }
	response := func(r h245.ResponseMessage) *message { return &message{Response: &r} }
	begin := []*message{
		request(offer(set(1, receives(alaw()), both(ulaw()), &h245.Capability{ReceiveVideoCapability: h264(64)}))),
		response(capsAck(1)), response(decision(true)),
	}
	seed(begin...)
	seed(append(begin, request(h245.RequestMessage{OpenLogicalChannel: channel(1, 1, audioData(ulaw()))}), request(closes(1)))...)
	seed(append(begin, request(modes(audioMode(h245.AudioMode{G711Ulaw64k: true}))), &message{Command: new(flowControl(nil, new(uint32(1))))})...)
	seed(append(begin, request(offer(&h245.TerminalCapabilitySet{SequenceNumber: 2, ProtocolIdentifier: h245.Version})), begin[0])...)
	seed(request(h245.RequestMessage{OpenLogicalChannel: presentation(0)}), request(determination(60, 1000)))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := newLone(t, nil)
		l.Start(l.now)
		for n := 0; len(data) >= 2 && n < fuzzMessages; n++ {
			size := min(int(binary.BigEndian.Uint16(data)), len(data)-2)
			b := data[2:][:size]
			data = data[2+size:]
			m := new(message)
			if per.Unmarshal(b, m) == nil {
				l.Receive(l.now, m)
			} else {
				l.something(b)
			}
			l.take()
			l.small()
		}
		l.wait(time.Hour)
		l.End(l.now)
		l.take()
		if !l.Deadline().IsZero() || !l.Status().Ended {
			t.Error("the session does not end")
		}
	})
}

// something is what a call may do at any time.
func (l *lone) something(b []byte) {
	if len(b) == 0 {
		return
	}
	switch n := int(b[0]); n % 8 {
	case 0:
		l.wait(time.Duration(n) * 100 * time.Millisecond)
	case 1:
		l.LimitBitrate(l.now, n*1000)
	case 2:
		l.RequestKeyframe(l.now)
	case 3:
		l.SendDigits(l.now, string(b))
	case 4:
		l.Hold(l.now, n&8 == 0)
	case 5:
		l.FastAnswer(l.now, opens(l.Output()))
	case 6:
		l.Expire(l.Deadline())
	case 7:
		l.FastAnswer(l.now, []*h245.OpenLogicalChannel{channel(uint16(n), 1, audioData(alaw()))})
	}
}

// small checks the bounds of a session.
func (l *lone) small() {
	l.t.Helper()
	if n := len(l.closing); n > fuzzClosing {
		l.t.Errorf("%d channels are closing", n)
	}
	if n := len(l.timers); n > fuzzClosing+8 {
		l.t.Errorf("%d timers run", n)
	}
	for _, st := range l.streams {
		if len(st.in) > maxIncoming || len(st.refused) > maxRefused+1 {
			l.t.Errorf("%d channels, %d refused", len(st.in), len(st.refused))
		}
	}
	if l.established > 1 {
		l.t.Errorf("established %d times", l.established)
	}
}

package relay

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// digit sends the packets of one press, of which some are lost.
func (r *rig) digit(seq *uint16, timestamp uint32, event uint8, lost func(i int) bool) {
	for i := range 8 {
		*seq++
		if lost != nil && lost(i) {
			continue
		}
		var b [4]byte
		digitPayload(&b, event, i >= 5, uint32(160*(i+1)))
		h := packet.Header{PT: 101, Marker: i == 0, Seq: *seq, Timestamp: timestamp, SSRC: 7}
		r.far.Send(r.ours(), datagram(h, b[:]))
	}
	synctest.Wait()
}

func TestDigitsAreToldOnce(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		var told []rune
		r.stream.OnDigit(func(d rune) { told = append(told, d) })
		r.apply()
		r.audio(r.far, 7, 1, 2)
		r.sink.take()
		seq := uint16(2)
		r.digit(&seq, 1000, 1, nil)
		r.digit(&seq, 3000, 1, func(i int) bool { return i < 2 })   // the beginning is lost
		r.digit(&seq, 5000, 10, func(i int) bool { return i >= 5 }) // the end is lost
		r.digit(&seq, 7000, 11, func(i int) bool { return i != 7 }) // all but one
		r.digit(&seq, 5000, 10, nil)                                // overtaken
		r.digit(&seq, 9000, 15, nil)
		r.digit(&seq, 11000, 16, nil) // flash is no digit
		if string(told) != "11*#D" {
			t.Fatalf("told %q", string(told))
		}
		if len(r.sink.take()) != 0 {
			t.Fatal("telephone-event was passed on as sound")
		}
	})
}

func TestDigitMayCloseTheStream(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		closed := make(chan struct{})
		r.stream.OnDigit(func(rune) { r.stream.Close(); close(closed) })
		r.apply()
		seq := uint16(2)
		r.digit(&seq, 1000, 1, nil)
		<-closed
	})
}

func TestDigitsAreSentBetweenTheSound(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.stream.SendDigit('5', 200)
		r.stream.SendDigit('?', 200)
		r.stream.SendDigit('d', 0)
		for i := range 50 {
			r.stream.Send(packet.Header{PT: 0, Seq: uint16(i), Timestamp: uint32(i) * 160}, []byte{0xd5})
			r.stream.Flush()
			wait(20 * time.Millisecond)
		}
		var p, last packet.Packet
		var reader digitReader
		var digits []rune
		ends, sound := map[rune]int{}, 0
		for i, d := range r.far.Take() {
			packet.Parse(d, &p)
			if i > 0 && p.Seq != last.Seq+1 {
				t.Fatalf("packet %d: sequence %d after %d", i, p.Seq, last.Seq)
			}
			last = p
			if p.PT == 0 {
				sound++
				continue
			}
			if digit, ok := reader.read(p.Timestamp, p.Payload); ok {
				digits = append(digits, digit)
				if !p.Marker {
					t.Fatal("a press begins without marker")
				}
			}
			if p.Payload[1]&0x80 != 0 {
				ends[digits[len(digits)-1]]++
				if d := binary.BigEndian.Uint16(p.Payload[2:]); len(digits) == 1 && d != 1600 {
					t.Fatalf("duration %d", d)
				}
			}
		}
		if string(digits) != "5D" || ends['5'] != 3 || ends['D'] != 3 || sound != 50 {
			t.Fatalf("digits %q, ends %v, %d packets of sound", string(digits), ends, sound)
		}
	})
}

func TestDigitsOfAnotherClock(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply(func(st *media.Stream) { st.Send, st.DTMFClock = opusFormat, 8000 })
		r.stream.SendDigit('1', 100)
		wait(time.Second)
		sent := r.far.Take()
		var p packet.Packet
		packet.Parse(sent[len(sent)-1], &p)
		if d := binary.BigEndian.Uint16(p.Payload[2:]); d != 800 {
			t.Fatalf("duration %d", d)
		}
	})
}

func TestNoDigitsWhereNoneWereNegotiated(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply(func(st *media.Stream) { st.SendDTMF = 0 })
		for range 200 {
			r.stream.SendDigit('1', 5000)
		}
		wait(time.Second)
		if len(r.far.Take()) != 0 {
			t.Fatal("sent a digit")
		}
	})
}

func TestDigitEvents(t *testing.T) {
	for i, d := range digitEvents {
		if e, ok := digitEvent(d); !ok || int(e) != i {
			t.Errorf("%c is event %d", d, e)
		}
	}
	if e, ok := digitEvent('a'); !ok || e != 12 {
		t.Error("lower case is not taken")
	}
	var r digitReader
	for n := range 4 {
		if _, ok := r.read(1, make([]byte, n)); ok {
			t.Errorf("read %d bytes", n)
		}
	}
}

package room

import (
	"bytes"
	"testing"

	"github.com/roombridge/roombridge/bridge/packet"
)

func TestHistory(t *testing.T) {
	var h history
	if e, _ := h.again(0, 0); e != nil {
		t.Error("something from nothing")
	}
	for i := range 1000 {
		h.put(packet.Header{Seq: uint16(65000 + i), Timestamp: uint32(i)}, uint16(i), bytes.Repeat([]byte{byte(i)}, 100+i%900))
	}
	for i := 990; i < 1000; i++ {
		e, payload := h.again(uint16(65000+i), 1)
		if e == nil || e.Timestamp != uint32(i) || e.number != uint16(i) || len(payload) != 100+i%900 || payload[0] != byte(i) || payload[len(payload)-1] != byte(i) {
			t.Errorf("packet %d: %+v %d bytes", i, e, len(payload))
		}
	}
	if e, _ := h.again(65500, 1); e != nil {
		t.Error("a packet long gone was found")
	}
	if e, _ := h.again(464, 1); e != nil {
		t.Error("a packet of the future was found")
	}
}

// A payload is never handed out when newer ones lie on it.
func TestHistoryOverwritten(t *testing.T) {
	var h history
	h.put(packet.Header{Seq: 0}, 0, bytes.Repeat([]byte{1}, 1200))
	n := historyBytes/1200 + 1
	for i := 1; i <= n; i++ {
		h.put(packet.Header{Seq: uint16(i)}, 0, bytes.Repeat([]byte{2}, 1200))
		if e, payload := h.again(0, int64(i)*1e9); e != nil && payload[0] != 1 {
			t.Fatalf("after %d packets the first holds another's payload", i)
		}
	}
	if n >= historySlots {
		t.Fatal("the arena was not the bound")
	}
	if e, _ := h.again(0, 1e12); e != nil {
		t.Error("the first is still there")
	}
}

func TestHistoryPace(t *testing.T) {
	var h history
	h.put(packet.Header{Seq: 9}, 0, []byte{1})
	sent := 0
	for now := int64(1); now < 2e9; now += 1e6 {
		if e, _ := h.again(9, now); e != nil {
			sent++
		}
	}
	if sent != maxAgain {
		t.Errorf("sent %d times", sent)
	}
	h.put(packet.Header{Seq: 10}, 0, []byte{1})
	first, _ := h.again(10, 1)
	second, _ := h.again(10, 1+againGap/2)
	third, _ := h.again(10, 1+againGap)
	if first == nil || second != nil || third == nil {
		t.Errorf("%v %v %v", first, second, third)
	}
	h.put(packet.Header{Seq: 11}, 0, make([]byte, packet.MaxSize+1))
	if e, _ := h.again(11, 1); e != nil {
		t.Error("an oversized payload was kept")
	}
}

package room

import (
	"sync"
	"testing"
)

func TestOutboxKeepsOrder(t *testing.T) {
	var mu sync.Mutex
	var got []string
	o := newOutbox(func(b []byte) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(b))
	})
	for i := range 100 {
		if !o.post(i) {
			t.Fatal("refused")
		}
	}
	o.end()
	<-o.closed
	if len(got) != 100 || got[0] != "0" || got[99] != "99" {
		t.Errorf("%d messages %v", len(got), got)
	}
	if o.post(1) {
		t.Error("taken after the end")
	}
	o.end()
	o.drop()
}

func TestOutboxCutsOff(t *testing.T) {
	block := make(chan struct{})
	sent := 0
	o := newOutbox(func([]byte) { sent++; <-block })
	n := 0
	for o.post(n) {
		n++
	}
	if n < outboxSize || n > outboxSize+1 {
		t.Errorf("%d messages were taken", n)
	}
	close(block)
	<-o.closed
	if sent > 1 {
		t.Errorf("%d messages went out after the cut", sent)
	}
}

func TestOutboxDrop(t *testing.T) {
	begun, block := make(chan struct{}), make(chan struct{})
	sent := 0
	o := newOutbox(func([]byte) {
		if sent++; sent == 1 {
			close(begun)
			<-block
		}
	})
	o.post(1)
	<-begun
	o.post(2)
	o.drop()
	close(block)
	<-o.closed
	if sent != 1 {
		t.Errorf("%d messages", sent)
	}
	if o.post(make(chan int)) {
		t.Error("what is no JSON was taken")
	}
}

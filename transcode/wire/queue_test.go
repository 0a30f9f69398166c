package wire

import (
	"bytes"
	"sync"
	"testing"
)

// taken reads all that one Take gives.
func taken(t *testing.T, q *Queue) (list []Message) {
	t.Helper()
	b := q.Take(nil, nil)
	for len(b) > 0 {
		m, n, err := Parse(b)
		if err != nil || n == 0 {
			t.Fatalf("%d bytes left: %v", len(b), err)
		}
		list = append(list, m)
		b = b[n:]
	}
	return list
}

// Packets of pictures have a lane of their own: however many come, sound stays, and
// goes before them.
func TestQueuePackets(t *testing.T) {
	q := NewQueue()
	q.Frame(message(Frame, 100))
	const sent = 10_000
	for i := range sent {
		m := message(Packet, 1200)
		m.Timestamp = uint32(i)
		if i%2 == 0 {
			q.Packet(m)
		} else {
			q.Packets([]Message{m})
		}
	}
	q.Frame(message(Frame, 200))
	q.Packet(message(Packet, limits[Packet]+1))
	q.Bulk(message(Picture, 10))
	first := taken(t, q)
	if len(first) < 100 || first[0].Kind != Frame || first[1].Kind != Frame || first[2].Kind != Packet || len(first)*1200 > packetShare {
		t.Fatalf("%d messages at first", len(first))
	}
	list := first[2:]
	for len(list) == 0 || list[len(list)-1].Kind == Packet {
		list = append(list, taken(t, q)...)
	}
	list = list[:len(list)-1]
	if len(list)+int(q.DroppedPackets()) != sent+1 || len(list) < 3000 || q.Dropped() != 0 {
		t.Errorf("%d packets taken, %d and %d dropped", len(list), q.DroppedPackets(), q.Dropped())
	}
	for i, m := range list {
		if want := uint32(sent - len(list) + i); m.Kind != Packet || m.Timestamp != want {
			t.Fatalf("packet %d is %d, want %d", i, m.Timestamp, want)
		}
	}
	if q.packets.buf != nil {
		t.Errorf("%d bytes are kept", cap(q.packets.buf))
	}
}

// Control goes first, then frames, then one large message.
func TestQueueOrder(t *testing.T) {
	q := NewQueue()
	q.Bulk(message(Picture, 10))
	q.Bulk(message(Picture, 20))
	q.Frame(message(Frame, 30))
	q.Control(message(Graph, 40))
	var kinds []Kind
	for _, m := range taken(t, q) {
		kinds = append(kinds, m.Kind)
	}
	if len(kinds) != 3 || kinds[0] != Graph || kinds[1] != Frame || kinds[2] != Picture {
		t.Errorf("%v", kinds)
	}
	if rest := taken(t, q); len(rest) != 1 || len(rest[0].Payload) != 20 {
		t.Errorf("%v", rest)
	}
}

// When nobody takes them, the oldest frames go, and are counted.
func TestQueueDropsOldest(t *testing.T) {
	for _, size := range []int{10, 1000, 8000} {
		q := NewQueue()
		const sent = 3000
		for i := range sent {
			m := message(Frame, size)
			m.Seq = uint16(i)
			q.Frame(m)
		}
		list := taken(t, q)
		if len(list)+int(q.Dropped()) != sent || len(list) < 50 || len(list) > mediaSlots {
			t.Errorf("%d bytes: %d taken, %d dropped", size, len(list), q.Dropped())
		}
		for i, m := range list {
			if want := uint16(sent - len(list) + i); m.Seq != want {
				t.Fatalf("%d bytes: frame %d is %d, want %d", size, i, m.Seq, want)
			}
		}
		if cap(q.media.buf) > 4*maxMedia {
			t.Errorf("%d bytes: %d bytes of memory", size, cap(q.media.buf))
		}
	}
}

func TestQueueRefuses(t *testing.T) {
	q := NewQueue()
	q.Frame(message(Frame, limits[Frame]+1))
	if q.Dropped() != 1 {
		t.Error("an oversized frame is not counted")
	}
	if q.Control(Message{Kind: 200}) || q.Bulk(Message{Kind: 200}) || q.Failed() {
		t.Error("an unknown kind was taken")
	}
	n := 0
	for q.Bulk(message(Picture, 1<<20)) {
		n++
	}
	if n != maxBulk>>20-1 {
		t.Errorf("%d pictures of a megabyte wait", n)
	}
	taken(t, q)
	if !q.Bulk(message(Picture, 1<<20)) {
		t.Error("no room after one was taken")
	}
}

// An end that does not read control messages is not waited for for ever.
func TestQueueFails(t *testing.T) {
	q := NewQueue()
	n := 0
	for q.Control(message(Graph, 1<<18)) {
		n++
	}
	if !q.Failed() || n > maxControl>>18+1 {
		t.Errorf("failed %v after %d messages", q.Failed(), n)
	}
	if b := q.Take(nil, nil); b != nil {
		t.Error("a failed queue still gives")
	}
}

func TestQueueClose(t *testing.T) {
	q := NewQueue()
	q.Control(message(Ping, 0))
	q.Bulk(message(Picture, 1))
	q.Bulk(message(Picture, 2))
	q.Close()
	q.Frame(message(Frame, 1))
	if q.Control(message(Ping, 0)) || q.Bulk(message(Picture, 1)) {
		t.Error("a closed queue takes")
	}
	if n := len(taken(t, q)) + len(taken(t, q)); n != 3 {
		t.Errorf("%d messages after Close", n)
	}
	if b := q.Take(nil, nil); len(b) != 0 {
		t.Error("more than there was")
	}
	done := make(chan struct{})
	close(done)
	if b := NewQueue().Take(nil, done); b != nil {
		t.Error("something out of nothing")
	}
}

// Many send, one writes: all arrives, in each sender's order.
func TestQueueConcurrently(t *testing.T) {
	const senders, each = 4, 200
	q := NewQueue()
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for i := range each {
				q.Control(Message{Kind: Ping, ID: uint32(s), Timestamp: uint32(i)})
				q.Frame(Message{ID: uint32(s), Timestamp: uint32(i), Payload: []byte{1}})
			}
		})
	}
	go func() { all.Wait(); q.Close() }()
	var stream bytes.Buffer
	for {
		b := q.Take(nil, nil)
		if len(b) == 0 {
			break
		}
		stream.Write(b)
	}
	next := map[[2]uint32]uint32{}
	r := NewReader(&stream)
	count := 0
	for m, err := r.Next(); err == nil; m, err = r.Next() {
		key := [2]uint32{uint32(m.Kind), m.ID}
		if m.Timestamp != next[key] {
			t.Fatalf("%v of %d: %d, want %d", m.Kind, m.ID, m.Timestamp, next[key])
		}
		next[key]++
		count++
	}
	if count+int(q.Dropped()) != 2*senders*each {
		t.Errorf("%d messages, %d dropped", count, q.Dropped())
	}
}

func TestFrameDoesNotAllocate(t *testing.T) {
	q := NewQueue()
	m := message(Frame, 160)
	var buf []byte
	for range 100 {
		q.Frame(m)
	}
	buf = q.Take(buf, nil)
	if n := testing.AllocsPerRun(200, func() {
		q.Frame(m)
		q.Frame(m)
		buf = q.Take(buf, nil)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFrame(b *testing.B) {
	q := NewQueue()
	m := message(Frame, 160)
	var buf []byte
	b.ReportAllocs()
	for i := range b.N {
		q.Frame(m)
		if i%16 == 15 {
			buf = q.Take(buf, nil)
		}
	}
}

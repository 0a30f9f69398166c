package feedback

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtcp"
)

func marshal(t *testing.T, p ...rtcp.Packet) []byte {
	t.Helper()
	b, err := rtcp.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNACK holds what is written against pion's encoding, also of more than
// one packet takes.
func TestNACK(t *testing.T) {
	var pairs []rtcp.NackPair
	for i := range 300 {
		pairs = append(pairs, rtcp.NackPair{PacketID: uint16(i * 300), LostPackets: rtcp.PacketBitmap(i)})
	}
	want := func(pairs []rtcp.NackPair) []byte {
		return marshal(t, &rtcp.TransportLayerNack{SenderSSRC: 1 << 30, MediaSSRC: 3, Nacks: pairs})
	}
	if b := AppendNACK([]byte("x"), 1, 2, nil); string(b) != "x" {
		t.Errorf("%x of nothing", b)
	}
	for _, n := range []int{1, 2, 253} {
		if b := AppendNACK([]byte("x"), 1<<30, 3, pairs[:n]); !bytes.Equal(b[1:], want(pairs[:n])) {
			t.Errorf("%d: %x", n, b)
		}
	}
	both := append(want(pairs[:253]), want(pairs[253:])...)
	if b := AppendNACK(nil, 1<<30, 3, pairs); !bytes.Equal(b, both) {
		t.Errorf("%x", b)
	}
}

func TestReceiverReport(t *testing.T) {
	block := rtcp.ReceptionReport{SSRC: 1 << 31, FractionLost: 200, TotalLost: 0xfffffe, LastSequenceNumber: 1 << 17,
		Jitter: 77, LastSenderReport: 0xfeedbeef, Delay: 65536}
	blocks := make([]rtcp.ReceptionReport, 40)
	for i := range blocks {
		blocks[i] = block
		blocks[i].SSRC += uint32(i)
	}
	for _, n := range []int{0, 1, 31} {
		b := AppendReceiverReport([]byte("x"), 5, blocks[:n])
		want := marshal(t, &rtcp.ReceiverReport{SSRC: 5, Reports: blocks[:n]})
		if !bytes.Equal(b[1:], want) {
			t.Errorf("%d blocks:\n%s", n, cmp.Diff(want, b[1:]))
		}
	}
	list, err := rtcp.Unmarshal(AppendReceiverReport(nil, 5, blocks))
	if err != nil || len(list) != 2 || len(list[1].(*rtcp.ReceiverReport).Reports) != 9 {
		t.Errorf("%v %v", list, err)
	}
}

// TestDoesNotAllocate runs all there is on a path with loss.
func TestDoesNotAllocate(t *testing.T) {
	var l Losses
	var a Arrivals
	r := NewReports(90000)
	var pairs []rtcp.NackPair
	buf := make([]byte, 0, 3000)
	var seq uint16
	var now int64
	wrote := 0
	step := func() {
		for range 100 {
			seq++
			now += ms
			if seq%9 == 0 {
				continue
			}
			l.Add(seq-seq%2*uint16(seq%5), now)
			a.Record(seq, now)
			r.Add(seq, uint32(now/ms), now)
			pairs = l.Due(now, 20*ms, pairs[:0])
		}
		block, _ := r.Block(1, now)
		blocks := [...]rtcp.ReceptionReport{block}
		b := AppendReceiverReport(buf, 1, blocks[:])
		b = a.Append(AppendNACK(b, 1, 2, pairs), 1, 2, now)
		wrote += len(b)
	}
	step()
	if avg := testing.AllocsPerRun(200, step); avg != 0 || wrote < 10000 {
		t.Errorf("%v allocations, %d bytes written", avg, wrote)
	}
}

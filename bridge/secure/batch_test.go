package secure

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

// compareBatch opens packets in a batch, and one by one in a twin of the
// context, and wants the same of both.
func compareBatch(t testing.TB, s media.Suite, pkts [][]byte) {
	t.Helper()
	key := make(media.Key, s.KeyLen()+s.SaltLen())
	_, one := pair(t, s, key)
	_, all := pair(t, s, key)
	compareOpen(t, one, all, pkts)
}

func compareOpen(t testing.TB, one, all *Inbound, pkts [][]byte) {
	t.Helper()
	for _, pkt := range pkts {
		if len(pkt) >= 12 && len(one.sources) < MaxSSRCs-1 { // one stays unknown
			one.Admit(rtpSSRC(pkt))
			all.Admit(rtpSSRC(pkt))
		}
	}
	var batch, want [][]byte
	refused := 0
	for _, pkt := range pkts {
		batch = append(batch, bytes.Clone(pkt))
		opened, err := one.Open(nil, pkt)
		if want = append(want, opened); err != nil {
			refused++
		}
	}
	if n := all.OpenBatch(batch); n != refused {
		t.Fatalf("%d of a batch of %d were refused, want %d", n, len(batch), refused)
	}
	for i := range batch {
		if !bytes.Equal(batch[i], want[i]) || (batch[i] == nil) != (want[i] == nil) {
			t.Fatalf("packet %d of %d: %x, want %x", i, len(batch), batch[i], want[i])
		}
	}
	if one.Stats() != all.Stats() || one.rtpLeft != all.rtpLeft {
		t.Fatalf("%+v, want %+v", all.Stats(), one.Stats())
	}
}

// TestOpenBatch opens what a bad path makes of streams: disorder, repetition,
// outages, forgeries, strangers and fragments, over rollovers.
func TestOpenBatch(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, one := pair(t, s, key)
		_, all := pair(t, s, key)
		r := rand.New(rand.NewPCG(uint64(s), 3))
		at := [MaxSSRCs]uint16{0: 100, 1: 65500, 2: 32767}
		var path [][]byte
		for range 3000 {
			ssrc := r.IntN(MaxSSRCs)
			at[ssrc]++
			if r.IntN(50) == 0 {
				at[ssrc] += uint16(r.IntN(20000))
			}
			path = append(path, mustSeal(t, out, anyPacket(t, r, uint32(ssrc), at[ssrc])))
		}
		for i := range path {
			j := min(i+r.IntN(6), len(path)-1)
			path[i], path[j] = path[j], path[i]
			switch r.IntN(12) {
			case 0:
				path[j] = path[i] // repeated
			case 1:
				path[i] = bytes.Clone(path[i])
				path[i][r.IntN(len(path[i]))] ^= 1 << r.IntN(8)
			case 2:
				path[i] = path[i][:r.IntN(len(path[i]))]
			}
		}
		for len(path) > 0 {
			n := min(r.IntN(20), len(path))
			compareOpen(t, one, all, path[:n])
			path = path[n:]
		}
		if st := all.Stats(); st.Packets < 1500 || st.Failed < 50 || st.Replayed < 50 || st.Broken < 10 || st.Unknown < 50 {
			t.Errorf("%+v", st)
		}
	})
}

// TestOpenBatchTwice: a packet that is in a batch twice is opened once, also
// as the first of its source.
func TestOpenBatchTwice(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		in.Admit(1)
		for seq := range uint16(3) {
			sealed := mustSeal(t, out, rtpPacket(1, seq, "x"))
			pkts := [][]byte{bytes.Clone(sealed), bytes.Clone(sealed), nil}
			if n := in.OpenBatch(pkts); n != 2 || string(pkts[0][12:]) != "x" || pkts[1] != nil {
				t.Errorf("%d: %d refused, %x", seq, n, pkts)
			}
		}
		if st := in.Stats(); st != (Stats{Packets: 3, Replayed: 3, Broken: 3}) {
			t.Errorf("%+v", st)
		}
	})
}

// TestOpenBatchKeyLifetime: the key ends in the middle of a batch.
func TestOpenBatchKeyLifetime(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		in.Admit(1)
		in.Open(nil, mustSeal(t, out, rtpPacket(1, 0, "")))
		in.rtpLeft, out.rtpLeft = 3, 5
		pkts := make([][]byte, 6)
		for i := range pkts {
			pkts[i] = rtpPacket(1, uint16(1+i), "x")
		}
		if n := out.SealBatch(pkts); n != 1 || pkts[5] != nil {
			t.Errorf("%d refused by the sender", n)
		}
		if n := in.OpenBatch(pkts[:5]); n != 2 || pkts[2] == nil || pkts[3] != nil || in.rtpLeft != 0 {
			t.Errorf("%d refused, %d left", n, in.rtpLeft)
		}
	})
}

// TestSealBatch seals in place what may be sealed, and refuses the rest.
func TestSealBatch(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		one, in := pair(t, s, key)
		all, _ := pair(t, s, key)
		tag, _ := Overhead(s)
		for round := range 30 {
			var pkts, mem [][]byte
			var want [][]byte
			refused := 0
			for i := range round {
				pkt := rtpPacket(uint32(i%(MaxSSRCs+2)), uint16(65530+20*round+i), fmt.Sprint("payload ", i))
				switch i % 7 {
				case 3:
					binary.BigEndian.PutUint16(pkt[2:], uint16(65530+20*round-i)) // may be used
				case 5:
					pkt = pkt[:i%12]
				}
				sealed, err := one.Seal(nil, pkt)
				if err != nil {
					refused++
				}
				want, pkts, mem = append(want, sealed), append(pkts, pkt), append(mem, pkt)
			}
			if n := all.SealBatch(pkts); n != refused {
				t.Fatalf("%d of %d refused, want %d", n, len(pkts), refused)
			}
			for i, p := range pkts {
				if !bytes.Equal(p, want[i]) || (p == nil) != (want[i] == nil) {
					t.Fatalf("packet %d of %d: %x, want %x", i, len(pkts), p, want[i])
				}
				if p != nil && (&p[0] != &mem[i][0] || len(p) != len(mem[i])+tag) {
					t.Fatalf("packet %d is not where it was", i)
				}
			}
		}
		if one.Stats() != all.Stats() || all.Stats().Replayed == 0 || all.Stats().Broken == 0 {
			t.Errorf("%+v, want %+v", all.Stats(), one.Stats())
		}
		tight := [][]byte{bytes.Clone(rtpPacket(1, 30000, "no room"))[:19:19]}
		if n := all.SealBatch(tight); n != 0 {
			t.Fatal("refused for want of room")
		}
		if got, err := in.OpenNew(nil, tight[0]); err != nil || string(got[12:]) != "no room" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

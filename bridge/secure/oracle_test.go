package secure

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"

	"github.com/roombridge/roombridge/bridge/media"
)

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// anyPacket makes a packet with any of the parts that RTP has, and room behind it.
func anyPacket(t testing.TB, r *rand.Rand, ssrc uint32, seq uint16) []byte {
	t.Helper()
	p := rtp.Packet{Header: rtp.Header{
		Version: 2, Marker: r.IntN(2) == 1, PayloadType: uint8(r.IntN(128)), SequenceNumber: seq, Timestamp: r.Uint32(), SSRC: ssrc,
	}}
	if r.IntN(2) == 0 {
		for range r.IntN(16) {
			p.CSRC = append(p.CSRC, r.Uint32())
		}
	}
	if form := r.IntN(6); form < 3 {
		p.Extension, p.ExtensionProfile = true, []uint16{0xbede, 0x1000, 0x4242}[form]
		ids := []uint8{1, 5, 14}
		if form == 2 {
			ids = []uint8{0} // whole words, of no known form
		}
		for _, id := range ids {
			if err := p.SetExtension(id, randomBytes(r, 4*(1+r.IntN(4)))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r.IntN(4) == 0 {
		p.Padding, p.PaddingSize = true, byte(1+r.IntN(255))
	}
	size := p.MarshalSize()
	p.Payload = randomBytes(r, r.IntN(max(1, 1501-size)))
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return append(make([]byte, 0, len(b)+16), b...)
}

// sequence is a stream's numbers with gaps and in disorder, over rollovers.
func sequence(r *rand.Rand, n int) []uint16 {
	const block = 20
	seqs := make([]uint16, n)
	at := uint16(40000)
	for i := range seqs {
		seqs[i] = at
		at += uint16(1 + r.IntN(4))
		if r.IntN(40) == 0 {
			at += uint16(r.IntN(8000)) // an outage
		}
	}
	for i := block; i+block <= n; i += block { // what comes first stays first
		s := seqs[i : i+block]
		if s[block-1]-s[0] < 100 {
			r.Shuffle(block, func(a, b int) { s[a], s[b] = s[b], s[a] })
		}
	}
	return seqs
}

// TestAgainstPion runs random packets in disorder both ways, one by one and in batches.
func TestAgainstPion(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		sender, receiver := newPion(t, s, key), newPion(t, s, key, srtp.SRTPReplayProtection(128))
		r := rand.New(rand.NewPCG(uint64(s), 9))
		const ssrc = 0xfffffff0
		if err := in.Admit(ssrc); err != nil {
			t.Fatal(err)
		}
		for seqs := sequence(r, 6000); len(seqs) > 0; {
			n := min(1+r.IntN(20), len(seqs))
			var plain, ours, theirs [][]byte
			for _, seq := range seqs[:n] {
				pkt := anyPacket(t, r, ssrc, seq)
				sealed, err := sender.EncryptRTP(nil, pkt, nil)
				if err != nil {
					t.Fatal(err)
				}
				plain, ours, theirs = append(plain, bytes.Clone(pkt)), append(ours, pkt), append(theirs, sealed)
			}
			seqs = seqs[n:]
			sealAll(t, out, r, ours)
			for i := range ours {
				if !bytes.Equal(ours[i], theirs[i]) {
					t.Fatalf("%x is sealed as\n%x, by pion as\n%x", plain[i], ours[i], theirs[i])
				}
				if got, err := receiver.DecryptRTP(nil, ours[i], nil); err != nil || !bytes.Equal(got, plain[i]) {
					t.Fatalf("pion cannot open it: %v", err)
				}
			}
			openAll(t, in, r, theirs)
			for i := range theirs {
				if !bytes.Equal(theirs[i], plain[i]) {
					t.Fatalf("%x is opened as %x", plain[i], theirs[i])
				}
			}
		}
		if wraps := in.find(ssrc).rtp.top >> 16; wraps < 5 {
			t.Errorf("only %d rollovers", wraps)
		}
	})
}

// sealAll seals in place, in a batch or one by one.
func sealAll(t testing.TB, out *Outbound, r *rand.Rand, pkts [][]byte) {
	t.Helper()
	if r.IntN(2) == 0 {
		if n := out.SealBatch(pkts); n != 0 {
			t.Fatalf("%d packets were refused", n)
		}
		return
	}
	for i, pkt := range pkts {
		var err error
		if pkts[i], err = out.Seal(pkt[:0], pkt); err != nil {
			t.Fatal(err)
		}
	}
}

func openAll(t testing.TB, in *Inbound, r *rand.Rand, pkts [][]byte) {
	t.Helper()
	if r.IntN(2) == 0 {
		if n := in.OpenBatch(pkts); n != 0 {
			t.Fatalf("%d packets were refused", n)
		}
		return
	}
	for i, pkt := range pkts {
		var err error
		if pkts[i], err = in.Open(pkt[:0], pkt); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAgainstPionRTCP runs random reports both ways.
func TestAgainstPionRTCP(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		sender, receiver := newPion(t, s, key), newPion(t, s, key, srtp.SRTCPReplayProtection(128))
		r := rand.New(rand.NewPCG(uint64(s), 10))
		for i := range 1500 {
			ssrc := uint32(i % MaxSSRCs)
			report := rtcpPacket(ssrc, string(randomBytes(r, 4*r.IntN(300))))
			ours := mustSealRTCP(t, out, report)
			theirs, err := sender.EncryptRTCP(nil, report, nil)
			if err != nil || !bytes.Equal(ours, theirs) {
				t.Fatalf("%x is sealed as\n%x, by pion as\n%x, %v", report, ours, theirs, err)
			}
			if got, err := receiver.DecryptRTCP(nil, ours, nil); err != nil || !bytes.Equal(got, report) {
				t.Fatalf("pion cannot open it: %v", err)
			}
			if got, err := in.OpenNewRTCP(theirs[:0], theirs); err != nil || !bytes.Equal(got, report) {
				t.Fatalf("%x is opened as %x, %v", report, got, err)
			}
		}
	})
}

// TestAgainstPionLengths is every length of payload.
func TestAgainstPionLengths(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, _ := pair(t, s, key)
		sender := newPion(t, s, key)
		payload := randomBytes(rand.New(rand.NewPCG(1, 1)), 1500)
		for n := range payload {
			pkt := rtpPacket(1, uint16(n), string(payload[:n]))
			want, err := sender.EncryptRTP(nil, pkt, nil)
			if got := mustSeal(t, out, pkt); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes: %x, want %x, %v", n, got, want, err)
			}
		}
	})
}

package secure

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pion/srtp/v2"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

var suites = []media.Suite{media.AESCM80, media.AESCM32, media.AEADGCM128, media.AEADGCM256}

// each runs a test for every suite with a random key.
func each(t *testing.T, f func(t *testing.T, s media.Suite, key media.Key)) {
	for _, s := range suites {
		t.Run(s.String(), func(t *testing.T) { f(t, s, newKey(t, s)) })
	}
}

func newKey(t testing.TB, s media.Suite) media.Key {
	t.Helper()
	key, err := GenerateKey(s)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pair(t testing.TB, s media.Suite, key media.Key) (*Outbound, *Inbound) {
	t.Helper()
	out, err := NewOutbound(s, key)
	if err != nil {
		t.Fatal(err)
	}
	in, err := NewInbound(s, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	t.Cleanup(in.Close)
	return out, in
}

func rtpPacket(ssrc uint32, seq uint16, payload string) []byte {
	b := make([]byte, 12, 12+len(payload)+32)
	packet.Write(b, packet.Header{PT: 96, Seq: seq, SSRC: ssrc, Timestamp: 1})
	return append(b, payload...)
}

func rtcpPacket(ssrc uint32, body string) []byte {
	b := make([]byte, 8, 8+len(body)+32)
	b[0], b[1] = 0x80, 201
	binary.BigEndian.PutUint32(b[4:], ssrc)
	return append(b, body...)
}

func mustSeal(t testing.TB, o *Outbound, pkt []byte) []byte {
	t.Helper()
	b, err := o.Seal(nil, pkt)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustSealRTCP(t testing.TB, o *Outbound, pkt []byte) []byte {
	t.Helper()
	b, err := o.SealRTCP(nil, pkt)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// TestVectors compares with the model over several rollovers.
func TestVectors(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		if err := in.Admit(7); err != nil {
			t.Fatal(err)
		}
		rtp, rtcp := Overhead(s)
		for i := range uint64(40) {
			index := 3<<15 - 1<<16 + i*9973 // 32768 and on
			pkt := rtpPacket(7, uint16(index), fmt.Sprint("payload ", i))
			sealed := mustSeal(t, out, pkt)
			if want := modelSeal(s, key, pkt, uint32(index>>16)); !bytes.Equal(sealed, want) {
				t.Fatalf("index %#x: %x, want %x", index, sealed, want)
			}
			if len(sealed) != len(pkt)+rtp {
				t.Fatalf("%d bytes more, want %d", len(sealed)-len(pkt), rtp)
			}
			if got, err := in.Open(nil, sealed); err != nil || !bytes.Equal(got, pkt) {
				t.Fatalf("index %#x: opened %x, %v", index, got, err)
			}
			report := rtcpPacket(7, fmt.Sprint("report ", i))
			sealed = mustSealRTCP(t, out, report)
			if want := modelSealRTCP(s, key, report, uint32(i+1)); !bytes.Equal(sealed, want) {
				t.Fatalf("RTCP %d: %x, want %x", i, sealed, want)
			}
			if len(sealed) != len(report)+rtcp {
				t.Fatalf("RTCP: %d bytes more, want %d", len(sealed)-len(report), rtcp)
			}
			if got, err := in.OpenRTCP(nil, sealed); err != nil || !bytes.Equal(got, report) {
				t.Fatalf("RTCP %d: opened %x, %v", i, got, err)
			}
		}
		if st := in.Stats(); st != (Stats{Packets: 80}) || out.Stats() != st {
			t.Errorf("%+v, %+v", st, out.Stats())
		}
	})
}

// TestAgainstPion runs random packets in disorder both ways.
func TestAgainstPion(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		p, err := profile(s)
		if err != nil {
			t.Fatal(err)
		}
		theirs := func() *srtp.Context {
			c, err := srtp.CreateContext(key[:s.KeyLen()], key[s.KeyLen():], p, srtp.SRTPReplayProtection(128))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		out, in := pair(t, s, key)
		sender, receiver := theirs(), theirs()
		r := rand.New(rand.NewPCG(uint64(s), 9))
		const ssrc = 0xfffffff0
		if err := in.Admit(ssrc); err != nil {
			t.Fatal(err)
		}
		seqs := make([]uint16, 1500)
		for i := range seqs {
			seqs[i] = uint16(40000 + i/20*2000 + i%20*6)
		}
		for i := 20; i+20 <= len(seqs); i += 20 {
			r.Shuffle(20, func(a, b int) { seqs[i+a], seqs[i+b] = seqs[i+b], seqs[i+a] })
		}
		for _, seq := range seqs {
			payload := make([]byte, r.IntN(1200))
			for i := range payload {
				payload[i] = byte(r.Uint32())
			}
			pkt := rtpPacket(ssrc, seq, string(payload))
			sealed := mustSeal(t, out, pkt)
			if got, err := receiver.DecryptRTP(nil, sealed, nil); err != nil || !bytes.Equal(got, pkt) {
				t.Fatalf("%d: pion cannot open it: %v", seq, err)
			}
			sealed, err := sender.EncryptRTP(nil, pkt, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := in.Open(sealed[:0], sealed); err != nil || !bytes.Equal(got, pkt) {
				t.Fatalf("%d: cannot open pion's: %v", seq, err)
			}
			report := rtcpPacket(ssrc, string(payload[:len(payload)/4*4]))
			if sealed, err = sender.EncryptRTCP(nil, report, nil); err != nil {
				t.Fatal(err)
			}
			if got, err := in.OpenRTCP(nil, sealed); err != nil || !bytes.Equal(got, report) {
				t.Fatalf("%d: cannot open pion's RTCP: %v", seq, err)
			}
			if got, err := receiver.DecryptRTCP(nil, mustSealRTCP(t, out, report), nil); err != nil || !bytes.Equal(got, report) {
				t.Fatalf("%d: pion cannot open RTCP: %v", seq, err)
			}
		}
	})
}

// TestInPlace seals and opens in the packet's own memory and in a buffer of
// the caller's.
func TestInPlace(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		buf := make([]byte, 0, 1500)
		for seq, inPlace := range []bool{true, false} {
			want := rtpPacket(1, uint16(seq), strings.Repeat("x", 1100))
			pkt := append(make([]byte, 0, 1500), want...)
			dst := buf
			if inPlace {
				dst = pkt[:0]
			}
			sealed, err := out.Seal(dst, pkt)
			if err != nil || &sealed[0] != &dst[:1][0] {
				t.Fatalf("in place %v: %v", inPlace, err)
			}
			opened, err := in.OpenNew(sealed[:0], sealed)
			if err != nil || &opened[0] != &sealed[0] || !bytes.Equal(opened, want) {
				t.Fatalf("in place %v: opened %x, %v", inPlace, opened, err)
			}
			report := append(make([]byte, 0, 100), rtcpPacket(1, "twelve bytes")...)
			if dst = buf; inPlace {
				dst = report[:0]
			}
			sealed, err = out.SealRTCP(dst, report)
			if err != nil || &sealed[0] != &dst[:1][0] {
				t.Fatal("RTCP is not where it should be", err)
			}
			opened, err = in.OpenRTCP(sealed[:0], sealed)
			if err != nil || !bytes.Equal(opened, rtcpPacket(1, "twelve bytes")) {
				t.Fatalf("RTCP: opened %x, %v", opened, err)
			}
		}
	})
}

func TestReplay(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		var sealed [][]byte
		for i := range 1000 {
			sealed = append(sealed, mustSeal(t, out, rtpPacket(1, uint16(65000+i), "x")))
		}
		in.Admit(1)
		open := func(i int, want error) {
			t.Helper()
			_, err := in.Open(nil, sealed[i])
			wantErr(t, fmt.Sprint("packet ", i), err, want)
		}
		open(0, nil)
		open(0, ErrReplayed)
		open(999, nil)
		open(999, ErrReplayed)
		open(999-windowSize, ErrReplayed) // too old
		open(999-windowSize+1, nil)       // just not
		open(999-windowSize+1, ErrReplayed)
		open(800, nil)
		open(800, ErrReplayed)
		if st := in.Stats(); st.Replayed != 5 || st.Packets != 4 {
			t.Errorf("%+v", st)
		}
	})
}

func TestReplayRTCP(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		a, b := mustSealRTCP(t, out, rtcpPacket(1, "aaaa")), mustSealRTCP(t, out, rtcpPacket(1, "bbbb"))
		in.Admit(1)
		for i, c := range []struct {
			pkt  []byte
			want error
		}{{b, nil}, {a, nil}, {a, ErrReplayed}, {b, ErrReplayed}} {
			_, err := in.OpenRTCP(nil, c.pkt)
			wantErr(t, fmt.Sprint("step ", i), err, c.want)
		}
	})
}

// TestForgedDoesNotMove: packets that fail must not move the index or the window.
func TestForgedDoesNotMove(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		in.Admit(1)
		good := mustSeal(t, out, rtpPacket(1, 40000, "x"))
		if _, err := in.Open(nil, good); err != nil {
			t.Fatal(err)
		}
		for seq := range uint16(100) {
			forged := bytes.Clone(good)
			binary.BigEndian.PutUint16(forged[2:], 41000+seq*300)
			_, err := in.Open(nil, forged)
			wantErr(t, "forged", err, ErrAuth)
		}
		next := mustSeal(t, out, rtpPacket(1, 40001, "y"))
		for i := range next {
			forged := bytes.Clone(next)
			forged[i] ^= 0x10
			if _, err := in.Open(nil, forged); err == nil {
				t.Errorf("byte %d changed: opened", i)
			}
		}
		if _, err := in.Open(nil, next); err != nil {
			t.Error(err)
		}
	})
}

func TestWrongKey(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, _ := pair(t, s, key)
		_, in := pair(t, s, newKey(t, s))
		in.Admit(1)
		_, err := in.Open(nil, mustSeal(t, out, rtpPacket(1, 5000, "x")))
		wantErr(t, "RTP", err, ErrAuth)
		_, err = in.OpenRTCP(nil, mustSealRTCP(t, out, rtcpPacket(1, "xxxx")))
		wantErr(t, "RTCP", err, ErrAuth)
		if st := in.Stats(); st.Failed != 2 || st.Packets != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// TestEarlyWrap: the first packet that is seen lies behind the rollover.
func TestEarlyWrap(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		mustSeal(t, out, rtpPacket(1, 65535, "lost"))
		for seq := range uint16(5) {
			sealed := mustSeal(t, out, rtpPacket(1, 1000+seq, "x"))
			if got, err := in.OpenNew(sealed[:0], sealed); err != nil || string(got[12:]) != "x" {
				t.Fatalf("%d: %v", seq, err)
			}
		}
		if in.find(1).rtp.top != 1<<16+1004 {
			t.Errorf("index %#x", in.find(1).rtp.top)
		}
	})
}

func TestSSRCs(t *testing.T) {
	s := media.AEADGCM128
	out, in := pair(t, s, newKey(t, s))
	for i := range uint32(MaxSSRCs) {
		mustSeal(t, out, rtpPacket(i, 1, "x"))
	}
	_, err := out.Seal(nil, rtpPacket(100, 1, "x"))
	wantErr(t, "one more to send", err, ErrTooMany)
	_, err = out.SealRTCP(nil, rtcpPacket(100, ""))
	wantErr(t, "one more to report", err, ErrTooMany)

	sealed, report := mustSeal(t, out, rtpPacket(1, 2, "x")), mustSealRTCP(t, out, rtcpPacket(1, "x"))
	_, err = in.Open(nil, sealed)
	wantErr(t, "RTP of a stranger", err, ErrUnknownSSRC)
	_, err = in.OpenRTCP(nil, report)
	wantErr(t, "RTCP of a stranger", err, ErrUnknownSSRC)
	if st := in.Stats(); st.Unknown != 2 {
		t.Errorf("%+v", st)
	}
	for i := range uint32(MaxSSRCs) {
		if err := in.Admit(100 + i); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Admit(100); err != nil {
		t.Error("admitted twice:", err)
	}
	wantErr(t, "one more", in.Admit(1), ErrTooMany)
	_, err = in.OpenNew(nil, sealed)
	wantErr(t, "one more by its packet", err, ErrTooMany)
	_, err = in.OpenNewRTCP(nil, report)
	wantErr(t, "one more by its report", err, ErrTooMany)
	in.Forget(103)
	in.Forget(55555)
	if in.Admitted(103) || !in.Admitted(104) {
		t.Error("the wrong one is forgotten")
	}
	if _, err := in.OpenNew(nil, sealed); err != nil || !in.Admitted(1) {
		t.Error(err)
	}
	if _, err := in.OpenNewRTCP(nil, report); err != nil {
		t.Error(err)
	}
}

// TestStrangersLeaveNothing: packets with random SSRCs that prove nothing take
// no place and no memory.
func TestStrangersLeaveNothing(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		sealed, report := mustSeal(t, out, rtpPacket(1, 1, "x")), mustSealRTCP(t, out, rtcpPacket(1, "xxxx"))
		for i := range uint32(500) {
			forged := bytes.Clone(sealed)
			binary.BigEndian.PutUint32(forged[8:], 1000+i)
			if _, err := in.OpenNew(forged[:0], forged); !errors.Is(err, ErrAuth) {
				t.Fatal(err)
			}
			forged = bytes.Clone(report)
			binary.BigEndian.PutUint32(forged[4:], 1000+i)
			if _, err := in.OpenNewRTCP(forged[:0], forged); !errors.Is(err, ErrAuth) {
				t.Fatal(err)
			}
		}
		if len(in.sources) != 0 || len(in.t.(*pion).seen) > maxForeign {
			t.Errorf("%d sources, %d seen by pion", len(in.sources), len(in.t.(*pion).seen))
		}
		if _, err := in.OpenNew(nil, sealed); err != nil {
			t.Error(err)
		}
		if _, err := in.OpenNewRTCP(nil, report); err != nil {
			t.Error(err)
		}
	})
}

// TestIndexReuse: a second packet under one index would give away both.
func TestIndexReuse(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, _ := pair(t, s, key)
		mustSeal(t, out, rtpPacket(1, 1000, "x"))
		_, err := out.Seal(nil, rtpPacket(1, 1000, "y"))
		wantErr(t, "again", err, ErrReused)
		_, err = out.Seal(nil, rtpPacket(1, 1000-windowSize, "y"))
		wantErr(t, "too old", err, ErrReused)
		_, err = out.Seal(nil, rtpPacket(1, 65000, "y"))
		wantErr(t, "before the first rollover period", err, ErrReused)
		mustSeal(t, out, rtpPacket(1, 999, "y"))
		mustSeal(t, out, rtpPacket(2, 1000, "y"))
	})
}

func TestKeyLifetime(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		in.Admit(1)
		out.rtpLeft, out.rtcpLeft, in.rtpLeft, in.rtcpLeft = 2, 2, 1, 1
		a, b := mustSeal(t, out, rtpPacket(1, 1, "")), mustSeal(t, out, rtpPacket(1, 2, ""))
		_, err := out.Seal(nil, rtpPacket(1, 3, ""))
		wantErr(t, "seal", err, ErrKeyLifetime)
		ra, rb := mustSealRTCP(t, out, rtcpPacket(1, "")), mustSealRTCP(t, out, rtcpPacket(1, ""))
		_, err = out.SealRTCP(nil, rtcpPacket(1, ""))
		wantErr(t, "seal RTCP", err, ErrKeyLifetime)
		if _, err := in.Open(nil, a); err != nil {
			t.Error(err)
		}
		_, err = in.Open(nil, b)
		wantErr(t, "open", err, ErrKeyLifetime)
		if _, err := in.OpenRTCP(nil, ra); err != nil {
			t.Error(err)
		}
		_, err = in.OpenRTCP(nil, rb)
		wantErr(t, "open RTCP", err, ErrKeyLifetime)
	})
	out, _ := pair(t, media.AESCM80, newKey(t, media.AESCM80))
	if out.rtpLeft != 1<<48 || out.rtcpLeft != 1<<31-1 {
		t.Errorf("%d, %d", out.rtpLeft, out.rtcpLeft)
	}
	// The last index of all.
	out.admit(1)
	out.find(1).rtcp.use(1<<31 - 2)
	if sealed := mustSealRTCP(t, out, rtcpPacket(1, "")); binary.BigEndian.Uint32(sealed[8:]) != 1<<32-1 {
		t.Errorf("%x", sealed)
	}
}

func TestMalformed(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		in.Admit(1)
		sealed, report := mustSeal(t, out, rtpPacket(1, 1, "payload")), mustSealRTCP(t, out, rtcpPacket(1, "report.."))
		rtp, rtcp := Overhead(s)
		for n := range 12 + rtp {
			_, err := in.Open(nil, sealed[:n:n])
			wantErr(t, fmt.Sprint("RTP of ", n), err, ErrMalformed)
			_, err = in.OpenNew(nil, sealed[:n:n])
			wantErr(t, fmt.Sprint("new RTP of ", n), err, ErrMalformed)
		}
		for n := range 8 + rtcp {
			_, err := in.OpenRTCP(nil, report[:n:n])
			wantErr(t, fmt.Sprint("RTCP of ", n), err, ErrMalformed)
			_, err = in.OpenNewRTCP(nil, report[:n:n])
			wantErr(t, fmt.Sprint("new RTCP of ", n), err, ErrMalformed)
		}
		for n := range 12 {
			_, err := out.Seal(nil, rtpPacket(1, 5, "")[:n])
			wantErr(t, fmt.Sprint("sealing RTP of ", n), err, ErrMalformed)
		}
		for n := range 8 {
			_, err := out.SealRTCP(nil, rtcpPacket(1, "")[:n])
			wantErr(t, fmt.Sprint("sealing RTCP of ", n), err, ErrMalformed)
		}
		ext := bytes.Clone(sealed)
		ext[0] |= 0x10
		copy(ext[12:], []byte{0, 0, 0xff, 0xff})
		_, err := in.Open(nil, ext)
		wantErr(t, "extension beyond the end", err, ErrMalformed)
		if in.Stats().Broken == 0 || out.Stats().Broken == 0 {
			t.Error("not counted")
		}
	})
}

func TestKeys(t *testing.T) {
	for _, s := range suites {
		key := newKey(t, s)
		if len(key) != s.KeyLen()+s.SaltLen() || bytes.Equal(key, newKey(t, s)) {
			t.Errorf("%v: %d bytes, or not random", s, len(key))
		}
		for _, bad := range []media.Key{nil, key[1:], append(bytes.Clone(key), 0)} {
			_, err := NewInbound(s, bad)
			wantErr(t, "inbound", err, ErrKey)
			_, err = NewOutbound(s, bad)
			wantErr(t, "outbound", err, ErrKey)
		}
	}
	_, err := GenerateKey(media.SuiteNone)
	wantErr(t, "no suite", err, ErrSuite)
	_, err = NewInbound(media.SuiteNone, nil)
	wantErr(t, "no suite", err, ErrSuite)
	if a, b := Overhead(media.SuiteNone); a != 0 || b != 0 {
		t.Error("overhead of nothing")
	}
}

// TestClose wipes the context's copy of the key and nothing else.
func TestClose(t *testing.T) {
	s := media.AESCM80
	key := newKey(t, s)
	before := string(key)
	out, in := pair(t, s, key)
	held := out.t.(*pion).key
	sealed, report := mustSeal(t, out, rtpPacket(1, 1, "x")), mustSealRTCP(t, out, rtcpPacket(1, "x"))
	for range 2 {
		out.Close()
		in.Close()
	}
	if string(key) != before || !bytes.Equal(held, make([]byte, len(held))) {
		t.Error("the wrong copy is wiped")
	}
	_, e1 := out.Seal(nil, rtpPacket(1, 2, ""))
	_, e2 := out.SealRTCP(nil, rtcpPacket(1, ""))
	_, e3 := in.Open(nil, sealed)
	_, e4 := in.OpenNew(nil, sealed)
	_, e5 := in.OpenRTCP(nil, report)
	_, e6 := in.OpenNewRTCP(nil, report)
	for i, err := range []error{e1, e2, e3, e4, e5, e6, in.Admit(1)} {
		wantErr(t, fmt.Sprint(i), err, ErrClosed)
	}
}

// TestKeysDoNotPrint tries the ways in which a context gets into a log.
func TestKeysDoNotPrint(t *testing.T) {
	key := media.Key(bytes.Repeat([]byte("K"), 30))
	out, in := pair(t, media.AESCM80, key)
	all := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", out, out, out, out, in, in, in)
	if strings.Contains(all, "KKK") || strings.Contains(all, "75, 75") || strings.Contains(all, "0x4b") || !strings.Contains(all, "secure(AES_CM_128_HMAC_SHA1_80)") {
		t.Error(all)
	}
	if out.Suite() != media.AESCM80 {
		t.Error(out.Suite())
	}
}

func FuzzOpen(f *testing.F) {
	for i, s := range suites {
		out, _ := pair(f, s, make(media.Key, s.KeyLen()+s.SaltLen()))
		f.Add(uint8(i), mustSeal(f, out, rtpPacket(1, 1, "payload")))
		f.Add(uint8(i), mustSealRTCP(f, out, rtcpPacket(1, "report")))
	}
	f.Fuzz(func(t *testing.T, suite uint8, pkt []byte) {
		s := suites[int(suite)%len(suites)]
		_, in := pair(t, s, make(media.Key, s.KeyLen()+s.SaltLen()))
		for _, open := range []func(dst, pkt []byte) ([]byte, error){in.OpenNew, in.OpenNewRTCP} {
			copied := bytes.Clone(pkt)
			got, err := open(nil, copied)
			if !bytes.Equal(copied, pkt) {
				t.Fatal("a packet was changed that was not to be")
			}
			again, errAgain := open(copied[:0], copied)
			if err == nil && !errors.Is(errAgain, ErrReplayed) {
				t.Fatalf("opened twice: %v", errAgain)
			}
			if err != nil && (got != nil || again != nil || len(in.sources) > 1) {
				t.Fatal("something is left of a packet that was refused")
			}
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	for _, s := range suites {
		b.Run(s.String(), func(b *testing.B) {
			out, _ := pair(b, s, newKey(b, s))
			pkt, buf := rtpPacket(1, 0, strings.Repeat("x", 1188)), make([]byte, 0, 1500)
			b.ReportAllocs()
			b.SetBytes(1200)
			for seq := uint16(0); b.Loop(); seq++ {
				binary.BigEndian.PutUint16(pkt[2:], seq)
				if _, err := out.Seal(buf, pkt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, s := range suites {
		b.Run(s.String(), func(b *testing.B) {
			out, in := pair(b, s, newKey(b, s))
			sealed := mustSeal(b, out, rtpPacket(1, 1, strings.Repeat("x", 1188)))
			in.Admit(1)
			buf := make([]byte, 0, 1500)
			b.ReportAllocs()
			b.SetBytes(1200)
			for b.Loop() {
				in.sources[0].rtp = window{}
				if _, err := in.Open(buf, sealed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

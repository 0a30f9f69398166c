package secure

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/secure/aesctr"
	"github.com/roombridge/roombridge/bridge/secure/hmacsha1"
)

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

// TestNewSSRCsTakeTheOldestPlace: a far end may change its SSRC without end, a
// forged packet takes nobody's place.
func TestNewSSRCsTakeTheOldestPlace(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		in, err := NewInbound(s, key)
		if err != nil {
			t.Fatal(err)
		}
		seal := func(ssrc uint32, seq uint16) []byte {
			out, err := NewOutbound(s, key)
			if err != nil {
				t.Fatal(err)
			}
			return mustSeal(t, out, rtpPacket(ssrc, seq, "x"))
		}
		if err := in.Admit(1); err != nil {
			t.Fatal(err)
		}
		for i := range uint32(3 * MaxSSRCs) {
			forged := seal(500+i, 5000)
			forged[len(forged)-1]++
			if _, err := in.OpenNew(nil, forged); !errors.Is(err, ErrAuth) {
				t.Fatal(err)
			}
			if _, err := in.OpenNew(nil, seal(100+i, 5000)); err != nil {
				t.Fatalf("source %d: %v", i, err)
			}
			if _, err := in.OpenNew(nil, seal(99, uint16(5000+i))); err != nil {
				t.Fatalf("who goes on beside source %d: %v", i, err)
			}
			if !in.Admitted(1) || !in.Admitted(99) || !in.Admitted(100+i) || in.Admitted(500+i) || len(in.sources) > MaxSSRCs {
				t.Fatalf("after source %d the wrong ones are known", i)
			}
		}
	})
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
		if len(in.sources) != 0 || cap(in.scratch) > 1500 {
			t.Errorf("%d sources, %d bytes of scratch", len(in.sources), cap(in.scratch))
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

// TestClose wipes the context's session keys and leaves the caller's key.
func TestClose(t *testing.T) {
	s := media.AESCM80
	key := newKey(t, s)
	before := string(key)
	out, in := pair(t, s, key)
	held := *out.t.(*cm)
	sealed, report := mustSeal(t, out, rtpPacket(1, 1, "x")), mustSealRTCP(t, out, rtcpPacket(1, "x"))
	for range 2 {
		out.Close()
		in.Close()
	}
	if string(key) != before {
		t.Error("the caller's key is gone")
	}
	for _, k := range []cmKeys{held.rtp, held.rtcp} {
		if *k.cipher != (aesctr.Cipher{}) || *k.mac != (hmacsha1.Key{}) {
			t.Error("session keys are left")
		}
	}
	for _, batch := range []func([][]byte) int{out.SealBatch, in.OpenBatch} {
		pkts := [][]byte{bytes.Clone(sealed), bytes.Clone(sealed)}
		if n := batch(pkts); n != 2 || pkts[0] != nil || pkts[1] != nil {
			t.Errorf("%d of a batch were refused", n)
		}
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

func TestLimit(t *testing.T) {
	s := media.AEADGCM128
	out, in := pair(t, s, newKey(t, s))
	out.Limit(20)
	in.Limit(20)
	for i := range uint32(20) {
		sealed := mustSeal(t, out, rtpPacket(i, 1, "x"))
		if err := in.Admit(i); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Open(nil, sealed); err != nil {
			t.Fatal(err)
		}
	}
	_, err := out.Seal(nil, rtpPacket(20, 1, "x"))
	wantErr(t, "one more to send", err, ErrTooMany)
	wantErr(t, "one more", in.Admit(20), ErrTooMany)
}

func TestClone(t *testing.T) {
	for _, s := range []media.Suite{media.AESCM80, media.AESCM32, media.AEADGCM128, media.AEADGCM256} {
		out, in := pair(t, s, newKey(t, s))
		mustSeal(t, out, rtpPacket(1, 1, "x"))
		other := out.Clone()
		var wg sync.WaitGroup
		sealed := make([][2][]byte, 2)
		for i, c := range []*Outbound{out, other} {
			wg.Go(func() {
				for n := range uint16(50) {
					sealed[i][0], _ = c.Seal(nil, rtpPacket(uint32(10+i), n+2, "of both"))
					sealed[i][1], _ = c.SealRTCP(nil, rtcpPacket(uint32(10+i), "of both"))
				}
			})
		}
		wg.Wait()
		out.Close()
		if out.Clone() != nil {
			t.Error("a closed context was cloned")
		}
		for i := range sealed {
			if _, err := in.OpenNew(nil, sealed[i][0]); err != nil {
				t.Error(s, i, err)
			}
			if _, err := in.OpenNewRTCP(nil, sealed[i][1]); err != nil {
				t.Error(s, i, err)
			}
		}
		if _, err := in.OpenNew(nil, mustSeal(t, other, rtpPacket(12, 1, "after the other's end"))); err != nil {
			t.Error(s, err)
		}
	}
}

package secure

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
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

// profile names a suite as pion does.
func profile(s media.Suite) srtp.ProtectionProfile {
	switch s {
	case media.AESCM80:
		return srtp.ProtectionProfileAes128CmHmacSha1_80
	case media.AESCM32:
		return srtp.ProtectionProfileAes128CmHmacSha1_32
	case media.AEADGCM128:
		return srtp.ProtectionProfileAeadAes128Gcm
	}
	return srtp.ProtectionProfileAeadAes256Gcm
}

func newPion(t testing.TB, s media.Suite, key media.Key, opts ...srtp.ContextOption) *srtp.Context {
	t.Helper()
	c, err := srtp.CreateContext(key[:s.KeyLen()], key[s.KeyLen():], profile(s), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
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
		compareBatch(t, s, [][]byte{pkt, pkt})
	})
}

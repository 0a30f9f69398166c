package secure

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pion/srtp/v2"

	"github.com/roombridge/roombridge/bridge/media"
)

// TestLongStream sends a stream through several rollovers over a path that
// loses, disorders and repeats: what arrives within the window is opened once,
// and nothing else.
func TestLongStream(t *testing.T) {
	s := media.AEADGCM128
	out, in := pair(t, s, newKey(t, s))
	r := rand.New(rand.NewPCG(4, 4))
	in.Admit(1)
	opened := map[int]bool{}
	var path []struct {
		n   int
		pkt []byte
	}
	deliver := func() {
		i := r.IntN(len(path))
		d := path[i]
		if r.IntN(10) != 0 { // or it comes again
			path = append(path[:i], path[i+1:]...)
		}
		got, err := in.Open(nil, d.pkt)
		switch {
		case opened[d.n]:
			wantErr(t, fmt.Sprint("packet ", d.n), err, ErrReplayed)
		case err != nil:
			t.Fatalf("packet %d: %v", d.n, err)
		case string(got[12:]) != fmt.Sprint(d.n):
			t.Fatalf("packet %d carries %q", d.n, got[12:])
		}
		opened[d.n] = true
	}
	const count = 200000
	for n := range count {
		if n%20000 == 19999 {
			path = path[:0] // an outage
		}
		sealed := mustSeal(t, out, rtpPacket(1, uint16(n+60000), fmt.Sprint(n)))
		if r.IntN(20) == 0 {
			continue
		}
		path = append(path, struct {
			n   int
			pkt []byte
		}{n, sealed})
		for len(path) > 30 {
			deliver()
		}
		if n < 2 { // the window starts with the first packet
			for len(path) > 0 {
				deliver()
			}
		}
	}
	if len(opened) < count*9/10 {
		t.Errorf("%d of %d packets were opened", len(opened), count)
	}
	if roc := in.find(1).rtp.top >> 16; roc != (60000+count-1)>>16 {
		t.Errorf("rollover count %d", roc)
	}
}

// TestRolloverDisorder sends packets around a rollover in every order. Each is
// opened once, whatever came before it.
func TestRolloverDisorder(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		for turn := range 3 { // the first, the second and the third rollover
			out, _ := pair(t, s, key)
			for seq := range turn*4 + 4 { // far enough apart that the count is followed
				mustSeal(t, out, rtpPacket(1, uint16(seq<<14), ""))
			}
			before := mustSeal(t, out, rtpPacket(1, 65000, ""))
			var sealed [][]byte
			for i := range 5 {
				sealed = append(sealed, mustSeal(t, out, rtpPacket(1, uint16(65533+i), fmt.Sprint(i))))
			}
			permute(len(sealed), func(order []int) {
				_, in := pair(t, s, key)
				in.Admit(1)
				in.find(1).rtp.use(uint64(turn)<<16 + 64000) // as if followed from the start
				if _, err := in.Open(nil, before); err != nil {
					t.Fatal(err)
				}
				for _, i := range order {
					if got, err := in.Open(nil, sealed[i]); err != nil || string(got[12:]) != fmt.Sprint(i) {
						t.Fatalf("rollover %d, order %v: packet %d: %q, %v", turn, order, i, got, err)
					}
				}
				for i := range sealed {
					_, err := in.Open(nil, sealed[i])
					wantErr(t, fmt.Sprint("again ", i), err, ErrReplayed)
				}
				if top := in.find(1).rtp.top; top != uint64(turn+1)<<16+1 {
					t.Fatalf("order %v: index %#x", order, top)
				}
			})
		}
	})
}

// permute gives all orders of n things.
func permute(n int, f func(order []int)) {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	var from func(int)
	from = func(k int) {
		if k == n {
			f(order)
			return
		}
		for i := k; i < n; i++ {
			order[k], order[i] = order[i], order[k]
			from(k + 1)
			order[k], order[i] = order[i], order[k]
		}
	}
	from(0)
}

// TestLateBehindEarlyWrap: after a first packet from behind a rollover, those
// from before it may still come.
func TestLateBehindEarlyWrap(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		var sealed [][]byte
		for i := range 6 {
			sealed = append(sealed, mustSeal(t, out, rtpPacket(1, uint16(65533+i), fmt.Sprint(i))))
		}
		for _, i := range []int{4, 2, 3, 0, 5, 1} {
			if got, err := in.OpenNew(nil, sealed[i]); err != nil || string(got[12:]) != fmt.Sprint(i) {
				t.Errorf("packet %d: %q, %v", i, got, err)
			}
		}
		if in.scratch != nil {
			t.Error("the copy of the first packet is kept")
		}
	})
}

// TestRefusedIsLeft: what is refused before authentication is not touched, nor
// is what AES-CM refuses for its tag.
func TestRefusedIsLeft(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		in.Admit(1)
		good, report := mustSeal(t, out, rtpPacket(1, 5000, "payload")), mustSealRTCP(t, out, rtcpPacket(1, "report"))
		for _, p := range [][]byte{good, report} {
			open := in.Open
			if &p[0] == &report[0] {
				open = in.OpenRTCP
			}
			stranger := bytes.Clone(p)
			stranger[11], stranger[7] = 9, 9 // SSRC of RTP and of RTCP
			held := bytes.Clone(stranger)
			if _, err := open(stranger[:0], stranger); !errors.Is(err, ErrUnknownSSRC) || !bytes.Equal(stranger, held) {
				t.Errorf("a stranger's packet was changed, %v", err)
			}
			forged := bytes.Clone(p)
			forged[len(forged)-1] ^= 1
			held = bytes.Clone(forged)
			_, err := open(forged[:0], forged)
			wantErr(t, "forged", err, ErrAuth)
			if !aead(s) && !bytes.Equal(forged, held) {
				t.Error("a forged packet was changed")
			}
			if _, err := open(p[:0], bytes.Clone(p)); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestSendersAreSeparate: each SSRC has its own rollover and window.
func TestSendersAreSeparate(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		for i := range 5000 {
			for ssrc := range uint32(3) {
				if i%int(ssrc*ssrc+1) != 0 {
					continue
				}
				pkt := rtpPacket(ssrc, uint16(64000+i/int(ssrc*ssrc+1)), "x")
				if got, err := in.OpenNew(nil, mustSeal(t, out, pkt)); err != nil || !bytes.Equal(got, pkt) {
					t.Fatalf("%d of %d: %v", i, ssrc, err)
				}
			}
		}
		for ssrc, want := range []uint64{64000 + 4999, 64000 + 2499, 64000 + 999} {
			if got := in.find(uint32(ssrc)).rtp.top; got != want {
				t.Errorf("SSRC %d: index %d, want %d", ssrc, got, want)
			}
		}
	})
}

// TestClearSRTCP: a far end may leave RTCP unencrypted packet by packet, with
// the E bit clear (RFC 3711 3.4). It is still authenticated.
func TestClearSRTCP(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		theirs := newPion(t, s, key, srtp.SRTCPNoEncryption())
		report := rtcpPacket(1, "in the clear")
		sealed, err := theirs.EncryptRTCP(nil, report, nil)
		if err != nil || !bytes.Contains(sealed, []byte("in the clear")) {
			t.Fatalf("%x, %v", sealed, err)
		}
		_, in := pair(t, s, key)
		forged := bytes.Clone(sealed)
		forged[10] ^= 1
		_, err = in.OpenNewRTCP(nil, forged)
		wantErr(t, "forged", err, ErrAuth)
		if got, err := in.OpenNewRTCP(nil, sealed); err != nil || !bytes.Equal(got, report) {
			t.Errorf("%x, %v", got, err)
		}
	})
}

// TestExtensionsPass: CSRCs and header extensions of the far end stay in clear
// and are authenticated (RFC 3711 3.1).
func TestExtensionsPass(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		pkt := rtpPacket(1, 1, "")
		pkt[0] |= 0x11
		pkt = append(pkt, 0, 0, 0, 9)                      // CSRC
		pkt = append(pkt, 0xbe, 0xde, 0, 1, 0x10, 5, 0, 0) // extension
		pkt = append(pkt, "payload"...)
		theirs := newPion(t, s, key)
		sealed, err := theirs.EncryptRTP(nil, pkt, nil)
		if err != nil || !bytes.Equal(sealed[:24], pkt[:24]) {
			t.Fatal(err)
		}
		_, in := pair(t, s, key)
		for i := range 24 {
			forged := bytes.Clone(sealed)
			forged[i] ^= 1
			if _, err := in.OpenNew(nil, forged); err == nil {
				t.Errorf("byte %d may be changed", i)
			}
		}
		if got, err := in.OpenNew(nil, sealed); err != nil || !bytes.Equal(got, pkt) {
			t.Errorf("%x, %v", got, err)
		}
	})
}

// TestPadding: sealed packets may carry padding, as probes do.
func TestPadding(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		pkt := rtpPacket(1, 1, "xx\x00\x00\x00\x04")
		pkt[0] |= 0x20
		if got, err := in.OpenNew(nil, mustSeal(t, out, pkt)); err != nil || !bytes.Equal(got, pkt) {
			t.Errorf("%x, %v", got, err)
		}
	})
}

// TestRTCPIndexMatters: the index is authenticated, so that it cannot be moved.
func TestRTCPIndexMatters(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		out, in := pair(t, s, key)
		sealed := mustSealRTCP(t, out, rtcpPacket(1, "xxxx"))
		_, tail := Overhead(s)
		at := len(sealed) - 4
		if s == media.AESCM80 || s == media.AESCM32 {
			at = len(sealed) - tail
		}
		if got := binary.BigEndian.Uint32(sealed[at:]); got != 1<<31|1 {
			t.Fatalf("index word %#x", got)
		}
		for i := range uint32(32) {
			forged := bytes.Clone(sealed)
			binary.BigEndian.PutUint32(forged[at:], (1<<31|1)^1<<i)
			_, err := in.OpenNewRTCP(nil, forged)
			wantErr(t, fmt.Sprint("bit ", i), err, ErrAuth)
		}
	})
}

package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/relay/wiretest"
	"github.com/roombridge/roombridge/bridge/secure"
)

// terminalKeys are the contexts of the far end.
type terminalKeys struct {
	local, remote media.Key
	suite         media.Suite
	out           *secure.Outbound
	in            *secure.Inbound
}

func newKeys(t testing.TB, suite media.Suite) *terminalKeys {
	t.Helper()
	k := &terminalKeys{suite: suite}
	var errs [4]error
	k.local, errs[0] = secure.GenerateKey(suite)
	k.remote, errs[1] = secure.GenerateKey(suite)
	k.out, errs[2] = secure.NewOutbound(suite, k.local)
	k.in, errs[3] = secure.NewInbound(suite, k.remote)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return k
}

// terms puts the keys into a negotiation, as our end sees it.
func (k *terminalKeys) terms(st *media.Stream) {
	st.Security = media.Security{Keying: media.SDES, Suite: k.suite, LocalKey: k.remote, RemoteKey: k.local}
}

func (k *terminalKeys) seal(t testing.TB, h packet.Header, payload []byte) []byte {
	t.Helper()
	b, err := k.out.Seal(nil, datagram(h, payload))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// withKeys runs a keyed sound stream.
func withKeys(t *testing.T, suite media.Suite, f func(r *rig, k *terminalKeys)) {
	t.Helper()
	inBubble(t, media.Audio, func(r *rig) {
		k := newKeys(t, suite)
		r.apply(k.terms)
		f(r, k)
	})
}

func (r *rig) sealed(from *wiretest.Socket, k *terminalKeys, ssrc uint32, seq uint16, n int) {
	for i := range n {
		from.Send(r.ours(), k.seal(r.t, packet.Header{Seq: seq + uint16(i), SSRC: ssrc}, []byte{byte(i), 2}))
		synctest.Wait()
	}
}

var suites = []media.Suite{media.AESCM80, media.AESCM32, media.AEADGCM128, media.AEADGCM256}

func TestKeyedBothWays(t *testing.T) {
	for _, suite := range suites {
		withKeys(t, suite, func(r *rig, k *terminalKeys) {
			r.sealed(r.far, k, 7, 65534, 5)
			if got := r.sink.take(); len(got) != 5 || !bytes.Equal(got[4].Payload, []byte{4, 2}) {
				t.Fatalf("%v: received %v", suite, got)
			}
			r.stream.Send(packet.Header{Seq: 1, PT: 0}, []byte("hello"))
			r.stream.Flush()
			sent := r.far.Take()
			plain, err := k.in.OpenNew(nil, sent[0])
			if err != nil || !bytes.HasSuffix(plain, []byte("hello")) || bytes.Contains(sent[0], []byte("hello")) {
				t.Fatalf("%v: sent %x, %v", suite, sent[0], err)
			}
			if st := r.stream.Stats(); st.Security != suite.String() {
				t.Fatalf("security %q", st.Security)
			}
		})
	}
}

// TestBatchIsOpenedTogether mixes what is wrong into a batch of the present
// source: each is told apart, and the rest stays in order.
func TestBatchIsOpenedTogether(t *testing.T) {
	for _, suite := range suites {
		withKeys(t, suite, func(r *rig, k *terminalKeys) {
			r.sealed(r.far, k, 7, 100, 3)
			r.sink.take()
			before := r.stream.Stats().Drops
			var d [10][]byte
			for i := range d {
				d[i] = k.seal(t, packet.Header{Seq: 200 + uint16(i), SSRC: 7, Marker: i == 0}, []byte{byte(i)})
			}
			foreign := k.seal(t, packet.Header{Seq: 1, SSRC: 8}, []byte{99})
			d[2][len(d[2])-1] ^= 1
			d[4] = d[3]
			d[5] = d[5][:packet.HeaderSize+2]
			b := wire.Borrow()
			for i, d := range d {
				b.Append(d, r.far.LocalAddr())
				if i == 6 {
					b.Append(foreign, r.far.LocalAddr()) // opened alone, behind what came before it
				}
			}
			r.stream.rtp.Receive(b, r.stream.now())
			b.Release()
			var got []byte
			for _, p := range r.sink.take() {
				got = append(got, p.Payload...)
			}
			if !bytes.Equal(got, []byte{0, 1, 3, 6, 7, 8, 9}) {
				t.Errorf("%v: %v came out", suite, got)
			}
			drops := r.stream.Stats().Drops
			for name, want := range map[string]uint64{"auth": 1, "replay": 1, "header": 1, "ssrc": 1} {
				if n := drops[name] - before[name]; n != want {
					t.Errorf("%v: %d dropped as %s, not %d", suite, n, name, want)
				}
			}
			if st := r.stream.Stats(); st.Recv.Packets != 10 {
				t.Errorf("%v: %d packets counted", suite, st.Recv.Packets)
			}
		})
	}
}

// TestPaddingUnderTheKey holds that the length of padding, the last byte, is
// not looked for in what is still encrypted.
func TestPaddingUnderTheKey(t *testing.T) {
	withKeys(t, media.AEADGCM128, func(r *rig, k *terminalKeys) {
		const n = 300
		for i := range n {
			b := datagram(packet.Header{Seq: uint16(i), SSRC: 7}, []byte{byte(i), 0, 0, 3})
			b[0] |= 0x20
			sealed, err := k.out.Seal(nil, b)
			if err != nil {
				t.Fatal(err)
			}
			r.far.Send(r.ours(), sealed)
		}
		synctest.Wait()
		got := r.sink.take()
		if len(got) != n || !bytes.Equal(got[n-1].Payload, []byte{(n - 1) % 256}) {
			t.Fatalf("%d of %d came, %v", len(got), n, r.stream.Stats().Drops)
		}
	})
}

func TestKeyedRTCP(t *testing.T) {
	withKeys(t, media.AEADGCM128, func(r *rig, k *terminalKeys) {
		w := &wishes{}
		r.stream.SetFeedback(w)
		pli := marshal(&rtcp.PictureLossIndication{SenderSSRC: 9})
		r.control(pli) // in clear
		if w.keyframes != 0 {
			t.Fatal("RTCP in clear was believed on a keyed stream")
		}
		sealed, err := k.out.SealRTCP(nil, pli)
		if err != nil {
			t.Fatal(err)
		}
		r.control(sealed, sealed)
		if w.keyframes != 1 || r.drops("replay") != 1 {
			t.Fatalf("%d wishes, drops %v", w.keyframes, r.stream.Stats().Drops)
		}
		time.Sleep(8 * time.Second)
		synctest.Wait()
		ours := r.farCtl.Take()
		if len(ours) == 0 {
			t.Fatal("no reports")
		}
		plain, err := k.in.OpenNewRTCP(nil, ours[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rtcp.Unmarshal(plain); err != nil {
			t.Fatal(err)
		}
	})
}

func TestKeyedRefusesWhatIsNotTheFarEnds(t *testing.T) {
	withKeys(t, media.AESCM80, func(r *rig, k *terminalKeys) {
		first := k.seal(t, packet.Header{Seq: 1, SSRC: 7}, []byte{1, 1})
		r.far.Send(r.ours(), bytes.Clone(first))
		synctest.Wait()
		spoof := r.socket(netip.AddrPortFrom(other, 6000))
		wrong := newKeys(t, media.AESCM80)
		for i := range 100 {
			spoof.Send(r.ours(), bytes.Clone(first))                                                      // replayed
			spoof.Send(r.ours(), wrong.seal(t, packet.Header{Seq: uint16(2 + i), SSRC: 7}, []byte{1}))    // wrong key
			spoof.Send(r.ours(), datagram(packet.Header{Seq: uint16(2 + i), SSRC: 7}, make([]byte, 40)))  // in clear
			spoof.Send(r.ours(), datagram(packet.Header{Seq: 5, SSRC: uint32(i) + 100}, make([]byte, 4))) // another SSRC
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		if r.stream.Remote() != r.far.LocalAddr() || len(r.sink.take()) != 1 {
			t.Fatalf("stream moved or heard: %v", r.stream.Stats().Drops)
		}
		r.sealed(r.far, k, 7, 2, 3)
		if len(r.sink.take()) != 3 {
			t.Fatal("the far end is not heard any more")
		}
		d := r.stream.Stats().Drops
		if d["probation"] < 300 || d["replay"]+d["auth"] > 100 {
			t.Fatalf("strangers cost too many decryptions: %v", d)
		}
	})
}

func TestKeyedLatchFollowsTheKey(t *testing.T) {
	withKeys(t, media.AEADGCM256, func(r *rig, k *terminalKeys) {
		r.sealed(r.far, k, 7, 1, 3)
		moved := r.socket(netip.AddrPortFrom(other, 6000))
		late := k.seal(t, packet.Header{Seq: 4, SSRC: 7}, []byte{1})
		r.sealed(moved, k, 7, 5, 1)
		if r.stream.Remote() != moved.LocalAddr() {
			t.Fatal("the far end moved and was not followed")
		}
		r.far.Send(r.ours(), late)
		synctest.Wait()
		if r.stream.Remote() != moved.LocalAddr() {
			t.Fatal("an overtaken packet moved the stream back")
		}
		if n := len(r.sink.take()); n != 5 {
			t.Fatalf("%d packets", n)
		}
	})
}

func TestKeyedChangesOfSSRCWithoutEnd(t *testing.T) {
	withKeys(t, media.AEADGCM128, func(r *rig, k *terminalKeys) {
		// The far end's context is bounded too: one for each source here.
		for i := range uint32(3 * secure.MaxSSRCs) {
			far, err := secure.NewOutbound(k.suite, k.local)
			if err != nil {
				t.Fatal(err)
			}
			k.out = far
			r.sealed(r.far, k, 100+i, 1, 5)
			time.Sleep(100 * time.Millisecond)
			r.sealed(r.far, k, 100+i, 6, 5)
			if got := r.sink.take(); len(got) < 5 || got[len(got)-1].SSRC != 100+i {
				t.Fatalf("source %d: %d packets, %v", i, len(got), r.stream.Stats().Drops)
			}
		}
	})
}

func TestNegotiatingAgainKeepsContexts(t *testing.T) {
	withKeys(t, media.AESCM80, func(r *rig, k *terminalKeys) {
		old := k.seal(t, packet.Header{Seq: 65535, SSRC: 7}, []byte{1})
		r.far.Send(r.ours(), bytes.Clone(old))
		r.sealed(r.far, k, 7, 0, 2) // rolled over
		r.apply(k.terms, func(st *media.Stream) { st.SendBitrate = 64000 })
		r.sealed(r.far, k, 7, 2, 1)
		r.far.Send(r.ours(), old)
		synctest.Wait()
		if n := len(r.sink.take()); n != 4 || r.drops("replay") != 1 {
			t.Fatalf("%d packets, drops %v", n, r.stream.Stats().Drops)
		}
		next := newKeys(t, media.AEADGCM128)
		r.apply(next.terms)
		r.sealed(r.far, k, 7, 3, 1)
		r.sealed(r.far, next, 7, 9, 2)
		if n := len(r.sink.take()); n != 2 {
			t.Fatalf("%d packets after new keys", n)
		}
	})
}

func TestRefusedForAWhileKeepsContexts(t *testing.T) {
	withKeys(t, media.AEADGCM128, func(r *rig, k *terminalKeys) {
		send := func() []byte {
			r.stream.Send(packet.Header{PT: 0, Seq: 1}, []byte("hello"))
			r.stream.Flush()
			if sent := r.far.Take(); len(sent) == 1 {
				return sent[0]
			}
			return nil
		}
		out := r.stream.tx.out
		if send() == nil {
			t.Fatal("nothing sent")
		}
		if err := r.stream.Apply(media.Stream{Kind: media.Audio}); err != nil {
			t.Fatal(err)
		}
		if send() != nil {
			t.Fatal("a refused stream sends")
		}
		r.apply(k.terms)
		if r.stream.tx.out != out {
			t.Fatal("the context was made anew under the same key")
		}
		r.apply() // plain from here on
		if r.stream.tx.out != nil || r.stream.rx.in != nil {
			t.Fatal("still keyed")
		}
		if d := send(); d == nil || !bytes.HasSuffix(d, []byte("hello")) {
			t.Fatalf("sent %x in plain", d)
		}
	})
}

func TestFromDTLSToSDESAndBack(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		k := newKeys(t, media.AESCM80)
		r.apply(dtlsTerms(true, true))
		wait(time.Second)
		r.apply(k.terms)
		r.sealed(r.far, k, 7, 1, 2)
		if len(r.sink.take()) != 2 {
			t.Fatal("SDES after DTLS does not work")
		}
		r.far.Take()
		r.apply(dtlsTerms(true, true))
		wait(time.Second)
		shakes := 0
		for _, d := range r.far.Take() {
			if packet.Classify(d) != packet.DTLS {
				t.Fatal("something else than a handshake was sent")
			}
			shakes++
		}
		if shakes == 0 {
			t.Fatal("no handshake after SDES")
		}
	})
}

func TestNothingInClearWhileKeysAreAwaited(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply(func(st *media.Stream) {
			st.Security = media.Security{Keying: media.DTLS, DTLSClient: false, FingerprintHash: "sha-256", Fingerprint: "00"}
		})
		r.audio(r.far, 7, 1, 3)
		r.stream.Send(packet.Header{Seq: 1}, []byte{1})
		r.stream.Flush()
		r.stream.RequestKeyframe(0)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		for _, s := range []*wiretest.Socket{r.far, r.farCtl} {
			for _, d := range s.Take() {
				if packet.Classify(d) != packet.DTLS {
					t.Fatalf("sent %x", d)
				}
			}
		}
		if r.drops("unkeyed") != 3 || len(r.sink.take()) != 0 {
			t.Fatalf("drops %v", r.stream.Stats().Drops)
		}
	})
}

func TestKeyOfWrongLengthIsAnError(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		st := plainTerms(media.Audio)
		st.Security = media.Security{Keying: media.SDES, Suite: media.AESCM80, LocalKey: make(media.Key, 3), RemoteKey: make(media.Key, 30)}
		if err := r.stream.Apply(st); err == nil {
			t.Fatal("a key of three bytes was taken")
		}
	})
}

// farDTLS is the far end of a DTLS-SRTP stream.
type farDTLS struct {
	sock    *wiretest.Socket
	pipe    *secure.Pipe
	session chan *secure.Session
	media   chan []byte
}

func (f *farDTLS) Receive(b *wire.Batch, _ int64) {
	for i := range b.Len() {
		d, _, _ := b.Datagram(i)
		if packet.Classify(d) == packet.DTLS {
			f.pipe.Deliver(d)
		} else {
			f.media <- bytes.Clone(d)
		}
	}
}

func (f *farDTLS) Due(int64) {}

// shake runs the far end's side over its socket.
func (r *rig) shake(sock *wiretest.Socket, to netip.AddrPort, client bool, plane *Plane) *farDTLS {
	f := &farDTLS{sock: sock, session: make(chan *secure.Session, 1), media: make(chan []byte, 64)}
	f.pipe = secure.NewPipe(net.UDPAddrFromAddrPort(sock.LocalAddr()), net.UDPAddrFromAddrPort(to), func(b []byte) error {
		sock.Send(to, b)
		return nil
	})
	hash, value := plane.Fingerprint()
	sock.Serve(f)
	go func() {
		s, err := secure.Handshake(context.Background(), f.pipe, secure.HandshakeConfig{
			Client: client, Certificate: farPlane.certificate, Hash: hash, Fingerprint: value,
		})
		if err != nil {
			close(f.session)
			return
		}
		f.session <- s
	}()
	return f
}

func (f *farDTLS) close(s *secure.Session) {
	if s != nil {
		s.Close()
	}
	f.sock.Close()
	f.pipe.Close()
}

// farPlane lends the far end a certificate.
var farPlane = func() *Plane {
	p, err := NewPlane(PlaneConfig{PortMin: 2, PortMax: 3})
	if err != nil {
		panic(err)
	}
	p.Close()
	return p
}()

func dtlsTerms(client, mux bool) func(*media.Stream) {
	return func(st *media.Stream) {
		hash, value := farPlane.Fingerprint()
		st.Mux = mux
		st.Security = media.Security{Keying: media.DTLS, DTLSClient: client, FingerprintHash: hash, Fingerprint: value}
	}
}

func TestDTLSKeysTheStream(t *testing.T) {
	for _, client := range []bool{true, false} {
		t.Run(fmt.Sprintf("client=%v", client), func(t *testing.T) {
			inBubble(t, media.Audio, func(r *rig) {
				r.apply(dtlsTerms(client, true))
				far := r.shake(r.far, r.ours(), !client, r.plane)
				session := <-far.session
				if session == nil {
					t.Fatal("no handshake")
				}
				synctest.Wait()
				k := &terminalKeys{}
				k.out, _ = secure.NewOutbound(session.Suite, session.Local)
				k.in, _ = secure.NewInbound(session.Suite, session.Remote)
				r.sealed(r.far, k, 7, 1, 3)
				if n := len(r.sink.take()); n != 3 {
					t.Fatalf("%d packets, %v", n, r.stream.Stats().Drops)
				}
				// Negotiating again does not shake hands again.
				r.apply(dtlsTerms(client, true), func(st *media.Stream) { st.SendBitrate = 1 })
				r.stream.Send(packet.Header{Seq: 1}, []byte("x"))
				r.stream.Flush()
				if _, err := k.in.OpenNew(nil, <-far.media); err != nil {
					t.Fatal(err)
				}
				if st := r.stream.Stats(); st.Security != media.AEADGCM128.String() {
					t.Fatalf("security %q", st.Security)
				}
				far.close(session)
			})
		})
	}
}

// A stranger's datagram that comes first does not keep the far end from shaking hands.
func TestDTLSOfStrangersFirst(t *testing.T) {
	for _, client := range []bool{true, false} {
		t.Run(fmt.Sprintf("client=%v", client), func(t *testing.T) {
			inBubble(t, media.Audio, func(r *rig) {
				r.apply(dtlsTerms(client, true))
				stray := r.socket(netip.AddrPortFrom(other, 5000))
				defer stray.Close()
				record := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0)
				stray.Send(r.ours(), record)
				synctest.Wait()
				r.far.Take() // what we said before is lost
				far := r.shake(r.far, r.ours(), !client, r.plane)
				session := <-far.session
				if session == nil {
					t.Fatalf("no handshake: %v", r.stream.Stats().Drops)
				}
				stray.Send(r.ours(), record)
				synctest.Wait()
				if n := r.stream.Stats().Drops["source"]; n != 1 {
					t.Errorf("%d datagrams of the stranger are dropped", n)
				}
				far.close(session)
			})
		})
	}
}

func TestDTLSOfRTCPIsItsOwn(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply(dtlsTerms(false, false))
		rtp, ctl := r.shake(r.far, r.ours(), true, r.plane), r.shake(r.farCtl, r.oursRTCP(), true, r.plane)
		a, b := <-rtp.session, <-ctl.session
		if a == nil || b == nil {
			t.Fatal("no handshake")
		}
		in, _ := secure.NewInbound(b.Suite, b.Remote)
		if _, err := in.OpenNewRTCP(nil, <-ctl.media); err != nil {
			t.Fatal(err)
		}
		rtp.close(a)
		ctl.close(b)
	})
}

func TestDTLSRefusesAnotherCertificate(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		hash, value := r.plane.Fingerprint() // not the far end's
		r.apply(func(st *media.Stream) {
			st.Mux = true
			st.Security = media.Security{Keying: media.DTLS, FingerprintHash: hash, Fingerprint: value}
		})
		far := r.shake(r.far, r.ours(), true, r.plane)
		session := <-far.session
		time.Sleep(time.Second)
		if st := r.stream.Stats(); st.Security != "" {
			t.Fatalf("keyed with %q", st.Security)
		}
		far.close(session)
	})
}

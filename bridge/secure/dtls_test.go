package secure

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is two Pipes, each delivering to the other; drop may lose datagrams,
// counted from 0 in each direction.
func wire(drop func(fromClient bool, n int) bool) (client, server *Pipe) {
	addr := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}
	var up, down atomic.Int64
	client = NewPipe(addr, addr, func(b []byte) error {
		if n := int(up.Add(1)) - 1; !drop(true, n) {
			server.Deliver(b)
		}
		return nil
	})
	server = NewPipe(addr, addr, func(b []byte) error {
		if n := int(down.Add(1)) - 1; !drop(false, n) {
			client.Deliver(b)
		}
		return nil
	})
	return client, server
}

func lossless(bool, int) bool { return false }

type result struct {
	s   *Session
	err error
}

// shakeHands runs both ends.
func shakeHands(ctx context.Context, client, server *Pipe, c, s HandshakeConfig) (a, b result) {
	c.Client = true
	done := make(chan result)
	go func() {
		session, err := Handshake(ctx, server, s)
		done <- result{session, err}
	}()
	session, err := Handshake(ctx, client, c)
	return result{session, err}, <-done
}

// ends makes the configuration of two ends that know each other.
func ends(t testing.TB, hash string) (client, server HandshakeConfig) {
	t.Helper()
	for _, p := range []struct{ own, other *HandshakeConfig }{{&client, &server}, {&server, &client}} {
		cert, err := NewCertificate(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		p.own.Certificate = cert
		p.other.Hash = hash
		if p.other.Fingerprint, err = Fingerprint(cert.Certificate[0], hash); err != nil {
			t.Fatal(err)
		}
	}
	return client, server
}

// agree checks that what one end seals the other opens.
func agree(t *testing.T, a, b result, want media.Suite) {
	t.Helper()
	if a.err != nil || b.err != nil {
		t.Fatal(a.err, b.err)
	}
	if a.s.Suite != want || b.s.Suite != want {
		t.Errorf("suites %v and %v, want %v", a.s.Suite, b.s.Suite, want)
	}
	if !bytes.Equal(a.s.Local, b.s.Remote) || !bytes.Equal(a.s.Remote, b.s.Local) || bytes.Equal(a.s.Local, a.s.Remote) {
		t.Fatal("the keys do not match")
	}
	if len(a.s.Local) != want.KeyLen()+want.SaltLen() {
		t.Errorf("key of %d bytes", len(a.s.Local))
	}
	out, _ := pair(t, want, a.s.Local)
	_, in := pair(t, want, b.s.Remote)
	if _, err := in.OpenNew(nil, mustSeal(t, out, rtpPacket(1, 1, "x"))); err != nil {
		t.Error(err)
	}
}

func closeBoth(t *testing.T, a, b result) {
	t.Helper()
	for _, r := range []result{a, b} {
		if err := r.s.Close(); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(r.s.Local, make([]byte, len(r.s.Local))) {
			t.Error("the key is not wiped")
		}
	}
}

func TestHandshake(t *testing.T) {
	for _, hash := range []string{"sha-1", "sha-224", "sha-256", "SHA-256", "sha-384", "sha-512"} {
		t.Run(hash, func(t *testing.T) {
			c, s := ends(t, hash)
			c.Fingerprint = " " + strings.ToLower(c.Fingerprint) + " " // as some write it
			client, server := wire(lossless)
			a, b := shakeHands(context.Background(), client, server, c, s)
			agree(t, a, b, media.AEADGCM128)
			closeBoth(t, a, b)
		})
	}
}

func TestHandshakeSuites(t *testing.T) {
	for name, c := range map[string]struct {
		client, server []media.Suite
		want           media.Suite
	}{
		"256 bit":            {[]media.Suite{media.AEADGCM256}, nil, media.AEADGCM256},
		"AES-CM":             {[]media.Suite{media.AESCM80}, nil, media.AESCM80},
		"AES-CM, short tag":  {nil, []media.Suite{media.AESCM32}, media.AESCM32},
		"the client prefers": {[]media.Suite{media.AESCM80, media.AEADGCM128}, []media.Suite{media.AEADGCM128, media.AESCM80}, media.AESCM80},
		"one in common":      {[]media.Suite{media.AEADGCM256, media.AESCM80}, []media.Suite{media.AEADGCM128, media.AESCM80}, media.AESCM80},
	} {
		t.Run(name, func(t *testing.T) {
			cc, sc := ends(t, "sha-256")
			cc.Suites, sc.Suites = c.client, c.server
			client, server := wire(lossless)
			a, b := shakeHands(context.Background(), client, server, cc, sc)
			agree(t, a, b, c.want)
			closeBoth(t, a, b)
		})
	}
}

func TestHandshakeNoCommonSuite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := ends(t, "sha-256")
		c.Suites, s.Suites = []media.Suite{media.AEADGCM128}, []media.Suite{media.AESCM80}
		client, server := wire(lossless)
		a, b := shakeHands(context.Background(), client, server, c, s)
		if a.err == nil || b.err == nil {
			t.Error(a.err, b.err)
		}
	})
}

// TestHandshakeImpostor: whoever does not hold the announced certificate gets
// no keys, whichever role it plays.
func TestHandshakeImpostor(t *testing.T) {
	for name, change := range map[string]func(c, s *HandshakeConfig){
		"server": func(c, _ *HandshakeConfig) { c.Fingerprint = strings.Repeat("00:", 31) + "00" },
		"client": func(_, s *HandshakeConfig) { s.Fingerprint = strings.Repeat("00:", 31) + "00" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := ends(t, "sha-256")
				change(&c, &s)
				client, server := wire(lossless)
				a, b := shakeHands(context.Background(), client, server, c, s)
				deceived := a
				if name == "client" {
					deceived = b
				}
				wantErr(t, "the deceived end", deceived.err, ErrFingerprint)
				for _, r := range []result{a, b} {
					if r.s != nil {
						r.s.Close()
					}
				}
			})
		})
	}
}

func TestHandshakeUnknownHash(t *testing.T) {
	for _, hash := range []string{"", "md5", "sha-3"} {
		c, _ := ends(t, "sha-256")
		c.Hash = hash
		client, _ := wire(func(bool, int) bool { t.Error("something was sent"); return true })
		_, err := Handshake(context.Background(), client, c)
		wantErr(t, hash, err, ErrHash)
		if _, err := client.Read(nil); err != io.EOF {
			t.Error("the connection is not closed:", err)
		}
	}
}

// TestHandshakeLoss loses each of the first datagrams in turn, either way, and
// two in a row. The time is virtual.
func TestHandshakeLoss(t *testing.T) {
	for n := range 7 {
		for _, fromClient := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				c, s := ends(t, "sha-256")
				client, server := wire(func(from bool, i int) bool {
					return from == fromClient && (i == n || i == n+1)
				})
				begin := time.Now()
				a, b := shakeHands(context.Background(), client, server, c, s)
				agree(t, a, b, media.AEADGCM128)
				if d := time.Since(begin); d > 3*time.Second {
					t.Errorf("took %v", d)
				}
				closeBoth(t, a, b)
			})
		}
	}
}

// TestHandshakeTimeout: nobody answers.
func TestHandshakeTimeout(t *testing.T) {
	for _, isClient := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := ends(t, "sha-256")
			c.Client = isClient
			client, _ := wire(func(bool, int) bool { return true })
			begin := time.Now()
			_, err := Handshake(context.Background(), client, c)
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != defaultTimeout {
				t.Errorf("%v after %v", err, time.Since(begin))
			}
		})
	}
}

func TestHandshakeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := ends(t, "sha-256")
		c.Client = true
		client, _ := wire(func(bool, int) bool { return true })
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := Handshake(ctx, client, c); err == nil {
			t.Error("no error")
		}
	})
}

// TestHandshakeGarbage: what anybody can send to the port must not end the
// handshake.
func TestHandshakeGarbage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := ends(t, "sha-256")
		client, server := wire(lossless)
		for _, b := range [][]byte{{}, {22}, bytes.Repeat([]byte{22}, 13), append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, "truncated"[:5]...), bytes.Repeat([]byte{63}, 100)} {
			client.Deliver(b)
			server.Deliver(b)
		}
		a, b := shakeHands(context.Background(), client, server, c, s)
		agree(t, a, b, media.AEADGCM128)
		closeBoth(t, a, b)
	})
}

// TestSessionEnds: when one end closes, the other learns of it.
func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := ends(t, "sha-256")
		client, server := wire(lossless)
		a, b := shakeHands(context.Background(), client, server, c, s)
		agree(t, a, b, media.AEADGCM128)
		select {
		case <-b.s.Done():
			t.Fatal("over before its end")
		default:
		}
		a.s.Close()
		<-b.s.Done()
		b.s.Close()
	})
}

func TestCertificate(t *testing.T) {
	now := time.Now()
	cert, err := NewCertificate(now)
	if err != nil {
		t.Fatal(err)
	}
	x, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	key, ok := x.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() || !key.Equal(cert.PrivateKey.(*ecdsa.PrivateKey).Public()) {
		t.Error("not its own P-256 key")
	}
	if x.NotBefore.After(now) || x.NotAfter.Before(now.AddDate(5, 0, 0)) {
		t.Errorf("valid from %v to %v", x.NotBefore, x.NotAfter)
	}
	other, err := NewCertificate(now)
	if err != nil || bytes.Equal(other.Certificate[0], cert.Certificate[0]) {
		t.Error("two certificates are the same")
	}
	sum := sha256.Sum256(cert.Certificate[0])
	fp, err := Fingerprint(cert.Certificate[0], "sha-256")
	if err != nil || !bytes.Equal(unhex(strings.ReplaceAll(fp, ":", " ")), sum[:]) || fp != strings.ToUpper(fp) {
		t.Errorf("%s, %v", fp, err)
	}
}

func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent [][]byte
		addr := &net.UDPAddr{Port: 1}
		p := NewPipe(addr, &net.UDPAddr{Port: 2}, func(b []byte) error {
			if len(b) == 3 {
				return io.ErrShortWrite
			}
			sent = append(sent, slices.Clone(b))
			return nil
		})
		if p.LocalAddr() != addr || p.RemoteAddr().(*net.UDPAddr).Port != 2 {
			t.Error("addresses")
		}
		if n, err := p.Write([]byte("hi")); n != 2 || err != nil || len(sent) != 1 {
			t.Errorf("wrote %d, %v", n, err)
		}
		if _, err := p.Write([]byte("bad")); err != io.ErrShortWrite {
			t.Error(err)
		}
		buf := make([]byte, 10)
		b := []byte("datagram")
		p.Deliver(b)
		clear(b)
		if n, err := p.Read(buf); err != nil || string(buf[:n]) != "datagram" {
			t.Errorf("read %q, %v", buf[:n], err)
		}
		for i := range pipeDepth + 3 {
			if p.Deliver([]byte{byte(i)}) != (i < pipeDepth) {
				t.Errorf("delivery %d", i)
			}
		}
		for range pipeDepth {
			p.Read(buf)
		}
		p.SetDeadline(time.Now().Add(time.Second))
		if _, err := p.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		p.SetReadDeadline(time.Time{})
		p.SetWriteDeadline(time.Now())
		// A deadline that is set while a read waits ends it.
		go func() {
			synctest.Wait()
			p.SetReadDeadline(time.Unix(0, 1))
		}()
		if _, err := p.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		p.SetReadDeadline(time.Time{})
		go func() {
			synctest.Wait()
			p.Close()
		}()
		if _, err := p.Read(buf); err != io.EOF {
			t.Error(err)
		}
		p.Close()
		if _, err := p.Write(nil); err != io.ErrClosedPipe {
			t.Error(err)
		}
	})
}

// TestHandshakeLooksLikeDTLS: a flow sorts the datagrams by their first byte.
func TestHandshakeLooksLikeDTLS(t *testing.T) {
	c, s := ends(t, "sha-256")
	var client, server *Pipe
	addr := &net.UDPAddr{}
	sorted := func(to **Pipe) func([]byte) error {
		return func(b []byte) error {
			if packet.Classify(b) != packet.DTLS {
				t.Errorf("sent %x", b[:min(len(b), 16)])
			}
			(*to).Deliver(b)
			return nil
		}
	}
	client, server = NewPipe(addr, addr, sorted(&server)), NewPipe(addr, addr, sorted(&client))
	a, b := shakeHands(context.Background(), client, server, c, s)
	agree(t, a, b, media.AEADGCM128)
	closeBoth(t, a, b)
}

func BenchmarkHandshake(b *testing.B) {
	c, s := ends(b, "sha-256")
	for b.Loop() {
		client, server := wire(lossless)
		x, y := shakeHands(context.Background(), client, server, c, s)
		if x.err != nil || y.err != nil {
			b.Fatal(x.err, y.err)
		}
		x.s.Close()
		y.s.Close()
	}
}

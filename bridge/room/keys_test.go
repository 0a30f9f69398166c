package room

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/logging"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/secure"
)

// overhearing is the server's end of a datagram pipe whose writes the keyring sees.
type overhearing struct {
	*secure.Pipe
	keys  *keyring
	lose  int // the first so many datagrams are lost
	wrote int
}

func (o *overhearing) Write(b []byte) (int, error) {
	o.keys.sent(b)
	if o.wrote++; o.wrote <= o.lose {
		return len(b), nil
	}
	return o.Pipe.Write(b)
}

type noLog struct{}

func (noLog) NewLogger(string) logging.LeveledLogger { return leveled{testLog()} }

// shake runs a handshake between a browser and a server like the room's.
func shake(t *testing.T, keys *keyring, client dtls.Config, server []dtls.SRTPProtectionProfile, lose int) *dtls.Conn {
	t.Helper()
	cert, err := secure.NewCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	addr := &net.UDPAddr{}
	var near, far *secure.Pipe
	near = secure.NewPipe(addr, addr, func(b []byte) error { far.Deliver(b); return nil })
	far = secure.NewPipe(addr, addr, func(b []byte) error { near.Deliver(b); return nil })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	type result struct {
		c   *dtls.Conn
		err error
	}
	served := make(chan result, 1)
	go func() {
		c, err := dtls.ServerWithContext(ctx, &overhearing{Pipe: near, keys: keys, lose: lose}, &dtls.Config{
			Certificates: []tls.Certificate{cert}, ClientAuth: dtls.RequireAnyClientCert, InsecureSkipVerify: true,
			SRTPProtectionProfiles: server, InsecureSkipVerifyHello: true, KeyLogWriter: keys,
			FlightInterval: 20 * time.Millisecond, LoggerFactory: noLog{},
		})
		served <- result{c, err}
	}()
	client.Certificates, client.InsecureSkipVerify = []tls.Certificate{cert}, true
	client.FlightInterval, client.LoggerFactory = 20*time.Millisecond, noLog{}
	c, err := dtls.ClientWithContext(ctx, far, &client)
	s := <-served
	if err != nil || s.err != nil {
		t.Fatal(err, s.err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		_ = s.c.Close()
	})
	return c
}

// The keys are those that the other end has, whatever was negotiated.
func TestKeysAreTheBrowsers(t *testing.T) {
	gcm128, gcm256, cm := dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80
	all := []dtls.SRTPProtectionProfile{gcm128, gcm256, cm}
	for _, c := range []struct {
		name   string
		client dtls.Config
		server []dtls.SRTPProtectionProfile
		lose   int
		suite  media.Suite
	}{
		{"GCM 128", dtls.Config{SRTPProtectionProfiles: []dtls.SRTPProtectionProfile{cm, gcm256, gcm128}}, all[:1], 0, media.AEADGCM128},
		{"GCM 256", dtls.Config{SRTPProtectionProfiles: []dtls.SRTPProtectionProfile{gcm256, gcm128}}, all, 0, media.AEADGCM256},
		{"AES-CM", dtls.Config{SRTPProtectionProfiles: []dtls.SRTPProtectionProfile{cm}}, all, 0, media.AESCM80},
		{"no extended master secret", dtls.Config{SRTPProtectionProfiles: all, ExtendedMasterSecret: dtls.DisableExtendedMasterSecret}, all, 0, media.AEADGCM128},
		{"SHA-384", dtls.Config{SRTPProtectionProfiles: all, CipherSuites: []dtls.CipherSuiteID{dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}}, all, 0, media.AEADGCM128},
		{"lost flights", dtls.Config{SRTPProtectionProfiles: all}, all, 3, media.AEADGCM128},
		{"a browser of small datagrams", dtls.Config{SRTPProtectionProfiles: all, MTU: 120}, all, 0, media.AEADGCM128},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys := &keyring{}
			browser := shake(t, keys, c.client, c.server, c.lose)
			suite, local, remote, err := keys.take()
			if err != nil || suite != c.suite {
				t.Fatal(suite, err)
			}
			k, n := suite.KeyLen(), suite.SaltLen()
			state := browser.ConnectionState()
			m, err := state.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", nil, 2*(k+n))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(remote[:k], m[:k]) || !bytes.Equal(local[:k], m[k:2*k]) || !bytes.Equal(remote[k:], m[2*k:2*k+n]) || !bytes.Equal(local[k:], m[2*k+n:]) {
				t.Error("other keys")
			}
			if _, _, _, err := keys.take(); err == nil {
				t.Error("keys were given twice")
			}
			if keys.master != [48]byte{} {
				t.Error("the secret is still there")
			}
		})
	}
}

func TestNoKeysWithout(t *testing.T) {
	line := []byte("CLIENT_RANDOM " + strings.Repeat("01", 32) + " " + strings.Repeat("02", 48) + "\n")
	hello := helloDatagram(1, 1)
	for name, k := range map[string]func(k *keyring){
		"anything":       func(*keyring) {},
		"a hello":        func(k *keyring) { _, _ = k.Write(line) },
		"a secret":       func(k *keyring) { k.sent(hello) },
		"a whole secret": func(k *keyring) { k.sent(hello); _, _ = k.Write(line[:100]) },
		"hexadecimal":    func(k *keyring) { k.sent(hello); _, _ = k.Write(bytes.ReplaceAll(line, []byte("02"), []byte("0x"))) },
		"a profile":      func(k *keyring) { k.sent(helloDatagram(0, 0)); _, _ = k.Write(line) },
		"a known one":    func(k *keyring) { k.sent(helloDatagram(1, 0x99)); _, _ = k.Write(line) },
	} {
		r := &keyring{}
		k(r)
		if _, _, _, err := r.take(); err == nil {
			t.Error("keys without", name)
		}
	}
	k := &keyring{}
	k.sent(hello)
	_, _ = k.Write(line)
	if s := fmt.Sprintf("%v %+v %#v", k, k, k); strings.Contains(s, "2") {
		t.Error(s)
	}
	if _, _, _, err := k.take(); err != nil {
		t.Error(err)
	}
}

// helloDatagram is a HelloVerifyRequest and a ServerHello in one datagram, with
// n SRTP profiles.
func helloDatagram(n int, profile uint16) []byte {
	body := append([]byte{254, 253}, bytes.Repeat([]byte{7}, 32)...)
	body = append(body, 2, 1, 2)     // session
	body = append(body, 0xc0, 43, 0) // cipher suite and compression
	ext := []byte{0xff, 1, 0, 1, 0}
	if n > 0 {
		ext = append(ext, 0, 14, 0, 5, 0, 2, byte(profile>>8), byte(profile), 0)
	}
	body = append(append(body, 0, byte(len(ext))), ext...)
	message := func(kind byte, b []byte) []byte {
		m := []byte{kind, 0, 0, byte(len(b)), 0, 0, 0, 0, 0, 0, 0, byte(len(b))}
		m = append(m, b...)
		return append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(m))}, m...)
	}
	return append(message(3, []byte{254, 253, 2, 9, 9}), message(dtlsServerHello, body)...)
}

func TestServerHello(t *testing.T) {
	d := helloDatagram(1, 7)
	h, ok := readServerHello(d)
	if !ok || h.profile != 7 || h.cipher != 0xc02b || h.random[31] != 7 {
		t.Fatalf("%+v %v", h, ok)
	}
	for n := range d {
		if _, ok := readServerHello(d[:n]); ok {
			t.Errorf("read from %d of %d bytes", n, len(d))
		}
	}
	encrypted := bytes.Clone(d)
	encrypted[30+4] = 1 // the epoch of the second record
	if _, ok := readServerHello(encrypted); ok {
		t.Error("read from an encrypted record")
	}
}

func TestFatalAlert(t *testing.T) {
	alert := func(kind, epoch, level byte) []byte {
		return []byte{kind, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 0, 0, 2, level, 71}
	}
	hello := helloDatagram(1, 7)
	for name, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"fatal": {alert(21, 0, 2), true}, "after others": {append(bytes.Clone(hello), alert(21, 0, 2)...), true},
		"a warning": {alert(21, 0, 1), false}, "encrypted": {alert(21, 1, 2), false}, "a handshake": {alert(22, 0, 2), false},
		"cut": {alert(21, 0, 2)[:14], false}, "nothing": {nil, false}, "a hello": {hello, false},
	} {
		if isFatal(c.b) != c.want {
			t.Error(name)
		}
	}
}

func FuzzServerHello(f *testing.F) {
	f.Add(helloDatagram(1, 7))
	f.Add(helloDatagram(0, 0))
	f.Add(dtlsRecord)
	f.Fuzz(func(t *testing.T, b []byte) {
		k := &keyring{}
		k.sent(b)
		isFatal(b)
		_, _ = k.Write(b)
		if _, _, _, err := k.take(); err == nil {
			t.Error("keys out of nothing")
		}
	})
}

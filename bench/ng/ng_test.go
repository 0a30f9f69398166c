package ng

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBencode(t *testing.T) {
	for _, c := range []struct {
		v    any
		wire string
	}{
		{"", "0:"},
		{"spam", "4:spam"},
		{-42, "i-42e"},
		{[]any{"a", 1}, "l1:ai1ee"},
		{map[string]any{}, "de"},
		{map[string]any{"sdp": "v=0\r\n", "ICE": "remove", "flags": []any{"x"}}, "d3:ICE6:remove5:flagsl1:xe3:sdp5:v=0\r\ne"},
	} {
		b, err := Encode(nil, c.v)
		if err != nil || string(b) != c.wire {
			t.Errorf("%v is %q, %v, want %q", c.v, b, err, c.wire)
		}
		back, err := Decode([]byte(c.wire))
		if err != nil || !cmp.Equal(back, c.v) {
			t.Errorf("%q is %v, %v, want %v", c.wire, back, err, c.v)
		}
		for i := range len(c.wire) {
			if v, err := Decode([]byte(c.wire[:i])); err == nil {
				t.Errorf("the beginning %q of %q is %v", c.wire[:i], c.wire, v)
			}
		}
	}
	if b, _ := Encode(nil, []string{"a", "b"}); string(b) != "l1:a1:be" {
		t.Errorf("a list of strings is %q", b)
	}
	if _, err := Encode(nil, map[string]any{"x": 1.5}); err == nil {
		t.Error("a float was bencoded")
	}
}

func TestBencodeRefused(t *testing.T) {
	for _, s := range []string{"x", "i1", "iae", "5:abc", "-1:", "di1e1:ae", "l", "d1:a", "1:ab", "9999999999999999999:", strings.Repeat("l", 100) + strings.Repeat("e", 100)} {
		if v, err := Decode([]byte(s)); err == nil {
			t.Errorf("%q is %v", s, v)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("d3:ICE6:remove5:flagsl1:xe3:sdp5:v=0\r\ni-3ee"))
	f.Add([]byte("d6:result2:ok3:sdp3:v=0e"))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Encode(nil, v)
		if err != nil {
			t.Fatalf("%q decodes to %v, which cannot be encoded", b, v)
		}
		if back, err := Decode(again); err != nil || !cmp.Equal(back, v) {
			t.Errorf("%q decodes to %v, then to %v", b, v, back)
		}
	})
}

// server answers each question with what f makes of it.
func server(t *testing.T, f func(cookie, body string) []string) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = c.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			cookie, body, _ := bytes.Cut(b[:n], []byte(" "))
			for _, a := range f(string(cookie), string(body)) {
				_, _ = c.WriteTo([]byte(a), from)
			}
		}
	}()
	return c.LocalAddr().String()
}

func TestClient(t *testing.T) {
	addr := server(t, func(cookie, body string) []string {
		if strings.Contains(body, "7:command4:ping") {
			return []string{"0_0 d6:result4:latee", cookie + " d6:result4:ponge"}
		}
		return []string{cookie + " d12:error-reason7:no call6:result5:errore"}
	})
	c, err := Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a, err := c.Ask("ping", map[string]any{})
	if err != nil || a["result"] != "pong" {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := c.Ask("delete", map[string]any{"call-id": "x"}); err == nil || !strings.Contains(err.Error(), "no call") {
		t.Errorf("an error of rtpengine is %v", err)
	}
}

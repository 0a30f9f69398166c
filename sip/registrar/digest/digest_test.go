package digest

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
)

var start = time.Unix(1_700_000_000, 0)

// The examples of RFC 7616 3.9.1, RFC 2617 3.5, and RFC 2069 2.4 as its errata have it.
func TestVectors(t *testing.T) {
	const of7616 = `Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=%s,
		nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth,
		response="%s", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
	for _, x := range []struct {
		algorithm             Algorithm
		realm, password, head string
	}{
		{MD5, "http-auth@example.org", "Circle of Life", fmt.Sprintf(of7616, "MD5", "8ca523f5e9506fed4657c9700eebdbec")},
		{SHA256, "http-auth@example.org", "Circle of Life", fmt.Sprintf(of7616, "SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")},
		{MD5, "testrealm@host.com", "Circle Of Life", `Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
			uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"`},
		{MD5, "testrealm@host.com", "CircleOfLife", `DIGEST username="Mufasa",realm="testrealm@host.com",nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
			uri="/dir/index.html",response="1949323746fe6a43ef61f9606e7febea"`},
	} {
		a, err := Parse(x.head)
		if err != nil {
			t.Fatal(err)
		}
		if a.Algorithm != x.algorithm || !a.Proves("GET", HA1(x.algorithm, "Mufasa", x.realm, x.password)) {
			t.Errorf("%s is not proved", x.head)
		}
		if a.Proves("PUT", HA1(x.algorithm, "Mufasa", x.realm, x.password)) || a.Proves("GET", HA1(x.algorithm, "Mufasa", x.realm, "circle")) {
			t.Errorf("%s proves anything", x.head)
		}
	}
}

const good = `Digest username="a", realm="r", nonce="n", uri="sip:h", response="00112233445566778899aabbccddeeff"`

func TestParse(t *testing.T) {
	for _, x := range []struct {
		name, head string
		ok         bool
	}{
		{"plain", good, true},
		{"algorithm in quotes and lower case", good + `, algorithm="md5"`, true},
		{"quality in quotes", good + `,qop="auth",nc=00000001,cnonce="x"`, true},
		{"what nobody knows", good + `, auts=1, x="\"y\""`, true},
		{"another scheme", "Basic " + good, false},
		{"nothing", "", false},
		{"scheme alone", "Digest", false},
		{"twice", good + `, realm="x"`, false},
		{"no value", good + `, realm2`, false},
		{"never closed", good + `, x="y`, false},
		{"session algorithm", good + `, algorithm=MD5-sess`, false},
		{"integrity", good + `, qop=auth-int, nc=00000001, cnonce="x"`, false},
		{"long count", good + `, qop=auth, nc=000000001, cnonce="x"`, false},
		{"signed count", good + `, qop=auth, nc=+0000001, cnonce="x"`, false},
		{"no cnonce", good + `, qop=auth, nc=00000001`, false},
		{"half a response", strings.Replace(good, "ddeeff", "", 1), false},
		{"response of the other length", good + ", algorithm=SHA-256", false},
		{"no user", strings.Replace(good, `"a"`, `""`, 1), false},
		{"too long", good + `, x="` + strings.Repeat("y", maxHeader) + `"`, false},
		{"a long value", good + `, x="` + strings.Repeat("y", maxValue+1) + `"`, false},
		{"too many", good + strings.Repeat(", ", 10) + many(maxParams), false},
	} {
		if _, err := Parse(x.head); (err == nil) != x.ok {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ", p%d=1", i)
	}
	return b.String()
}

// answer is what a terminal makes of a challenge.
func answer(t *testing.T, challenge, extra string, nc uint32) Answer {
	t.Helper()
	p, err := params(challenge)
	if err != nil {
		t.Fatal(err)
	}
	a := Answer{User: "room", Realm: p["realm"], Nonce: p["nonce"], URI: "sip:h", Algorithm: Algorithm(p["algorithm"]), Opaque: p["opaque"]}
	if p["qop"] == "auth" {
		a.QOP, a.Count, a.count, a.CNonce = true, nc, fmt.Sprintf("%08x", nc), "c"
	}
	if !strings.Contains(challenge, extra) {
		t.Errorf("%s without %s", challenge, extra)
	}
	return a
}

func TestChallenges(t *testing.T) {
	s := New(Config{})
	c := s.Challenges(start, `Phòng "A"\`, "10.0.0.1", false, false)
	if len(c) != 2 || !strings.Contains(c[0], "algorithm=SHA-256") || !strings.Contains(c[1], "algorithm=MD5") || strings.Contains(c[0], "stale") {
		t.Errorf("%q", c)
	}
	if p, err := params(c[0]); err != nil || p["realm"] != `Phòng "A"\` || p["qop"] != "auth" || p["opaque"] == "" {
		t.Errorf("%q %v", p, err)
	}
	if c = s.Challenges(start, "r", "x", false, true); len(c) != 1 || !strings.Contains(c[0], "algorithm=MD5") {
		t.Errorf("of old ones: %q", c)
	}
	if c = New(Config{Algorithms: []Algorithm{SHA256}}).Challenges(start, "r", "x", false, true); len(c) != 1 || !strings.Contains(c[0], "SHA-256") {
		t.Errorf("of old ones that are not wanted: %q", c)
	}
	s = New(Config{Algorithms: []Algorithm{MD5}, NoQOP: true})
	c = s.Challenges(start, "r", "10.0.0.1", true, false)
	if len(c) != 1 || strings.Contains(c[0], "qop") || !strings.HasSuffix(c[0], "stale=true") {
		t.Errorf("%q", c)
	}
	if s.Takes(&Answer{Algorithm: SHA256}) || !s.Takes(&Answer{Algorithm: MD5}) || New(Config{}).Takes(&Answer{Algorithm: MD5}) {
		t.Error("takes what was not asked for")
	}
}

func TestFresh(t *testing.T) {
	s := New(Config{Lifetime: time.Minute})
	challenge := s.Challenges(start, "r", "10.0.0.1", false, false)[0]
	at := func(d time.Duration, nc uint32) bool {
		a := answer(t, challenge, "SHA-256", nc)
		return s.Fresh(start.Add(d), "r", "10.0.0.1", &a)
	}
	for i, x := range []struct {
		after time.Duration
		nc    uint32
		want  bool
	}{
		{time.Second, 0, false}, {time.Second, 1, true}, {time.Second, 1, false}, {2 * time.Second, 3, true}, {2 * time.Second, 2, true},
		{2 * time.Second, 3, false}, {2 * time.Second, 100, true}, {2 * time.Second, 36, false}, {2 * time.Second, 37, true},
		{2 * time.Second, 1 << 31, true}, {2 * time.Second, 99, false}, {time.Minute, 1<<31 + 1, true}, {time.Minute + 1, 1<<31 + 2, false},
		{-time.Second, 1<<31 + 3, false},
	} {
		if got := at(x.after, x.nc); got != x.want {
			t.Errorf("%d: nc %d after %v is %v", i, x.nc, x.after, got)
		}
	}
	a := answer(t, s.Challenges(start, "r", "10.0.0.1", false, false)[0], "", 1)
	for _, x := range []struct{ realm, scope string }{{"other", "10.0.0.1"}, {"r", "10.0.0.2"}} {
		if s.Fresh(start.Add(1), x.realm, x.scope, &a) {
			t.Errorf("good for %v", x)
		}
	}
	if New(Config{}).Fresh(start.Add(1), "r", "10.0.0.1", &a) {
		t.Error("another server takes it")
	}
	raw, _ := hex.DecodeString(a.Nonce)
	raw[9] ^= 1
	b := a
	b.Nonce = hex.EncodeToString(raw)
	for _, n := range []string{b.Nonce, "", "zz", a.Nonce[:10], a.Nonce + "00"} {
		if b.Nonce = n; s.Fresh(start.Add(1), "r", "10.0.0.1", &b) {
			t.Errorf("takes %q", n)
		}
	}
}

// Without a quality of protection a nonce is good once, and not after it was counted.
func TestFreshOnce(t *testing.T) {
	s := New(Config{NoQOP: true})
	a := answer(t, s.Challenges(start, "r", "x", false, false)[0], "", 0)
	counted := a
	counted.QOP, counted.Count = true, 1
	if !s.Fresh(start.Add(1), "r", "x", &a) || s.Fresh(start.Add(2), "r", "x", &a) || s.Fresh(start.Add(2), "r", "x", &counted) {
		t.Error("not once")
	}
	a = answer(t, s.Challenges(start, "r", "x", false, false)[0], "", 0)
	counted.Nonce = a.Nonce
	if !s.Fresh(start.Add(1), "r", "x", &counted) || s.Fresh(start.Add(2), "r", "x", &a) {
		t.Error("counted, then not")
	}
}

// What is forgotten for want of room cannot be used again.
func TestNoncesBounded(t *testing.T) {
	s := New(Config{Remembered: 64, Lifetime: time.Hour})
	now := start
	var used []Answer
	for i := range 1000 {
		now = now.Add(time.Millisecond)
		a := answer(t, s.Challenges(now, "r", "x", false, false)[i%2], "", 1)
		now = now.Add(time.Millisecond)
		if !s.Fresh(now, "r", "x", &a) {
			t.Fatalf("%d is not fresh", i)
		}
		if used = append(used, a); len(s.used) > 64 {
			t.Fatalf("%d are remembered", len(s.used))
		}
	}
	for i := range used {
		if s.Fresh(now, "r", "x", &used[i]) {
			t.Fatalf("%d is fresh again", i)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add(good + `, algorithm=SHA-256, qop="auth", nc=0000000a, cnonce="\"", x`)
	f.Add("Digest ,,= \x00")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			return
		}
		if a.User == "" || a.Nonce == "" || len(a.User) > maxValue || a.Algorithm != MD5 && a.Algorithm != SHA256 {
			t.Errorf("%q gives %+v", s, a)
		}
		a.Proves("REGISTER", []byte("x"))
		New(Config{}).Fresh(start, "r", "x", &a)
	})
}

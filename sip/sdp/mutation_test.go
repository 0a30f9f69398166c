package sdp

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// dualStack has an address towards either IP version.
func dualStack(l *Local) {
	l.AddressFor = func(r netip.Addr) netip.Addr {
		if r.Is6() {
			return netip.IPv6Loopback()
		}
		return loopback
	}
}

// try answers a body and checks the rules. It returns the answer, or "" when
// the body was refused with a clear error.
func try(t *testing.T, what string, body []byte) string {
	t.Helper()
	offer, err := Parse(body)
	if err != nil {
		var e *SyntaxError
		if !errors.As(err, &e) || e.Text == "" {
			t.Errorf("%s: unclear error %v", what, err)
		}
		return ""
	}
	out, session, err := with(dualStack).Answer(offer)
	if err != nil {
		var m *Mismatch
		if !errors.As(err, &m) || m.Text == "" || m.Code == 0 {
			t.Errorf("%s: unclear error %v", what, err)
		}
		return ""
	}
	for _, b := range breaches(offer, string(out), session) {
		t.Errorf("%s: %s", what, b)
	}
	return string(out)
}

// unchanged are mutations that must not change the answer at all.
var unchanged = map[string]func([]byte) []byte{
	"LF only":       func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) },
	"CR only":       func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\r")) },
	"CR CR LF":      func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\r\r\n")) },
	"blank at ends": func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte(" \t\r\n")) },
	"no last end":   func(b []byte) []byte { return bytes.TrimRight(b, "\r\n") },
	"empty lines":   func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\r\n\r\n")) },
	"no s=":         func(b []byte) []byte { return regexp.MustCompile(`(?m)^s=.*\r\n`).ReplaceAll(b, nil) },
	"no t=":         func(b []byte) []byte { return regexp.MustCompile(`(?m)^t=.*\r\n`).ReplaceAll(b, nil) },
	"blanks for semicolons": func(b []byte) []byte {
		return regexp.MustCompile(`(?m)^a=fmtp:.*$`).ReplaceAllFunc(b, func(l []byte) []byte {
			return bytes.ReplaceAll(l, []byte(";"), []byte(" "))
		})
	},
	"double blanks":   func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(" "), []byte("  ")) },
	"upper-case fmtp": upperParams,
	"b= before c=":    bandwidthFirst,
}

func upperParams(b []byte) []byte {
	return regexp.MustCompile(`(profile-level-id|packetization-mode|max-(fs|mbps|br))=`).ReplaceAllFunc(b, bytes.ToUpper)
}

func bandwidthFirst(b []byte) []byte {
	return regexp.MustCompile(`(?m)^(c=.*\r\n)((?:b=.*\r\n)+)`).ReplaceAll(b, []byte("$2$1"))
}

func TestSpellingDoesNotChangeTheAnswer(t *testing.T) {
	for name, body := range everything(t) {
		want := try(t, name, body)
		for how, change := range unchanged {
			if got := try(t, name+", "+how, change(body)); got != want {
				t.Errorf("%s, %s:\n%s\ninstead of\n%s", name, how, got, want)
			}
		}
	}
}

func TestShuffledAttributes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, body := range everything(t) {
		want := try(t, name, body)
		for range 10 {
			got := try(t, name+", shuffled", shuffleAttributes(rng, body))
			// The order of echoed rtcp-fb and the choice among equal crypto lines
			// may follow the offer's; ports and formats may not.
			if mediaLines(got) != mediaLines(want) {
				t.Errorf("%s, shuffled:\n%s\ninstead of\n%s", name, got, want)
			}
		}
	}
}

func mediaLines(body string) string {
	return strings.Join(regexp.MustCompile(`(?m)^m=.*$`).FindAllString(body, -1), "\n")
}

func shuffleAttributes(rng *rand.Rand, body []byte) []byte {
	lines := strings.SplitAfter(string(body), "\r\n")
	for i := 0; i < len(lines); {
		j := i
		for j < len(lines) && strings.HasPrefix(lines[j], "a=") {
			j++
		}
		part := lines[i:j]
		rng.Shuffle(len(part), func(a, b int) { part[a], part[b] = part[b], part[a] })
		i = j + 1
	}
	return []byte(strings.Join(lines, ""))
}

func TestCutAtEveryByte(t *testing.T) {
	for name, body := range everything(t) {
		for n := range len(body) {
			try(t, name+", cut", body[:n])
		}
		for n := range len(body) { // and at the front
			if n%7 == 0 {
				try(t, name+", front cut", body[n:])
			}
		}
	}
}

// eachSection gives the body with one media section changed, for each.
func eachSection(body []byte, change func(section string) string, then func(i int, body []byte)) {
	parts := strings.Split(string(body), "\r\nm=")
	for i := 1; i < len(parts); i++ {
		was := parts[i]
		parts[i] = change(was)
		then(i-1, []byte(strings.Join(parts, "\r\nm=")))
		parts[i] = was
	}
}

func TestDuplicatedLine(t *testing.T) {
	for name, body := range everything(t) {
		eachSection(body, func(s string) string {
			return strings.TrimRight(s, "\r\n") + "\r\nm=" + s
		}, func(_ int, b []byte) { try(t, name+", duplicated", b) })
	}
}

func TestPortZero(t *testing.T) {
	port := regexp.MustCompile(`^(\S+) \d+ `)
	for name, body := range everything(t) {
		eachSection(body, func(s string) string {
			return port.ReplaceAllString(s, "$1 0 ")
		}, func(i int, b []byte) {
			if got := try(t, name+", port 0", b); got != "" && mustParse(t, []byte(got)).Media[i].Port != 0 {
				t.Errorf("%s: line %d came back to life", name, i)
			}
		})
	}
}

func TestOtherAddresses(t *testing.T) {
	address := regexp.MustCompile(`(?m)^c=IN IP[46] [0-9.:]+`)
	for name, body := range everything(t) {
		want := mediaLines(try(t, name, body))
		for _, c := range []string{"IP4 0.0.0.0", "IP6 ::1", "IP6 ::", "IP4 127.0.0.2/127"} {
			b := address.ReplaceAll(body, []byte("c=IN "+c))
			if got := mediaLines(try(t, name+", "+c, b)); got != want {
				t.Errorf("%s, c= %s:\n%s\ninstead of\n%s", name, c, got, want)
			}
		}
		for _, c := range []string{"IP4 239.1.1.1", "IP4 255.255.255.255", "IP4 room.example.com", "IP6 fe80::1%eth0", "IP4"} {
			b := address.ReplaceAll(body, []byte("c=IN "+c))
			if got := try(t, name+", "+c, b); strings.Contains(got, "m=audio 4") {
				t.Errorf("%s: sound is sent to %s", name, c)
			}
		}
	}
}

func TestNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for name, body := range everything(t) {
		for range 300 {
			b := bytes.Clone(body)
			for range 1 + rng.IntN(4) {
				b[rng.IntN(len(b))] = byte(rng.IntN(256))
			}
			try(t, name+", noise", b)
		}
	}
}

package sdp

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

var loopback = netip.MustParseAddr("127.0.0.1")

func cb(mode uint8) media.Format {
	return media.Format{Codec: media.H264, ClockRate: 90000, H264: media.H264Params{
		Profile: 66, Constraints: 0xe0, Level: 31, Mode: mode, MaxFS: 3600, MaxMBPS: 108000}}
}

func high(mode uint8) media.Format {
	return media.Format{Codec: media.H264, ClockRate: 90000, H264: media.H264Params{
		Profile: 100, Level: 31, Mode: mode, MaxFS: 3600, MaxMBPS: 108000}}
}

var (
	opus  = media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, FEC: true}
	g722  = media.Format{Codec: media.G722, ClockRate: 8000}
	pcmu  = media.Format{Codec: media.PCMU, ClockRate: 8000}
	pcma  = media.Format{Codec: media.PCMA, ClockRate: 8000}
	event = media.Format{Codec: media.DTMF, ClockRate: 8000}
	vp8   = media.Format{Codec: media.VP8, ClockRate: 90000}
)

// ourCaps is what the gateway says of itself in most tests.
func ourCaps() media.Capabilities {
	return media.Capabilities{
		Audio:       []media.Format{opus, g722, pcmu, pcma, event},
		Video:       []media.Format{cb(1), cb(0), high(1)},
		RecvBitrate: 4_000_000,
		Feedback:    media.NACK | media.PLI | media.FIR | media.TMMBR,
		Encryption:  media.EncryptionPrefer,
		Suites:      []media.Suite{media.AESCM80, media.AESCM32, media.AEADGCM128, media.AEADGCM256},
		DTLS:        true,
	}
}

// countingKeys makes keys that differ from one another and are known.
func countingKeys() KeyFunc {
	n := byte(0)
	return func(s media.Suite) (media.Key, error) {
		n++
		return bytes.Repeat([]byte{n}, s.KeyLen()+s.SaltLen()), nil
	}
}

func ourLocal() Local {
	return Local{
		Address: loopback, SessionID: 7, Version: 1, Caps: ourCaps(), Keys: countingKeys(),
		Fingerprint: Fingerprint{"sha-256", strings.TrimSuffix(strings.Repeat("AB:", 32), ":")},
		Streams: []LocalStream{
			{Kind: media.Audio, Port: 4000, RTCPPort: 4001, Direction: media.SendRecv},
			{Kind: media.Video, Port: 4002, RTCPPort: 4003, Direction: media.SendRecv},
		},
	}
}

// with gives a state whose local end was changed.
func with(change func(*Local)) *State {
	l := ourLocal()
	if change != nil {
		change(&l)
	}
	return NewState(l)
}

func policy(p media.Policy) func(*Local) {
	return func(l *Local) { l.Caps.Encryption = p }
}

// crlf gives a body its proper line ends.
func crlf(s string) []byte {
	s = strings.TrimLeft(s, "\n")
	return []byte(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n"))
}

func mustParse(t testing.TB, body []byte) *Description {
	t.Helper()
	d, err := Parse(body)
	if err != nil {
		t.Fatalf("Parse: %v\n%s", err, body)
	}
	return d
}

// answer is a first answer to a body.
func answer(t testing.TB, s *State, body []byte) (string, media.Session) {
	t.Helper()
	out, session, err := s.Answer(mustParse(t, body))
	if err != nil {
		t.Fatalf("Answer: %v\n%s", err, body)
	}
	return string(out), session
}

// section gives the lines of one media section of a written description.
func sectionOf(t testing.TB, body string, i int) string {
	t.Helper()
	parts := strings.Split(body, "\r\nm=")
	if i+1 >= len(parts) {
		t.Fatalf("no media line %d in\n%s", i, body)
	}
	return "m=" + parts[i+1] + "\r\n"
}

func wantLine(t testing.TB, body, line string) {
	t.Helper()
	if !strings.Contains("\r\n"+body, "\r\n"+line+"\r\n") {
		t.Errorf("no line %q in\n%s", line, body)
	}
}

func wantNone(t testing.TB, body, part string) {
	t.Helper()
	if strings.Contains(body, part) {
		t.Errorf("unwanted %q in\n%s", part, body)
	}
}

// offerOf builds an offer around media sections.
func offerOf(sections string) []byte {
	return crlf("v=0\no=far 1 1 IN IP4 127.0.0.2\ns=-\nc=IN IP4 127.0.0.2\nt=0 0\n" + strings.TrimLeft(sections, "\n"))
}

// fixtures are bodies of our own, written after what INTEROP.md tells of
// makers that are not in the corpus.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.sdp")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	list := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		list[strings.TrimSuffix(filepath.Base(f), ".sdp")] = crlf(string(b))
	}
	return list
}

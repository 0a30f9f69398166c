package sdp

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReadsEverything(t *testing.T) {
	d := mustParse(t, crlf(`
v=0
o=StudioX 12 34 IN IP4 127.0.0.9
s=A meeting
i=Model/Version (1)
c=IN IP4 127.0.0.2
b=AS:1024
b=TIAS: 900000
t=0 0
a=Sendonly
a=tool: x
m=audio 5000/2 RTP/AVP 0 8
c=IN IP6 ::ffff:127.0.0.3
b=ct:64
a=rtpmap:0 PCMU/8000
a=nothing:
`))
	want := &Description{
		Origin:     Origin{User: "StudioX", ID: "12", Version: "34", Address: netip.MustParseAddr("127.0.0.9")},
		Name:       "A meeting",
		Info:       "Model/Version (1)",
		Connection: Connection{true, netip.MustParseAddr("127.0.0.2")},
		Bandwidth:  []Bandwidth{{"AS", 1024}, {"TIAS", 900000}},
		Attributes: []Attribute{{"sendonly", ""}, {"tool", "x"}},
		Media: []Media{{
			Type: "audio", Port: 5000, Proto: "RTP/AVP", Formats: []string{"0", "8"},
			Connection: Connection{true, netip.MustParseAddr("127.0.0.3")},
			Bandwidth:  []Bandwidth{{"CT", 64}},
			Attributes: []Attribute{{"rtpmap", "0 PCMU/8000"}, {"nothing", ""}},
		}},
	}
	if diff := cmp.Diff(want, d, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	many := func(line string, n int) string { return "v=0\n" + strings.Repeat(line+"\n", n) }
	for _, c := range []struct{ name, body string }{
		{"nothing", ""},
		{"no description", "hello\nworld\n"},
		{"XML", `<?xml version="1.0"?><media_control/>`},
		{"another version", "v=1\nm=audio 1 RTP/AVP 0\n"},
		{"cut media line", "v=0\nm=audio 173"},
		{"cut behind the protocol", "v=0\nm=audio 17326 RTP/AVP"},
		{"cut to the bone", "v=0\nm="},
		{"control character in a media line", "v=0\nm=audio 1 RTP/AVP 0\x00\n"},
		{"media line in another script", "v=0\nm=âudio 1 RTP/AVP 0\n"},
		{"a protocol that is none", "v=0\nm=audio 1 a:b 0\n"},
		{"a line run into the next", "v=0\nm=audio 1 RTP/AVP 0 a=rtpmap:0\n"},
		{"endless word", "v=0\nm=audio 1 RTP/AVP " + strings.Repeat("9", 65) + "\n"},
		{"too large", "v=0\ns=" + strings.Repeat("x", maxBody) + "\n"},
		{"too many lines", many("m=audio 1 RTP/AVP 0", maxMedia+1)},
		{"too many formats", "v=0\nm=audio 1 RTP/AVP" + strings.Repeat(" 0", maxFormats+1) + "\n"},
		{"too many attributes", many("a=x", maxAttributes+1)},
		{"too much nonsense", many("nonsense", maxSkipped+1)},
	} {
		d, err := Parse([]byte(c.body))
		if _, ok := err.(*SyntaxError); !ok || d != nil || err.Error() == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestParseAtItsBounds(t *testing.T) {
	many := func(line string, n int) string { return "v=0\n" + strings.Repeat(line+"\n", n) }
	for _, body := range []string{
		many("m=audio 1 RTP/AVP 0", maxMedia), many("a=x", maxAttributes), many("nonsense", maxSkipped),
		many("b=AS:1", 200), "v=0\nm=audio 1 RTP/AVP" + strings.Repeat(" 0", maxFormats) + "\n",
	} {
		if _, err := Parse([]byte(body)); err != nil {
			t.Errorf("%.40q: %v", body, err)
		}
	}
}

func TestParseSkips(t *testing.T) {
	for _, line := range []string{
		"max-mbps=245000; max-fs=8192", "OM=704,480,1", "1/90000", "x=unknown", "a=", "a=:x", "a", "=", "é=1",
		"b=AS", "b=AS:lots", "b=AS:-1", "b=AS:99999999999999999999", "c=IN IP4", "c=IN IP4 host.example", "c=ATM NSAP 1", "a=na\x01me",
	} {
		d := mustParse(t, []byte("v=0\n"+line+"\nm=audio 1 RTP/AVP 0\n"))
		if d.Skipped != 1 || len(d.Media) != 1 {
			t.Errorf("%q: skipped %d, %d media lines", line, d.Skipped, len(d.Media))
		}
	}
}

func TestPorts(t *testing.T) {
	for s, want := range map[string]int{
		"0": 0, "5004": 5004, "65535": 65535, "5004/2": 5004, "65536": -1, "-1": -1, "abc": -1, "+5": -1, "/": -1, "5004.5": -1,
	} {
		if got := readPort(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	out, _ := answer(t, with(nil), offerOf("m=video 99999 RTP/AVP 96\nm=audio 5000 RTP/AVP 0\n"))
	wantLine(t, out, "m=video 0 RTP/AVP 96")
}

func TestErrorTexts(t *testing.T) {
	if got := (&SyntaxError{Line: 3, Text: "x"}).Error(); got != "session description, line 3: x" {
		t.Error(got)
	}
	if got := (&SyntaxError{Text: "x"}).Error(); got != "session description: x" {
		t.Error(got)
	}
}

func TestMediaAddr(t *testing.T) {
	for body, want := range map[string]string{
		"v=0\nc=IN IP4 127.0.0.2\nm=audio 1 RTP/AVP 0\n":                                               "127.0.0.2",
		"v=0\nc=IN IP4 127.0.0.2\nm=audio 1 RTP/AVP 0\nc=IN IP6 ::1\n":                                 "::1",
		"v=0\nc=IN IP4 127.0.0.2\nm=audio 0 RTP/AVP 0\nc=IN IP4 127.0.0.9\nm=video 1 RTP/AVP 96\n":     "127.0.0.2",
		"v=0\nc=IN IP4 0.0.0.0\nm=audio 1 RTP/AVP 0\nm=video 1 RTP/AVP 96\nc=IN IP4 127.0.0.4/127/2\n": "127.0.0.4",
	} {
		if got := mustParse(t, []byte(body)).MediaAddr().String(); got != want {
			t.Errorf("%q: %s", body, got)
		}
	}
	if mustParse(t, []byte("v=0\n")).MediaAddr().IsValid() {
		t.Error("an address out of nothing")
	}
}

func TestFirstOfTwoConnections(t *testing.T) {
	d := mustParse(t, []byte("v=0\nm=audio 1 RTP/AVP 0\nc=IN IP4 127.0.0.3\nc=IN IP4 127.0.0.4\n"))
	if got := d.connection(&d.Media[0]).Addr.String(); got != "127.0.0.3" {
		t.Error(got)
	}
}

func TestParams(t *testing.T) {
	for text, want := range map[string]params{
		"profile-level-id=428020; packetization-mode=1; max-mbps=490000; sar=13": {
			"profile-level-id": "428020", "packetization-mode": "1", "max-mbps": "490000", "sar": "13"},
		"QCIF=2 MAXBR=2180":                       {"qcif": "2", "maxbr": "2180"},
		"CIF=1;QCIF=1;J;T":                        {"cif": "1", "qcif": "1", "j": "", "t": ""},
		"a = 1 ; b= 2;c =3;;; ":                   {"a": "1", "b": "2", "c": "3"},
		"CUSTOM=352,240,1;CUSTOM=704,480,2":       {"custom": "352,240,1"},
		"sprop-parameter-sets=Z0L=,aM4=;max-fs=1": {"sprop-parameter-sets": "Z0L=,aM4=", "max-fs": "1"},
		"0-15": {"0-15": ""},
		"=":    {},
		"":     {},
	} {
		got := params{}
		got.add(text)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	p := params{}
	for i := range 1000 {
		p.add(fmt.Sprintf("p%d=1", i))
	}
	if len(p) != maxParams {
		t.Error(len(p))
	}
	n := params{"a": "7", "b": "-1", "c": "99999999999", "d": "x", "e": "1"}
	if n.number("a") != 7 || n.number("b") != 0 || n.number("c") != 0 || n.number("d") != 0 || n.number("none") != 0 || !n.flag("e") || n.small("a") != 7 {
		t.Error("numbers")
	}
}

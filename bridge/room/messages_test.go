package room

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestReadRequest(t *testing.T) {
	r, err := readRequest([]byte(`{"type":"want","slots":[{"mid":"3","participant":"x","kind":"main","width":640,"height":-5}],"unknown":[1]}`))
	if err != nil || r.Type != "want" || len(r.Slots) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	if err := checkWants(r.Slots); err != nil || r.Slots[0].Height != 0 || r.Slots[0].Width != 640 {
		t.Errorf("%+v %v", r.Slots, err)
	}
	for _, bad := range []string{``, `[]`, `"x"`, `{"type":1}`, `{"slots":{}}`, "{\"type\":\"\xff\"}", `{"type":"x"`, strings.Repeat(" ", maxMessage+1)} {
		if r, err := readRequest([]byte(bad)); err == nil {
			t.Errorf("%.40q was taken as %+v", bad, r)
		}
	}
}

func TestCheckWants(t *testing.T) {
	long := make([]want, maxSlots+1)
	for i := range long {
		long[i].MID = string(rune('A' + i))
	}
	for name, w := range map[string][]want{
		"too many":      long,
		"twice":         {{MID: "3"}, {MID: "3"}},
		"no slot":       {{}},
		"a long name":   {{MID: "3", Participant: strings.Repeat("x", 100)}},
		"a strange mid": {{MID: "a b"}},
	} {
		if checkWants(w) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	w := []want{{MID: "3", Kind: "anything", Width: 1 << 30}, {MID: "4", Kind: "content"}}
	if err := checkWants(w); err != nil || w[0].Kind != "main" || w[0].Width != 8192 || w[1].Kind != "content" {
		t.Errorf("%+v %v", w, err)
	}
}

func TestReadCandidate(t *testing.T) {
	for _, end := range []string{"", "null"} {
		if c, err := readCandidate(json.RawMessage(end)); c != nil || err != nil {
			t.Errorf("%q: %v %v", end, c, err)
		}
	}
	c, err := readCandidate(json.RawMessage(`{"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host","sdpMid":"0"}`))
	if err != nil || c == nil || *c.SDPMid != "0" {
		t.Errorf("%+v %v", c, err)
	}
	for _, bad := range []string{`7`, `{"candidate":7}`, `{"candidate":"` + strings.Repeat("x", 2000) + `"}`} {
		if _, err := readCandidate(json.RawMessage(bad)); err == nil {
			t.Errorf("%.40q was taken", bad)
		}
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"An":                     "An",
		"  Nguyễn   Văn\tAn\n":   "Nguyễn Văn An",
		"":                       "Guest",
		" \u202e\u200b":          "Guest",
		"a\u202eb\x00c":          "ab c",
		strings.Repeat("ạ", 100): strings.Repeat("ạ", maxName),
		"<b>":                    "<b>", // the page shows text, not markup
	} {
		if got := cleanName(in, "Guest"); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzReadRequest(f *testing.F) {
	f.Add([]byte(`{"type":"offer","sdp":"v=0","revision":1}`))
	f.Add([]byte(`{"type":"want","slots":[{"mid":"3"}]}`))
	f.Add([]byte(`{"type":"candidate","candidate":{"candidate":""}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := readRequest(b)
		if err != nil {
			return
		}
		_ = checkWants(r.Slots)
		_, _ = readCandidate(r.Candidate)
	})
}

package sdp

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// corpus reads the bodies that real terminals sent. They live beside the
// repository; ROOMBRIDGE_CORPUS names another place.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	dir := corpusDir()
	files, _ := filepath.Glob(filepath.Join(dir, "*.sdp"))
	if len(files) == 0 {
		t.Fatalf("no bodies in %s: set ROOMBRIDGE_CORPUS to the folder that holds the corpus's .sdp files", dir)
	}
	list := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		list[strings.TrimSuffix(filepath.Base(f), ".sdp")] = b
	}
	return list
}

func corpusDir() string {
	if dir := os.Getenv("ROOMBRIDGE_CORPUS"); dir != "" {
		return dir
	}
	return "../../../shared/corpus/sdp"
}

// everything is the corpus and our own fixtures.
func everything(t testing.TB) map[string][]byte {
	t.Helper()
	list := corpus(t)
	for name, body := range fixtures(t) {
		list["own "+name] = body
	}
	return list
}

// expectation is one line of a sheet.
type expectation struct {
	I           int
	Media       string
	Expect      string
	Content     string
	AcceptAnyOf []string `json:"accept_any_of"`
	Events      []int    `json:"telephone_event_pt"`
	H264        []struct {
		PT      int
		MaxMBPS int `json:"eff_max_mbps"`
		MaxFS   int `json:"eff_max_fs"`
		MaxBR   int `json:"eff_max_br_kbps_units"`
	}
}

func sheet(t *testing.T, name string) []expectation {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpusDir(), name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(b), "```json")
	if !found {
		return nil
	}
	text, _, _ := strings.Cut(rest, "```")
	var list []expectation
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestCorpusAnswers(t *testing.T) {
	for name, body := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			offer := mustParse(t, body)
			s := with(nil)
			out, session, err := s.Answer(offer)
			var m *Mismatch
			if errors.As(err, &m) {
				refusedAsExpected(t, name, m)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range breaches(offer, string(out), session) {
				t.Error(b)
			}
			ours := mustParse(t, out)
			for _, e := range sheet(t, name) {
				checkSheet(t, e, ours, s)
			}
			if t.Failed() {
				t.Logf("answer:\n%s", out)
			}
		})
	}
}

// refusedAsExpected: a 488 is right when the sheet lets no sound or picture through.
func refusedAsExpected(t *testing.T, name string, m *Mismatch) {
	t.Helper()
	for _, e := range sheet(t, name) {
		if e.Expect == "accept" && len(e.AcceptAnyOf) > 0 {
			t.Errorf("refused (%v), but line %d can be served", m, e.I)
		}
	}
}

// checkSheet compares one answered line with its sheet. Lines that are not
// served yet, slides among them, may be refused whatever the sheet says.
func checkSheet(t *testing.T, e expectation, ours *Description, s *State) {
	t.Helper()
	line := ours.Media[e.I]
	served := e.Media == "audio" || e.Media == "video" && e.Content != "slides"
	if !served || strings.HasPrefix(e.Expect, "refuse") {
		if line.Port != 0 {
			t.Errorf("line %d is accepted", e.I)
		}
		return
	}
	if line.Port == 0 {
		t.Errorf("line %d is refused", e.I)
		return
	}
	pt := line.Formats[0]
	if !slices.ContainsFunc(e.AcceptAnyOf, func(a string) bool { return strings.HasPrefix(a, pt+" ") }) {
		t.Errorf("line %d: format %s is none of %q", e.I, pt, e.AcceptAnyOf)
	}
	if len(e.Events) > 0 && (len(line.Formats) < 2 || !slices.ContainsFunc(e.Events, func(n int) bool { return strconv.Itoa(n) == line.Formats[1] })) {
		t.Errorf("line %d: events in %q, want %v", e.I, line.Formats, e.Events)
	}
	for _, h := range e.H264 {
		if strconv.Itoa(h.PT) != pt {
			continue
		}
		got := s.Session().Streams[1].Send.Limits()
		if got.MaxFS != h.MaxFS || got.MaxMBPS != h.MaxMBPS || got.Bitrate != h.MaxBR*1000 {
			t.Errorf("line %d: limits %+v, want %+v", e.I, got, h)
		}
	}
}

func TestCorpusModeOne(t *testing.T) {
	want := map[string]uint8{
		"cisco-dx80-offer": 126, "cisco-room-direct-offer": 126, "poly-studio-x30-offer": 110,
		"tandberg-answer-in-ack": 126, "fixture-poly-studiox-opal-offer": 97, "huawei-like-allcam-answer": 108,
	}
	all := corpus(t)
	for name, pt := range want {
		_, session := answer(t, with(nil), all[name])
		if got := session.Streams[1].Send; got.PT != pt || got.H264.Mode != 1 {
			t.Errorf("%s: payload type %d, mode %d, want %d", name, got.PT, got.H264.Mode, pt)
		}
	}
}

package voices

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
)

// Every prompt is there in every language, under a name of its own, at one level, without silence around
// it, every recording is one of them, and all together are small.
func TestBuiltIn(t *testing.T) {
	s, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages {
		for _, name := range Prompts() {
			pcm := s.Sound(lang, name)
			if seconds := float64(len(pcm)) / wav.Rate; seconds < 0.4 || seconds > 8 {
				t.Errorf("%s/%s: %.1f s", lang, name, seconds)
				continue
			}
			if level := wav.Loudness(pcm); math.Abs(level-wav.Usual) > 1.5 {
				t.Errorf("%s/%s: %.1f dBov", lang, name, level)
			}
			if cut := len(pcm) - len(wav.Trim(pcm)); cut > wav.Rate/8 { // the last block is filled up
				t.Errorf("%s/%s: %d samples of silence", lang, name, cut)
			}
		}
	}
	for i, name := range names {
		if name == "" || slices.Index(names[:], name) != i {
			t.Errorf("prompt %d has no name of its own", i)
		}
	}
	total := 0
	for _, lang := range Languages {
		list, err := files.ReadDir(lang)
		if err != nil || len(list) != len(Prompts()) {
			t.Errorf("%s: %d files for %d prompts, %v", lang, len(list), len(Prompts()), err)
		}
		for _, e := range list {
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			total += int(info.Size())
		}
	}
	if total > 800_000 {
		t.Errorf("%d bytes", total)
	}
	if a, b := s.Sound("", PIN), s.Sound("en", PIN); len(a) == 0 || &a[0] != &b[0] {
		t.Error("no prompt for who has no language")
	}
}

// pcm is a file of so many samples, 8 kHz.
func pcm(samples int) []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(2*samples))
	return append(b, make([]byte, 2*samples)...)
}

func TestReplaced(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, b []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("vi/welcome.wav", pcm(8000))
	put("vi/notes.txt", []byte("not a sound"))
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	own, _ := Load("")
	if n := len(s.Sound("vi", Welcome)); n != 16000 {
		t.Errorf("%d samples", n)
	}
	if len(s.Sound("en", Welcome)) != len(own.Sound("en", Welcome)) || len(s.Sound("vi", PIN)) != len(own.Sound("vi", PIN)) {
		t.Error("others were replaced, too")
	}
	put("en/welcom.wav", pcm(8000))
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "welcom.wav") || !strings.Contains(err.Error(), "unknown-number") {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(dir, "en/welcom.wav")); err != nil {
		t.Fatal(err)
	}
	put("en/pin.wav", []byte("RIFF"))
	if _, err := Load(dir); !errors.Is(err, wav.ErrFormat) || !strings.Contains(err.Error(), "pin.wav") {
		t.Errorf("%v", err)
	}
	if _, err := Load(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

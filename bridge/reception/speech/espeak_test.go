package speech

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
)

func TestMain(m *testing.M) {
	patience = time.Minute
	goleak.VerifyTestMain(m)
}

// espeak is the real program.
func espeak(t *testing.T) Espeak {
	t.Helper()
	e, err := Find()
	if err != nil {
		t.Skip("no espeak-ng here: ", err)
	}
	return e
}

// Both languages are spoken, as loud as prompts.
func TestEspeak(t *testing.T) {
	e := espeak(t)
	for lang, text := range map[string]string{"vi": "Chào mừng quý khách đến với Đà Nẵng", "en": "Welcome to the board meeting"} {
		begun := time.Now()
		pcm, err := e.Speak(t.Context(), lang, text)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.1f s of sound after %v", lang, float64(len(pcm))/wav.Rate, time.Since(begun))
		if s := float64(len(pcm)) / wav.Rate; s < 1 || s > 6 || math.Abs(wav.Loudness(pcm)-wav.Usual) > 1.5 {
			t.Errorf("%s: %.1f s, %.1f dBov", lang, s, wav.Loudness(pcm))
		}
	}
}

// A text is a text, whatever it looks like, and what is too long ends.
func TestHostileTexts(t *testing.T) {
	e := espeak(t)
	for _, text := range []string{
		"-f /etc/passwd", "--stdout -w /tmp/x", "[[h@l'oU]] <audio src='/etc/passwd'/>", "a\x00b\x01s9999", "\xff\xfe broken",
		strings.Repeat("\\", 300), "$(id) `id` ; id",
	} {
		if pcm, err := e.Speak(t.Context(), "en", text); err == nil && len(pcm) > maxSamples {
			t.Errorf("%q: %d samples", text, len(pcm))
		}
	}
	pcm, err := e.Speak(t.Context(), "en", strings.Repeat("9", 1000))
	if err != nil || len(pcm) > maxSamples || len(pcm) < 5*wav.Rate {
		t.Errorf("%d samples, %v", len(pcm), err)
	}
	for _, text := range []string{"", " \n\t ", "[[]]"} {
		if _, err := e.Speak(t.Context(), "en", text); err == nil {
			t.Errorf("%q is spoken", text)
		}
	}
	if _, err := e.Speak(t.Context(), "en-us -w /tmp/x", "hello"); err == nil {
		t.Error("a language of the caller's making")
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"  Chào\nmừng ": "Chào mừng", "a[[b]]c": "a  b  c", "a\x00\x7fb": "a  b", "\xffa": "a", "": "",
	} {
		if got := plain(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := plain(strings.Repeat("ế", 200)); len(got) > maxText || len(got) < maxText-3 || strings.Trim(got, "ế") != "" {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("Chào mừng [[x]]\x00")
	f.Fuzz(func(t *testing.T, text string) {
		got := plain(text)
		if len(got) > maxText || strings.ContainsAny(got, "\n\r\x00[]") || strings.ToValidUTF8(got, "") != got {
			t.Errorf("%q", got)
		}
	})
}

// script is a program of a test's.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// A program gets its text and nothing else, may write no file, and has bounds.
func TestRun(t *testing.T) {
	out, err := run(t.Context(), script(t, "read line; echo \"$line\"; /usr/bin/env; ulimit -c; ulimit -t; ulimit -n; ulimit -v; pwd"), nil, "xin chào\n")
	want := fmt.Sprintf("xin chào\nPWD=/\n0\n%d\n%d\n%d\n/\n", mostCPU, mostFiles, mostMemory/1024)
	if err != nil || strings.ReplaceAll(string(out), "_=/usr/bin/env\n", "") != want {
		t.Errorf("%q, %v", out, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if out, err := run(t.Context(), script(t, "read line; echo x > "+file), nil, "\n"); err == nil {
		if b, _ := os.ReadFile(file); len(b) > 0 {
			t.Errorf("wrote %q, %q", b, out)
		}
	}
	if _, err := run(t.Context(), script(t, "exit 3"), nil, ""); err == nil {
		t.Error("a failure is none")
	}
	if _, err := run(t.Context(), "/nowhere/at/all", nil, ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// A program that hangs, or writes for ever, is ended, with what it started, in namespaces and without.
func TestRunEnds(t *testing.T) {
	walls := unwalled.Load()
	defer unwalled.Store(walls)
	for _, without := range []bool{walls, true} {
		unwalled.Store(without)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		begun := time.Now()
		if _, err := run(ctx, script(t, "/bin/sleep 60; echo late"), nil, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("took %v", took)
		}
		cancel()
	}
	out, err := run(t.Context(), script(t, "exec /usr/bin/yes"), nil, "")
	if err != nil || len(out) != 2*mostSamples || !bytes.HasPrefix(out, []byte("y\n")) {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	e := Espeak{script(t, "echo this is no sound")}
	if _, err := e.Speak(t.Context(), "en", "hello"); !errors.Is(err, wav.ErrFormat) {
		t.Errorf("%v", err)
	}
}

package speech

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
)

// slow is a voice that takes a second for each text, and says it with as many samples as it has bytes.
type slow struct {
	mu        sync.Mutex
	spoken    []string
	now, most int
	fails     error
}

func (s *slow) Speak(ctx context.Context, lang, text string) ([]int16, error) {
	s.mu.Lock()
	s.spoken = append(s.spoken, lang+" "+text)
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.now--; s.mu.Unlock() }()
	select {
	case <-time.After(time.Second):
		return make([]int16, len(text)), s.fails
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *slow) count() int {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.spoken)
}

// within asks for a sound and does not wait for longer than so.
func within(m *Maker, d time.Duration, w Words) int {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return len(m.Sound(ctx, w))
}

// A text is spoken once, whoever asks; who does not want to wait goes on without, and finds it the next time.
func TestSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &slow{}
		m := New(Config{Voice: v})
		defer m.Close()
		w := Words{Tenant: "acme", Lang: "en", Text: "Welcome"}
		if n := within(m, 500*time.Millisecond, w); n != 0 {
			t.Errorf("%d samples at once", n)
		}
		w.Tenant = "other"
		if n := within(m, 600*time.Millisecond, w); n != len(w.Text) {
			t.Errorf("%d samples", n)
		}
		if n := within(m, 0, w); n != len(w.Text) || v.count() != 1 {
			t.Errorf("%d samples, spoken %d times", n, v.count())
		}
		w.Lang = "vi"
		m.Prepare(w)
		time.Sleep(2 * time.Second)
		if n := within(m, 0, w); n != len(w.Text) || v.count() != 2 {
			t.Errorf("in another language: %d samples, spoken %d times", n, v.count())
		}
		if n := within(m, time.Hour, Words{Lang: "en"}); n != 0 || v.count() != 2 {
			t.Error("nothing is spoken")
		}
	})
}

// What cannot be spoken is not tried again at once.
func TestFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &slow{fails: errors.New("no")}
		m := New(Config{Voice: v})
		defer m.Close()
		w := Words{Tenant: "acme", Lang: "en", Text: "Welcome"}
		for range 5 {
			if n := within(m, 2*time.Second, w); n != 0 {
				t.Errorf("%d samples", n)
			}
		}
		if n := v.count(); n != 1 {
			t.Errorf("tried %d times", n)
		}
		time.Sleep(failedFor)
		v.fails = nil
		if n := within(m, 2*time.Second, w); n != len(w.Text) {
			t.Errorf("%d samples later", n)
		}
	})
}

// However many texts there are, few are spoken at once, few wait, and no tenant takes the places of the others.
func TestMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &slow{}
		m := New(Config{Voice: v})
		defer m.Close()
		for i := range 1000 {
			m.Prepare(Words{Tenant: "greedy", Lang: "en", Text: fmt.Sprint("greedy ", i)})
		}
		w := Words{Tenant: "modest", Lang: "en", Text: "modest"}
		if n := within(m, (tenantMost/atOnce+2)*time.Second, w); n == 0 {
			t.Error("there was no place for another tenant")
		}
		time.Sleep(time.Minute)
		if n := v.count(); n != tenantMost+1 || v.most != atOnce {
			t.Errorf("%d spoken, %d at once", n, v.most)
		}
		for i := range 1000 {
			m.Prepare(Words{Tenant: fmt.Sprint("t", i), Lang: "en", Text: fmt.Sprint("text ", i)})
		}
		time.Sleep(time.Minute)
		if n := v.count(); n != tenantMost+1+mostWaits {
			t.Errorf("%d spoken", n)
		}
		if m.waits != 0 || len(m.waiting) != 0 {
			t.Errorf("%d wait, %v", m.waits, m.waiting)
		}
	})
}

// Nothing is made after the end, and what was in the making ends.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &slow{}
		m := New(Config{Voice: v})
		begun := time.Now()
		m.Prepare(Words{Lang: "en", Text: "a"})
		m.Close()
		if n := within(m, time.Hour, Words{Lang: "en", Text: "b"}); n != 0 || time.Since(begun) != 0 {
			t.Errorf("%d samples after %v", n, time.Since(begun))
		}
	})
}

// Sounds are kept up to a bound, and the last wanted ones.
func TestShelf(t *testing.T) {
	s := newShelf(10 * (2*1000 + sizeOfSound + 1))
	made := func(text string) *sound {
		one := &sound{key: key{text: text}, pcm: make([]int16, 1000)}
		s.put(one)
		s.trim(one)
		return one
	}
	waiting := &sound{key: key{text: "waiting"}}
	s.put(waiting)
	for i := range 30 {
		made(string(rune('a' + i)))
		s.get(key{text: "a"})
	}
	if len(s.at) != 11 || s.order.Len() != 11 || s.bytes > s.most || s.get(key{text: "a"}) == nil || s.get(key{text: "b"}) != nil || s.get(waiting.key) == nil {
		t.Errorf("%d sounds, %d bytes", len(s.at), s.bytes)
	}
	made("a")
	if s.bytes > s.most || len(s.at) != 11 {
		t.Errorf("made again: %d sounds, %d bytes", len(s.at), s.bytes)
	}
	s.put(waiting)
	s.put(&sound{key: waiting.key})
	if before := s.bytes; true {
		if s.trim(waiting); s.bytes != before {
			t.Error("one that nobody can find is counted")
		}
	}
}

// pcm is a file of so many samples, 16 kHz.
func pcm(samples int) []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), 16, 0, 0, 0, 1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(2*samples))
	return append(b, make([]byte, 2*samples)...)
}

func put(t *testing.T, b []byte, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// A recording goes before the text, is read again when it has changed, and where it cannot be read the text is spoken.
func TestRecording(t *testing.T) {
	dir := t.TempDir()
	v := &slow{}
	put(t, pcm(500), dir, "acme", "hello.wav")
	synctest.Test(t, func(t *testing.T) {
		m := New(Config{Recordings: dir, Voice: v})
		defer m.Close()
		w := Words{Tenant: "acme", Recording: "hello", Lang: "en", Text: "Welcome"}
		for range 2 {
			if n := within(m, time.Minute, w); n != 500 || v.count() != 0 {
				t.Errorf("%d samples, %v", n, v.spoken)
			}
			time.Sleep(freshFor)
		}
		put(t, pcm(60*wav.Rate), dir, "acme", "hello.wav")
		if n := within(m, time.Minute, w); n != maxSamples {
			t.Errorf("%d samples of another", n)
		}
		put(t, []byte("no sound"), dir, "acme", "hello.wav")
		time.Sleep(freshFor)
		if n := within(m, time.Minute, w); n != len(w.Text) {
			t.Errorf("%d samples of the text", n)
		}
		w.Tenant = "other"
		if n := within(m, time.Minute, w); n != len(w.Text) {
			t.Errorf("%d samples for somebody else", n)
		}
	})
}

// A tenant has its own folder, and nothing leads out of it.
func TestRecordingsStayApart(t *testing.T) {
	dir := t.TempDir()
	theirs := put(t, pcm(500), dir, "acme", "hello.wav")
	put(t, pcm(500), dir, "hello.wav")
	put(t, pcm(500), dir, "evil", "mine.wav")
	put(t, make([]byte, wav.MaxBytes+1), dir, "evil", "large.wav")
	evil := func(name string) string { return filepath.Join(dir, "evil", name) }
	for _, err := range []error{
		os.Symlink(theirs, evil("absolute.wav")), os.Symlink("../acme/hello.wav", evil("relative.wav")), os.Symlink("mine.wav", evil("own.wav")),
		os.Symlink("../acme", evil("folder")),
		syscall.Mkfifo(evil("pipe.wav"), 0o600), os.Mkdir(evil("dir.wav"), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		tenant, name string
		ok           bool
	}{
		{"evil", "mine", true}, {"evil", "own", true}, {"acme", "hello", true},
		{"evil", "absolute", false}, {"evil", "relative", false}, {"evil", "../acme/hello", false}, {"evil", "folder/hello", false}, {"evil", "pipe", false},
		{"evil", "dir", false}, {"evil", "large", false}, {"evil", "nothing", false}, {"evil", "", false}, {"evil", ".", false}, {"evil", "mine.wav", false},
		{"", "hello", false}, {".", "hello", false}, {"..", "hello", false}, {"evil/../acme", "hello", false}, {"ACME", "hello", false},
	} {
		if got, _, err := record(dir, c.tenant, c.name, stamp{}); (err == nil) != c.ok || c.ok && len(got) != 500 {
			t.Errorf("%s of %q: %d samples, %v", c.name, c.tenant, len(got), err)
		}
	}
	if _, _, err := record(filepath.Join(dir, "nowhere"), "acme", "hello", stamp{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

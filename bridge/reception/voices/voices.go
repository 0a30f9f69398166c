// Package voices has the prompts that people hear in reception, in Vietnamese and English. They are
// in the binary; each can be replaced by a file of the operator's.
package voices

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
)

// The prompts are made by make.go with espeak-ng: `make voices`.
//
//go:embed vi/*.wav en/*.wav
var files embed.FS

// Languages are those of the prompts, the first stands in for others.
var Languages = []string{"en", "vi"}

// Set is the prompts of a gateway. It is never changed.
type Set struct {
	sounds map[string]*[prompts]func() []int16 // by language
}

// Load gives the prompts. Those that a directory has as LANGUAGE/NAME.wav, 16 bit PCM of any usual
// rate, replace the ones in the binary; an empty name is no directory. It is an error when a file there cannot be
// read, or is none of the prompts.
func Load(dir string) (*Set, error) {
	s := &Set{sounds: map[string]*[prompts]func() []int16{}}
	for _, lang := range Languages {
		s.sounds[lang] = new([prompts]func() []int16)
		for p, name := range names {
			s.sounds[lang][p] = sync.OnceValue(func() []int16 { return builtIn(lang + "/" + name + ".wav") })
		}
	}
	if dir == "" {
		return s, nil
	}
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	for _, lang := range Languages {
		if err := s.replace(lang, filepath.Join(dir, lang)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// builtIn decodes a prompt of the binary, when it is heard first.
func builtIn(path string) []int16 {
	b, err := files.ReadFile(path)
	if err != nil {
		panic(err) // it is in the binary
	}
	pcm, err := wav.Decode(b)
	if err != nil {
		panic(fmt.Errorf("%s: %w", path, err))
	}
	return pcm
}

// replace takes the files of one language, which need not be there.
func (s *Set) replace(lang, dir string) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range list {
		name, ok := strings.CutSuffix(e.Name(), ".wav")
		if !ok {
			continue
		}
		path := filepath.Join(dir, e.Name())
		p := slices.Index(names[:], name)
		if p < 0 {
			return fmt.Errorf("%s: there is no such prompt; there are %s", path, strings.Join(names[:], ", "))
		}
		b, err := read(path)
		if err != nil {
			return err
		}
		pcm, err := wav.Decode(b)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		s.sounds[lang][p] = func() []int16 { return pcm }
	}
	return nil
}

// read reads a file that is not too large.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, wav.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// Sound gives a prompt, 16 kHz, one channel. It is the same for all who ask: not to be changed.
func (s *Set) Sound(lang string, p Prompt) []int16 {
	if s.sounds[lang] == nil {
		lang = Languages[0]
	}
	return s.sounds[lang][p]()
}

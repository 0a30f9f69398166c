package speech

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
)

// Program is what Find looks for.
const Program = "espeak-ng"

// Bounds of a process.
const (
	mostMemory  = 256 << 20 // bytes of address space
	mostCPU     = 4         // s
	mostFiles   = 32
	mostSamples = MaxSeconds * 24000 // that it writes; its own rate is 22,050 Hz
	niceness    = 5
)

// patience is how long a process may take. Tests on busy machines have more.
var patience = 4 * time.Second

// tongue is how a language is spoken: espeak-ng's voice, words a minute, gaps between words.
type tongue struct{ voice, speed, gap string }

var tongues = map[string]tongue{"vi": {"vi", "150", "2"}, "en": {"en-gb", "155", "1"}}

// Espeak speaks by starting espeak-ng once for each text.
type Espeak struct{ Path string }

// Find looks for the program where programs are.
func Find() (Espeak, error) {
	path, err := exec.LookPath(Program)
	return Espeak{path}, err
}

// Speak gives a text as sound at wav.Rate, at the level of prompts. The text is all that the program is given beside
// the language, and by its standard input; it has no environment, a bounded memory and a few seconds.
func (e Espeak) Speak(ctx context.Context, lang, text string) ([]int16, error) {
	t, ok := tongues[lang]
	if !ok {
		return nil, fmt.Errorf("speech: no language %q", lang)
	}
	if text = plain(text); text == "" {
		return nil, errors.New("speech: nothing to say")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := run(ctx, e.Path, []string{"-v", t.voice, "-s", t.speed, "-g", t.gap, "-b", "1", "--stdin", "--stdout"}, text+"\n")
	if err != nil {
		return nil, fmt.Errorf("speech: %s: %w", Program, err)
	}
	pcm, err := wav.Decode(out)
	if err != nil {
		return nil, fmt.Errorf("speech: %s: %w", Program, err)
	}
	if pcm = wav.Trim(pcm); len(pcm) == 0 {
		return nil, errors.New("speech: the text cannot be pronounced")
	}
	return wav.Level(bounded(pcm), wav.Usual), nil
}

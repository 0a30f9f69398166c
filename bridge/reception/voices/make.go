//go:build ignore

// make makes the prompts with espeak-ng: it speaks each text, cuts the silence around it, brings it to
// one level and writes it as IMA ADPCM. Run it here after a change: go run make.go
package main

import (
	"log"
	"os"
	"os/exec"
	"strings"

	"github.com/roombridge/roombridge/bridge/reception/voices"
	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
)

// tongue is how a language is spoken: espeak-ng's voice, words a minute, gaps between words.
type tongue struct {
	voice, speed, gap string
	texts             map[string]string
}

var tongues = map[string]tongue{
	"vi": {"vi", "150", "2", map[string]string{
		"welcome":        "Xin chào quý khách.",
		"number":         "Xin bấm số phòng họp, rồi bấm phím thăng.",
		"unknown-number": "Không có phòng họp nào mang số này. Xin bấm lại.",
		"pin":            "Xin bấm mã pin của phòng, rồi bấm phím thăng.",
		"wrong-pin":      "Mã pin không đúng.",
		"locked-out":     "Mã pin đã bị nhập sai quá nhiều lần.",
		"lobby":          "Xin chờ trong giây lát. Chủ phòng sẽ cho quý khách vào.",
		"locked":         "Phòng họp đã khoá.",
		"full":           "Phòng họp đã đầy.",
		"goodbye":        "Xin hãy gọi lại sau. Xin chào.",
		"calling":        "Đang gọi. Xin chờ trong giây lát.",
	}},
	"en": {"en-gb", "155", "1", map[string]string{
		"welcome":        "Welcome.",
		"number":         "Please type the number of your meeting room, then press the hash key.",
		"unknown-number": "No meeting room has this number. Please try again.",
		"pin":            "Please type the pin of the room, then press the hash key.",
		"wrong-pin":      "This pin is wrong.",
		"locked-out":     "There were too many wrong pins.",
		"lobby":          "Please wait a moment. The host will let you in.",
		"locked":         "The room is locked.",
		"full":           "The room is full.",
		"goodbye":        "Please call again later. Goodbye.",
		"calling":        "Calling. Please wait a moment.",
	}},
}

func main() {
	for _, lang := range voices.Languages {
		for _, name := range voices.Names {
			if err := tongues[lang].make(lang, name); err != nil {
				log.Fatalf("%s/%s: %v", lang, name, err)
			}
		}
	}
}

func (t tongue) make(lang, name string) error {
	cmd := exec.Command("espeak-ng", "-v", t.voice, "-s", t.speed, "-g", t.gap, "--stdin", "--stdout")
	cmd.Stdin, cmd.Stderr = strings.NewReader(t.texts[name]), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	pcm, err := wav.Decode(out)
	if err != nil {
		return err
	}
	pcm = wav.Level(wav.Trim(pcm), wav.Usual)
	return os.WriteFile(lang+"/"+name+".wav", wav.Encode(pcm), 0o644)
}

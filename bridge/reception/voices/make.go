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
	texts             map[voices.Prompt]string
}

var tongues = map[string]tongue{
	"vi": {"vi", "150", "2", map[voices.Prompt]string{
		voices.Welcome:       "Xin chào quý khách.",
		voices.Number:        "Xin bấm số phòng họp, rồi bấm phím thăng.",
		voices.UnknownNumber: "Không có phòng họp nào mang số này. Xin bấm lại.",
		voices.PIN:           "Xin bấm mã pin của phòng, rồi bấm phím thăng.",
		voices.ShortPIN:      "Mã pin có ít nhất bốn chữ số.",
		voices.WrongPIN:      "Mã pin không đúng.",
		voices.LockedOut:     "Mã pin đã bị nhập sai quá nhiều lần.",
		voices.Turn:          "Xin chờ trong giây lát. Mã pin của quý khách sẽ được kiểm tra khi đến lượt.",
		voices.Lobby:         "Xin chờ trong giây lát. Chủ phòng sẽ cho quý khách vào.",
		voices.Locked:        "Phòng họp đã khoá.",
		voices.Full:          "Phòng họp đã đầy.",
		voices.Goodbye:       "Xin hãy gọi lại sau. Xin chào.",
		voices.Calling:       "Đang gọi. Xin chờ trong giây lát.",
	}},
	"en": {"en-gb", "155", "1", map[voices.Prompt]string{
		voices.Welcome:       "Welcome.",
		voices.Number:        "Please type the number of your meeting room, then press the hash key.",
		voices.UnknownNumber: "No meeting room has this number. Please try again.",
		voices.PIN:           "Please type the pin of the room, then press the hash key.",
		voices.ShortPIN:      "A pin has at least four digits.",
		voices.WrongPIN:      "This pin is wrong.",
		voices.LockedOut:     "There were too many wrong pins.",
		voices.Turn:          "Please wait a moment. Your pin will be checked when it is your turn.",
		voices.Lobby:         "Please wait a moment. The host will let you in.",
		voices.Locked:        "The room is locked.",
		voices.Full:          "The room is full.",
		voices.Goodbye:       "Please call again later. Goodbye.",
		voices.Calling:       "Calling. Please wait a moment.",
	}},
}

func main() {
	for _, lang := range voices.Languages {
		for _, p := range voices.Prompts() {
			if err := tongues[lang].make(lang, p); err != nil {
				log.Fatalf("%s/%s: %v", lang, p, err)
			}
		}
	}
}

func (t tongue) make(lang string, p voices.Prompt) error {
	cmd := exec.Command("espeak-ng", "-v", t.voice, "-s", t.speed, "-g", t.gap, "--stdin", "--stdout")
	cmd.Stdin, cmd.Stderr = strings.NewReader(t.texts[p]), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	pcm, err := wav.Decode(out)
	if err != nil {
		return err
	}
	pcm = wav.Level(wav.Trim(pcm), wav.Usual)
	return os.WriteFile(lang+"/"+p.String()+".wav", wav.Encode(pcm), 0o644)
}

//go:build ignore

// make makes the prompts with espeak-ng: it speaks each text, cuts the silence around it, brings it to
// one level and writes it as IMA ADPCM. Run it here after a change: go run make.go
package main

import (
	"context"
	"log"
	"os"

	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/reception/voices"
	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
)

// texts are what prompts say.
var texts = map[string]map[voices.Prompt]string{
	"vi": {
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
	},
	"en": {
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
	},
}

func main() {
	espeak, err := speech.Find()
	if err != nil {
		log.Fatal(err)
	}
	for _, lang := range voices.Languages {
		for _, p := range voices.Prompts() {
			pcm, err := espeak.Speak(context.Background(), lang, texts[lang][p])
			if err == nil {
				err = os.WriteFile(lang+"/"+p.String()+".wav", wav.Encode(pcm), 0o644)
			}
			if err != nil {
				log.Fatalf("%s/%s: %v", lang, p, err)
			}
		}
	}
}

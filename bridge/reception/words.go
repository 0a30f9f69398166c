package reception

import (
	"fmt"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

// Languages.
const (
	langVI = "vi"
	langEN = "en"
)

// words are the texts of a language.
type words struct {
	welcome, askNumber, askPIN       string
	keys, start                      string // of an entry with digits, and of an empty one
	unknown, wrong, shortPIN, locked string
	lockedOut, hold, rest            string
	lobby, lobbyMore, lobbyHost      string
	full, declined, late, refused    string
	unopened, skip, entering         string
	calling, unanswered              string
	wrongThrice, goodbye, encrypted  string
	otherTongue                      string
	left                             func(n int) string
	in                               func(d time.Duration) string
}

var texts = map[string]*words{
	langVI: {
		welcome: "Chào mừng", askNumber: "Bấm số phòng họp, rồi bấm #", askPIN: "Bấm mã PIN của phòng, rồi bấm #",
		keys: "# xong · * xoá", start: "# nghe lại · * English",
		unknown: "Không có phòng họp nào mang số này", wrong: "Mã PIN sai", shortPIN: "Mã PIN có ít nhất 4 chữ số", locked: "Phòng đã khoá",
		lockedOut: "Đã nhập sai mã PIN quá nhiều lần", hold: "Mã PIN của bạn sẽ được kiểm tra khi đến lượt", rest: "Xin chờ, rồi nhập lại",
		lobby: "Xin chờ trong giây lát", lobbyMore: "Chủ phòng sẽ cho bạn vào", lobbyHost: "Chủ phòng: bấm mã PIN, rồi bấm #",
		full: "Phòng đã đầy", declined: "Chủ phòng không cho bạn vào", late: "Không nhận được phím bấm", refused: "Không vào được phòng",
		unopened: "Không có ai cho bạn vào", skip: "# vào ngay", entering: "Bạn đang vào phòng %s.",
		calling: "Đang gọi…", unanswered: "Không có ai trả lời",
		wrongThrice: "Mã PIN sai ba lần", goodbye: "Xin hãy gọi lại sau", encrypted: "Phòng này chỉ nhận cuộc gọi mã hoá", otherTongue: "* English",
		left: func(n int) string { return fmt.Sprintf("Mã PIN sai. Còn %d lần", n) },
		in: func(d time.Duration) string {
			if d > 99*time.Second {
				return fmt.Sprintf("Thử lại sau %d phút", minutes(d))
			}
			return fmt.Sprintf("Thử lại sau %d giây", seconds(d))
		},
	},
	langEN: {
		welcome: "Welcome", askNumber: "Type the number of your meeting room, then #", askPIN: "Type the room's PIN, then #",
		keys: "# done · * clear", start: "# hear again · * Tiếng Việt",
		unknown: "No meeting room has this number", wrong: "Wrong PIN", shortPIN: "A PIN has at least 4 digits", locked: "The room is locked",
		lockedOut: "Too many wrong PINs", hold: "Your PIN is looked at when it is your turn", rest: "Please wait, then type it again",
		lobby: "Please wait a moment", lobbyMore: "The host will let you in", lobbyHost: "Host: type your PIN, then #",
		full: "The room is full", declined: "The host did not let you in", late: "No key was pressed", refused: "You cannot get in",
		unopened: "Nobody let you in", skip: "# go in now", entering: "You are entering %s.",
		calling: "Calling…", unanswered: "Nobody answered",
		wrongThrice: "Three wrong PINs", goodbye: "Please call again later", encrypted: "This room takes encrypted calls alone", otherTongue: "* Tiếng Việt",
		left: func(n int) string {
			if n == 1 {
				return "Wrong PIN. One try is left"
			}
			return fmt.Sprintf("Wrong PIN. %d tries are left", n)
		},
		in: func(d time.Duration) string {
			if d > 99*time.Second {
				return fmt.Sprintf("Try again in %d minutes", minutes(d))
			}
			return fmt.Sprintf("Try again in %d seconds", seconds(d))
		},
	},
}

func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }
func seconds(d time.Duration) int { return max(int((d+time.Second-1)/time.Second), 0) }

func (m *Machine) words() *words { return texts[m.lang] }

// nowhere says why a number leads nowhere. What an administrator wrote is in no other language.
func (w *words) nowhere(no *bridge.Refusal) string {
	switch no.Cause {
	case bridge.CauseNoRoute:
		return w.unknown
	case bridge.CauseEncryption:
		return w.encrypted
	}
	return no.Reason
}

// partingPrompts are what is said with a refusal.
func (m *Machine) partingPrompts() []voices.Prompt {
	switch {
	case m.cause != nil:
		return []voices.Prompt{voices.LockedOut, voices.Goodbye}
	case m.tries >= pinTries:
		return []voices.Prompt{voices.WrongPIN, voices.Goodbye}
	case m.route.Dial != nil || m.numbers >= numberTries:
	case m.parting.Cause == bridge.CauseCapacity:
		return []voices.Prompt{voices.Full, voices.Goodbye}
	case m.parting.Cause == bridge.CauseForbidden:
		return []voices.Prompt{voices.Locked, voices.Goodbye}
	}
	return []voices.Prompt{voices.Goodbye}
}

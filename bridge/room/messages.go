package room

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge"
)

// request is a message of the page; docs/signalling.md says which members
// each type has.
type request struct {
	Type      string          `json:"type"`
	SDP       string          `json:"sdp"`
	Revision  int64           `json:"revision"`
	Candidate json.RawMessage `json:"candidate"`
	Audio     bool            `json:"audio"`
	Video     bool            `json:"video"`
	Sharing   bool            `json:"sharing"`
	Slots     []want          `json:"slots"`
	MID       string          `json:"mid"`
	N         json.Number     `json:"n"`

	PIN         string        `json:"pin"`
	Participant string        `json:"participant"`
	Muted       bool          `json:"muted"`
	Waiting     string        `json:"waiting"`
	Admit       bool          `json:"admit"`
	Entry       bridge.Entry  `json:"entry"`
	Layout      bridge.Layout `json:"layout"`
	Target      string        `json:"target"`
	Role        string        `json:"role"`
}

// want is what one slot shall show.
type want struct {
	MID         string `json:"mid"`
	Participant string `json:"participant"`
	Kind        string `json:"kind"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
}

const kindMain, kindContent = "main", "content"

var (
	errTooLong   = errors.New("the message is too long")
	errUnread    = errors.New("the message is not the JSON object it should be")
	errTooMany   = errors.New("too many messages in too short a time")
	errReplaced  = errors.New("this connection was replaced by a newer one")
	errWantSlots = errors.New("want names too many slots, a slot twice or one that does not exist")
)

func readRequest(msg []byte) (request, error) {
	var r request
	if len(msg) > maxMessage {
		return r, errTooLong
	}
	if !utf8.Valid(msg) || json.Unmarshal(msg, &r) != nil {
		return r, errUnread
	}
	return r, nil
}

// checkWants bounds a `want`.
func checkWants(slots []want) error {
	if len(slots) > maxSlots {
		return errWantSlots
	}
	seen := map[string]bool{}
	for i, s := range slots {
		if !isToken(s.MID) || seen[s.MID] || len(s.Participant) > maxToken {
			return errWantSlots
		}
		seen[s.MID] = true
		if s.Kind != kindContent {
			slots[i].Kind = kindMain
		}
		slots[i].Width, slots[i].Height = clampSize(s.Width), clampSize(s.Height)
	}
	return nil
}

func clampSize(n int) int { return max(0, min(n, 8192)) }

// readCandidate reads an RTCIceCandidateInit; nil is the end of candidates.
func readCandidate(raw json.RawMessage) (*webrtc.ICECandidateInit, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if len(raw) > 1024 {
		return nil, errTooLong
	}
	var c webrtc.ICECandidateInit
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, errUnread
	}
	return &c, nil
}

// cleanName makes a name fit to be shown: without control characters and
// doubled blanks, bounded, never empty.
func cleanName(s, fallback string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxName {
		s = strings.TrimSpace(string(r[:maxName]))
	}
	if s == "" {
		return fallback
	}
	return s
}

// What the room says.

type welcomeMsg struct {
	Type    string      `json:"type"`
	ID      string      `json:"id"`
	Resume  string      `json:"resume"`
	Resumed bool        `json:"resumed"`
	Room    string      `json:"room"`
	Dial    []string    `json:"dial"`
	Video   []string    `json:"video"`
	Version string      `json:"version"`
	Role    bridge.Role `json:"role"`
}

// doorMsg is said to who is not in: a PIN is asked for, or they wait.
type doorMsg struct {
	Type  string `json:"type"`
	Asks  string `json:"asks"`            // "pin" or "wait"
	Tries int    `json:"tries,omitempty"` // of a PIN, how many are left
	Wrong bool   `json:"wrong,omitempty"` // the last one was
	Host  bool   `json:"host,omitempty"`  // the PIN of a host may be given
}

type silenceMsg struct {
	Type string `json:"type"`
	On   bool   `json:"on"`
}

// stateMsg is how the room is led.
type stateMsg struct {
	Type    string        `json:"type"`
	Entry   bridge.Entry  `json:"entry"`
	Layout  bridge.Layout `json:"layout"`
	HostPIN bool          `json:"host_pin,omitempty"` // who types it leads
	Dial    string        `json:"dial,omitempty"`     // what this page may call: "devices" or "addresses"
}

type waitingMsg struct {
	Type string       `json:"type"`
	List []waitingOne `json:"list"`
}

type waitingOne struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Kind   string    `json:"kind"`
	Number string    `json:"number,omitempty"`
	Since  time.Time `json:"since"`
}

type devicesMsg struct {
	Type string      `json:"type"`
	List []deviceOne `json:"list"`
}

type deviceOne struct {
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
	Model    string `json:"model,omitempty"`
	Online   bool   `json:"online"`
}

// dialMsg is how a call that a host placed goes.
type dialMsg struct {
	Type   string `json:"type"`
	Target string `json:"target"`
	State  string `json:"state"` // "calling", "answered" or "failed"
	Cause  string `json:"cause,omitempty"`
	Reason string `json:"reason,omitempty"`
}

type answerMsg struct {
	Type     string `json:"type"`
	SDP      string `json:"sdp"`
	Revision int64  `json:"revision"`
}

type renegotiateMsg struct {
	Type    string `json:"type"`
	Restart bool   `json:"restart"`
}

type participantsMsg struct {
	Type string           `json:"type"`
	List []participantMsg `json:"list"`
}

type participantMsg struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Kind     string      `json:"kind"`
	Device   string      `json:"device,omitempty"`
	Number   string      `json:"number,omitempty"`
	Protocol string      `json:"protocol,omitempty"`
	Role     bridge.Role `json:"role"`
	Silenced bool        `json:"silenced,omitempty"`
	Audio    bool        `json:"audio"`
	Video    bool        `json:"video"`
	Sharing  bool        `json:"sharing"`
	Picture  bool        `json:"picture"`
}

type speakerMsg struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type levelsMsg struct {
	Type   string         `json:"type"`
	Levels map[string]int `json:"levels"`
}

type slotsMsg struct {
	Type  string    `json:"type"`
	Slots []slotMsg `json:"slots"`
}

type slotMsg struct {
	MID         string `json:"mid"`
	Participant string `json:"participant"`
	Kind        string `json:"kind"`
	State       string `json:"state"`
	Reason      string `json:"reason"`
}

type limitsMsg struct {
	Type      string        `json:"type"`
	Encodings []encodingMsg `json:"encodings"`
}

type encodingMsg struct {
	RID        string `json:"rid"`
	Active     bool   `json:"active"`
	MaxBitrate int    `json:"max_bitrate"`
	MaxWidth   int    `json:"max_width"`
	MaxHeight  int    `json:"max_height"`
	MaxFPS     int    `json:"max_fps"`
}

type qualityMsg struct {
	Type        string  `json:"type"`
	Up          int     `json:"up"`
	Down        int     `json:"down"`
	Loss        float64 `json:"loss"`
	RTT         int     `json:"rtt_ms"`
	BitrateDown int     `json:"bitrate_down"`
}

type pongMsg struct {
	Type string      `json:"type"`
	N    json.Number `json:"n"`
}

type errorMsg struct {
	Type   string `json:"type"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

type byeMsg errorMsg

func newBye(code, reason string) byeMsg { return byeMsg{"bye", code, reason} }

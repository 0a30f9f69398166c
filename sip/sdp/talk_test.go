package sdp

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

var update = flag.Bool("update", false, "write what we say now into the recorded conversations")

// TestTalks replays conversations. A file is a list of steps:
//
//	>>> offer      the far end's description follows; ours is answered
//	<<< answer     what we must answer
//	<<< refuse     that we must refuse, with code and text
//	<<< offer      we offer this
//	>>> answer     the far end's answer follows
//	=== session    what is agreed, in short
//	!!! WORD…      something happens here: rollback, restart, policy, direction, video
//
// With -update our own parts are written anew, for reading before a commit.
func TestTalks(t *testing.T) {
	files, _ := filepath.Glob("testdata/talks/*.txt")
	if len(files) == 0 {
		t.Fatal("no conversations")
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			was, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			is := replay(t, string(was))
			if *update {
				if err := os.WriteFile(f, []byte(is), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if is != string(was) {
				t.Errorf("the conversation became\n%s", is)
			}
		})
	}
}

// talk is a conversation being replayed.
type talk struct {
	s   *State
	out strings.Builder
}

// replay gives the conversation with our parts as they are now.
func replay(t *testing.T, text string) string {
	t.Helper()
	k := &talk{s: with(nil)}
	steps := strings.Split("\n"+text, "\n>>> ")
	k.ours(t, strings.TrimPrefix(steps[0], "\n"))
	for _, step := range steps[1:] {
		kind, rest, _ := strings.Cut(step, "\n")
		body, after := untilMarker(rest)
		fmt.Fprintf(&k.out, ">>> %s\n%s", kind, body)
		k.theirs(t, kind, body)
		k.ours(t, after)
	}
	return k.out.String()
}

// untilMarker cuts a body off in front of the next step.
func untilMarker(s string) (body, rest string) {
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	end := len(s)
	for _, m := range []string{"<<< ", "=== ", "!!! "} {
		if i := strings.Index("\n"+s, "\n"+m); i >= 0 {
			end = min(end, i)
		}
	}
	return s[:end], s[end:]
}

// ours goes through events and offers of ours; what we said before is dropped.
func (k *talk) ours(t *testing.T, text string) {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			k.out.WriteString(line + "\n")
		case strings.HasPrefix(line, "!!! "):
			k.out.WriteString(line + "\n")
			k.happens(t, strings.Fields(line)[1:])
		case line == "<<< offer":
			fmt.Fprintf(&k.out, "%s\n%s", line, strings.ReplaceAll(mustOffer(t, k.s), "\r", ""))
		}
	}
}

func (k *talk) happens(t *testing.T, words []string) {
	t.Helper()
	switch words[0] {
	case "rollback":
		k.s.Rollback()
	case "restart":
		k.s.Restart()
	case "policy":
		caps := ourCaps()
		caps.Encryption = media.Policy(words[1])
		k.s.SetCapabilities(caps)
	case "direction":
		k.s.SetDirection(0, map[string]media.Direction{"sendonly": media.Send, "sendrecv": media.SendRecv}[words[1]])
	default:
		t.Fatalf("what is %q?", words)
	}
}

// theirs takes a description of the far end and writes what comes of it.
func (k *talk) theirs(t *testing.T, kind, body string) {
	t.Helper()
	d, err := Parse(bytes.ReplaceAll([]byte(body), []byte("\n"), []byte("\r\n")))
	if err != nil {
		fmt.Fprintf(&k.out, "<<< refuse 400 %v\n", err)
		return
	}
	if kind == "answer" {
		_, err = k.s.ApplyAnswer(d)
	} else {
		var ours []byte
		ours, _, err = k.s.Answer(d)
		if err == nil {
			fmt.Fprintf(&k.out, "<<< answer\n%s", bytes.ReplaceAll(ours, []byte("\r"), nil))
		}
	}
	var m *Mismatch
	if errors.As(err, &m) {
		fmt.Fprintf(&k.out, "<<< refuse 488 %d %s\n", m.Code, m.Text)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&k.out, "=== session\n%s", inShort(k.s.Session()))
}

// inShort tells of each stream what matters.
func inShort(s media.Session) string {
	var b strings.Builder
	for _, st := range s.Streams {
		if st.Send.Codec == "" {
			fmt.Fprintf(&b, "%s: none\n", st.Kind)
			continue
		}
		fmt.Fprintf(&b, "%s: %s to %s, rtcp %s; %s %d", st.Kind, st.Direction, st.Remote, st.RemoteRTCP, st.Send.Codec, st.Send.PT)
		if st.SendDTMF != 0 {
			fmt.Fprintf(&b, ", events %d", st.SendDTMF)
		}
		if l := st.Send.Limits(); st.Kind == media.Video {
			fmt.Fprintf(&b, ", mode %d, %d blocks, %d a second", st.Send.H264.Mode, l.MaxFS, l.MaxMBPS)
		}
		fmt.Fprintf(&b, "; up to %d, wants up to %d", st.SendBitrate, st.RecvBitrate)
		for _, w := range feedbackWords {
			if st.Feedback.Has(w.means) {
				b.WriteString("; " + w.text)
			}
		}
		if st.Security.Keying != media.Plain {
			fmt.Fprintf(&b, "; %s %s", st.Security.Keying, st.Security.Suite)
		}
		if st.Held {
			b.WriteString("; held")
		}
		b.WriteString("\n")
	}
	return b.String()
}

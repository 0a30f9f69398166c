// Package siptest is a scripted SIP terminal for tests: it writes literal
// messages to a socket and reads what comes back, with no SIP library.
package siptest

import (
	"fmt"
	"strconv"
	"strings"
)

// Message is a message as it was read.
type Message struct {
	First   string // request or status line
	headers []field
	Body    string
	Raw     string
}

type field struct{ name, value string }

// Parse splits a message. It takes what is there and checks nothing.
func Parse(raw string) *Message {
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := &Message{First: lines[0], Body: body, Raw: raw}
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		m.headers = append(m.headers, field{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)})
	}
	return m
}

// Status is the code of a response, 0 of a request.
func (m *Message) Status() int {
	f := strings.Fields(m.First)
	if len(f) < 2 || f[0] != "SIP/2.0" {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n
}

// is tells a request of this method or a response of this status.
func (m *Message) is(what string) bool {
	f := strings.Fields(m.First)
	return len(f) > 1 && (f[0] == what || f[1] == what)
}

// Method is that of a request, or of the request that a response answers.
func (m *Message) Method() string {
	if m.Status() == 0 {
		return strings.Fields(m.First)[0]
	}
	f := strings.Fields(m.Get("cseq"))
	return f[len(f)-1]
}

// Get gives the first header of a name, or "".
func (m *Message) Get(name string) string {
	for _, h := range m.headers {
		if h.name == strings.ToLower(name) {
			return h.value
		}
	}
	return ""
}

// All gives all headers of a name.
func (m *Message) All(name string) []string {
	var all []string
	for _, h := range m.headers {
		if h.name == strings.ToLower(name) {
			all = append(all, h.value)
		}
	}
	return all
}

// Param gives a parameter of a header's value, or "".
func (m *Message) Param(header, name string) string {
	for part := range strings.SplitSeq(m.Get(header), ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// URI gives the address between angle brackets of a header.
func (m *Message) URI(header string) string {
	_, rest, ok := strings.Cut(m.Get(header), "<")
	if !ok {
		return ""
	}
	uri, _, _ := strings.Cut(rest, ">")
	return uri
}

// CSeq is the number of the message.
func (m *Message) CSeq() int {
	n, _ := strconv.Atoi(strings.Fields(m.Get("cseq") + " 0")[0])
	return n
}

// Reply writes the response to a request, with more header lines and a body.
func (m *Message) Reply(status int, phrase, toTag, extra, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", status, phrase)
	for _, v := range m.All("via") {
		fmt.Fprintf(&b, "Via: %s\r\n", v)
	}
	for _, v := range m.All("record-route") {
		fmt.Fprintf(&b, "Record-Route: %s\r\n", v)
	}
	to := m.Get("to")
	if !strings.Contains(to, ";tag=") && toTag != "" {
		to += ";tag=" + toTag
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", m.Get("from"), to, m.Get("call-id"), m.Get("cseq"))
	b.WriteString(lines(extra))
	b.WriteString(withBody(body))
	return b.String()
}

// lines gives header lines CRLF ends.
func lines(extra string) string {
	extra = strings.TrimSpace(extra)
	if extra == "" {
		return ""
	}
	return strings.ReplaceAll(strings.ReplaceAll(extra, "\r\n", "\n"), "\n", "\r\n") + "\r\n"
}

func withBody(body string) string {
	return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

// SDP is the body of a terminal with audio and video at ports of 127.0.0.1.
func SDP(version int, direction string) string {
	return strings.ReplaceAll(fmt.Sprintf(`v=0
o=room 1 %d IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
b=AS:2048
t=0 0
m=audio 40000 RTP/AVP 9 0 101
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=%s
m=video 40002 RTP/AVP 97
a=rtpmap:97 H264/90000
a=fmtp:97 profile-level-id=42801f;packetization-mode=1;max-fs=3600;max-mbps=108000
a=rtcp-fb:* nack pli
a=%s
`, version, direction, direction), "\n", "\r\n")
}

// Package sipua is the smallest SIP terminal that a gateway can be measured
// with: it calls, acknowledges, answers what is asked of it within a call, and
// hangs up. It shares no code with the gateway's stack.
package sipua

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// message is a request or response as it was read.
type message struct {
	first   string
	headers [][2]string // names in lower case
	body    string
}

// Bounds of what is read.
const (
	maxMessage = 64 << 10
	maxHeaders = 100
)

var errMessage = errors.New("sipua: malformed message")

// parse reads a message of one datagram.
func parse(b []byte) (*message, error) {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return nil, errMessage
	}
	m, err := parseHead(string(head))
	if err != nil {
		return nil, err
	}
	m.body = string(body)
	return m, nil
}

func parseHead(head string) (*message, error) {
	lines := strings.Split(head, "\r\n")
	if len(lines) > maxHeaders || len(strings.Fields(lines[0])) < 3 {
		return nil, errMessage
	}
	m := &message{first: lines[0]}
	for _, l := range lines[1:] {
		name, value, ok := strings.Cut(l, ":")
		if !ok {
			return nil, errMessage
		}
		m.headers = append(m.headers, [2]string{longName(strings.ToLower(strings.TrimSpace(name))), strings.TrimSpace(value)})
	}
	return m, nil
}

// longName undoes the compact forms (RFC 3261 7.3.3) that matter here.
func longName(s string) string {
	switch s {
	case "i":
		return "call-id"
	case "l":
		return "content-length"
	case "m":
		return "contact"
	case "f":
		return "from"
	case "t":
		return "to"
	case "v":
		return "via"
	}
	return s
}

// read takes one message from a stream (RFC 3261 18.3).
func read(r *bufio.Reader) (*message, error) {
	var head strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" && head.Len() > 0 {
			break
		}
		if head.Len()+len(line) > maxMessage {
			return nil, errMessage
		}
		if line == "" {
			continue // keep-alive between messages
		}
		if head.Len() > 0 {
			head.WriteString("\r\n")
		}
		head.WriteString(line)
	}
	m, err := parseHead(head.String())
	if err != nil {
		return nil, err
	}
	n, _ := strconv.Atoi(m.get("content-length"))
	if n < 0 || n > maxMessage {
		return nil, errMessage
	}
	body := make([]byte, n)
	_, err = io.ReadFull(r, body)
	m.body = string(body)
	return m, err
}

// get gives the first header of a name, or "".
func (m *message) get(name string) string {
	for _, h := range m.headers {
		if h[0] == name {
			return h[1]
		}
	}
	return ""
}

// status is the code of a response, 0 of a request.
func (m *message) status() int {
	f := strings.Fields(m.first)
	if f[0] != "SIP/2.0" {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n
}

// method is that of a request, or of the request that was answered.
func (m *message) method() string {
	if m.status() == 0 {
		return strings.Fields(m.first)[0]
	}
	f := strings.Fields(m.get("cseq"))
	if len(f) < 2 {
		return ""
	}
	return f[1]
}

// tag is the tag of a From or To.
func (m *message) tag(header string) string {
	_, after, _ := strings.Cut(m.get(header), ";tag=")
	tag, _, _ := strings.Cut(after, ";")
	return tag
}

// target is the address in Contact.
func (m *message) target() string {
	_, rest, ok := strings.Cut(m.get("contact"), "<")
	if !ok {
		return m.get("contact")
	}
	uri, _, _ := strings.Cut(rest, ">")
	return uri
}

// reply writes the response to a request.
func (m *message) reply(status, tag, contact, body string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %s\r\n", status)
	to := m.get("to")
	if !strings.Contains(to, ";tag=") {
		to += ";tag=" + tag
	}
	for _, h := range m.headers {
		switch h[0] {
		case "via", "from", "call-id", "cseq", "record-route":
			fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
		case "to":
			fmt.Fprintf(&b, "to: %s\r\n", to)
		}
	}
	if contact != "" {
		fmt.Fprintf(&b, "contact: %s\r\n", contact)
	}
	if body != "" {
		b.WriteString("content-type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "content-length: %d\r\n\r\n%s", len(body), body)
	return []byte(b.String())
}

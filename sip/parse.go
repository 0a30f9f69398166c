package sip

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// parser reads only what every message needs. A terminal that writes an odd
// Contact or Max-Forwards loses that header, not the call; the rest is parsed
// where it is used.
var parser = newParser()

func newParser() *sipgo.Parser {
	all := sipgo.DefaultHeadersParser()
	few := make(map[string]sipgo.HeaderParser)
	for _, name := range []string{"via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "content-length", "l"} {
		few[name] = all[name]
	}
	return sipgo.NewParser(sipgo.WithHeadersParsers(few))
}

// parseError is a message that cannot be read. reply is a 400 to it, nil when
// it is no request or says too little to be answered.
type parseError struct {
	err   error
	reply []byte
}

func (e *parseError) Error() string { return e.err.Error() }
func (e *parseError) Unwrap() error { return e.err }

// parseMessage reads one whole message. It never panics and never keeps raw.
func parseMessage(raw []byte) (msg sipgo.Message, err error) {
	defer func() {
		// The parser is not ours; a message that breaks it must not break calls.
		if p := recover(); p != nil {
			msg, err = nil, malformed(raw, fmt.Errorf("parser: %v", p))
		}
	}()
	raw = normalise(raw)
	m, err := parser.ParseSIP(raw)
	if err != nil {
		return nil, malformed(raw, err)
	}
	if err := checkMandatory(m); err != nil {
		return nil, malformed(raw, err)
	}
	return m, nil
}

// checkMandatory holds a message to RFC 3261 8.1.1.
func checkMandatory(m sipgo.Message) error {
	cseq := m.CSeq()
	switch {
	case m.Via() == nil:
		return errors.New("no Via")
	case m.From() == nil:
		return errors.New("no From")
	case m.To() == nil:
		return errors.New("no To")
	case m.CallID() == nil:
		return errors.New("no Call-ID")
	case cseq == nil:
		return errors.New("no CSeq")
	}
	cseq.MethodName = sipgo.RequestMethod(strings.TrimSpace(string(cseq.MethodName)))
	if r, ok := m.(*sipgo.Request); ok && r.Method != cseq.MethodName {
		return errors.New("CSeq names another method")
	}
	return nil
}

// normalise gives the header section CRLF line ends, and cuts a datagram to
// its Content-Length (RFC 3261 18.3). A regular message is not copied.
func normalise(raw []byte) []byte {
	raw = bytes.TrimLeft(raw, "\r\n\x00")
	end, ok := headEnd(raw)
	if !ok {
		return raw
	}
	head := raw[:end]
	if bytes.Count(head, []byte("\r\n")) == bytes.Count(head, []byte("\n")) && bytes.Count(head, []byte("\r")) == bytes.Count(head, []byte("\n")) {
		if n, ok := contentLength(head); ok && len(raw) > end+n {
			return raw[:end+n]
		}
		return raw
	}
	var b bytes.Buffer
	for line := range bytes.Lines(head) {
		b.Write(bytes.ReplaceAll(bytes.TrimRight(line, "\r\n"), []byte("\r"), nil))
		b.WriteString("\r\n")
	}
	b.Write(raw[end:])
	return b.Bytes()
}

// malformed builds the 400 that a broken request gets, from the lines that an
// answer has to repeat (RFC 3261 8.2.6.2).
func malformed(raw []byte, cause error) *parseError {
	e := &parseError{err: cause}
	end, ok := headEnd(raw)
	if !ok {
		end = len(raw)
	}
	if end > maxHead {
		return e
	}
	first, rest, _ := bytes.Cut(raw[:end], []byte("\r\n"))
	method, tail, ok := bytes.Cut(first, []byte(" "))
	if !ok || !bytes.HasSuffix(tail, []byte("SIP/2.0")) || bytes.Equal(method, []byte("ACK")) || bytes.HasPrefix(first, []byte("SIP/2.0")) {
		return e
	}
	var b bytes.Buffer
	b.WriteString("SIP/2.0 400 Bad Request\r\n")
	seen := map[string]bool{}
	for line := range bytes.Lines(rest) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		full, ok := repeated[strings.ToLower(string(bytes.TrimSpace(name)))]
		if ok && (full == "Via" || !seen[full]) {
			seen[full] = true
			b.Write(bytes.TrimRight(line, "\r\n"))
			b.WriteString("\r\n")
		}
	}
	if !seen["Via"] {
		return e
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	e.reply = b.Bytes()
	return e
}

// repeated are the headers that a response takes from its request.
var repeated = map[string]string{
	"via": "Via", "v": "Via", "from": "From", "f": "From", "to": "To", "t": "To",
	"call-id": "Call-ID", "i": "Call-ID", "cseq": "CSeq",
}

package sip

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

const typeSDP = "application/sdp"

// errBodyType is a body that gets 415.
var errBodyType = errors.New("sip: only application/sdp is understood")

// bodySource is a message whose body is looked at.
type bodySource interface {
	headerSource
	Body() []byte
}

// sessionBody gives the session description of a message, nil when it has no
// body. Some call managers wrap it into multipart/mixed.
func sessionBody(m bodySource) ([]byte, error) {
	body := m.Body()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if enc, ok := header(m, "Content-Encoding"); ok && !strings.EqualFold(enc, "identity") {
		return nil, errBodyType
	}
	typ := contentType(m)
	switch {
	case typ == typeSDP, typ == "" && bytes.HasPrefix(body, []byte("v=0")):
		return body, nil
	case strings.HasPrefix(typ, "multipart/"):
		return partOf(m, body)
	}
	return nil, errBodyType
}

// partOf finds the session description among the parts of a body.
func partOf(m headerSource, body []byte) ([]byte, error) {
	full, _ := header(m, "Content-Type")
	_, p, err := mime.ParseMediaType(full)
	if err != nil || p["boundary"] == "" {
		return nil, errBodyType
	}
	r := multipart.NewReader(bytes.NewReader(body), p["boundary"])
	for range 8 {
		part, err := r.NextRawPart()
		if err != nil {
			break
		}
		typ, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if strings.EqualFold(typ, typeSDP) {
			return io.ReadAll(io.LimitReader(part, maxMessage))
		}
	}
	return nil, errBodyType
}

// setSDP gives a message a session description.
func setSDP(m sipgo.Message, body []byte) {
	m.AppendHeader(sipgo.NewHeader("Content-Type", typeSDP))
	m.SetBody(body)
}

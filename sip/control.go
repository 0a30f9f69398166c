package sip

import (
	"bytes"
	"encoding/xml"
	"io"
	"time"
)

// keyframeBody asks for a full picture, RFC 5168.
const keyframeBody = `<?xml version="1.0" encoding="utf-8"?>` + "\r\n" +
	`<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>` + "\r\n"

// wantsKeyframe tells whether a media_control body asks for a full picture.
// It reads at most a few kB and a few dozen elements.
func wantsKeyframe(body []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(body[:min(len(body), 4096)]))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	encoder := false
	for range 64 {
		tok, err := d.RawToken()
		if err != nil {
			return false
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "to_encoder":
			encoder = true
		case "picture_fast_update":
			return encoder
		}
	}
	return false
}

// keyframeAsker bounds our own requests for keyframes by INFO: one at a time,
// at most one in half a second (as FreeSWITCH does), none after a refusal.
type keyframeAsker struct {
	last    time.Time
	waiting bool
	refused bool
}

const keyframeEvery = 500 * time.Millisecond

// ask tells whether a request may go out now, and notes it.
func (k *keyframeAsker) ask(now time.Time) bool {
	if k.refused || k.waiting || !k.last.IsZero() && now.Sub(k.last) < keyframeEvery {
		return false
	}
	k.last, k.waiting = now, true
	return true
}

// answered takes the status of the answer, 0 for none. A 4xx means that the
// far end knows no such request; 408 and 491 pass, and 401 and 407 are asked
// again with credentials.
func (k *keyframeAsker) answered(status int) {
	k.waiting = false
	if status >= 400 && status < 500 && status != 408 && status != 491 || status == 501 {
		k.refused = true
	}
}

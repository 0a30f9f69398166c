package sip

import (
	"time"

	sipgo "github.com/emiago/sipgo/sip"
)

// onInfo takes digits and keyframe requests (INTEROP 2.8, 2.9).
func (l *leg) onInfo(in *inbound) {
	if len(in.req.Body()) == 0 { // a keep-alive
		in.reply(200)
		return
	}
	typ := contentType(in.req)
	switch typ {
	case typeDTMF, typeDTMFRelay, typeNortel:
		in.reply(200)
		for _, d := range parseDigits(typ, in.req.Body()) {
			l.pressed(d, false)
		}
	case typeControl:
		in.reply(200)
		if l.call != nil && wantsKeyframe(in.req.Body()) {
			l.call.KeyframeWanted()
		}
	default:
		in.reply(415, sipgo.NewHeader("Accept", accepts))
	}
}

// pressed is a key of the terminal, reported by the stream or by INFO.
func (l *leg) pressed(d rune, stream bool) {
	if l.call != nil && !l.ended && l.digits.Admit(d, stream, time.Now()) {
		l.call.Digit(d)
	}
}

// requestKeyframe asks by INFO.
func (l *leg) requestKeyframe() {
	if !l.up() || l.answer != nil && l.answer.late || !l.keyframes.ask(time.Now()) {
		return
	}
	l.send(func() *sipgo.Request {
		req := l.dlg.request(sipgo.INFO)
		req.AppendHeader(sipgo.NewHeader("Content-Type", typeControl))
		req.SetBody([]byte(keyframeBody))
		return req
	}, func(res *sipgo.Response, err error) {
		switch {
		case err != nil:
			l.keyframes.answered(0)
		case !res.IsProvisional():
			l.keyframes.answered(res.StatusCode)
		}
	})
}

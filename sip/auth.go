package sip

import (
	"strings"

	"github.com/icholy/digest"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// credentials answers a challenge (RFC 3261 22, RFC 8760).
func (l *leg) credentials(req *sipgo.Request, res *sipgo.Response) (sipgo.Header, bool) {
	if l.e.cfg.Credentials == nil || l.out == nil {
		return nil, false
	}
	return authorize(req, res, l.out.target, l.e.cfg.Credentials)
}

// authorize picks the first challenge that can be answered.
func authorize(req *sipgo.Request, res *sipgo.Response, t bridge.Target, c Credentials) (sipgo.Header, bool) {
	ask, answer := "WWW-Authenticate", "Authorization"
	if res.StatusCode == 407 {
		ask, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	for _, h := range res.GetHeaders(ask) {
		ch, err := digest.ParseChallenge(h.Value())
		if err != nil {
			continue
		}
		ch.Algorithm = strings.ToUpper(ch.Algorithm) // some write md5
		user, password, ok := c(t, ch.Realm)
		if !ok {
			continue
		}
		cred, err := digest.Digest(ch, digest.Options{
			Method: string(req.Method), URI: req.Recipient.String(), Username: user, Password: password, Count: 1,
		})
		if err == nil {
			return sipgo.NewHeader(answer, cred.String()), true
		}
	}
	return nil, false
}

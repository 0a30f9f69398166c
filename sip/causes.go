package sip

import (
	"fmt"
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// outcome is a neutral cause in SIP: the status that refuses an invitation
// and the Q.850 cause that explains a refusal or BYE (RFC 3326, RFC 3398 8.2.6.1).
type outcome struct {
	status int
	q850   int
	text   string
}

var outcomes = map[bridge.Cause]outcome{
	bridge.CauseNormal:       {480, 16, "Normal call clearing"},
	bridge.CauseNoRoute:      {404, 1, "Unallocated number"},
	bridge.CauseForbidden:    {403, 21, "Call rejected"},
	bridge.CauseBusy:         {486, 17, "User busy"},
	bridge.CauseDeclined:     {603, 21, "Call rejected"},
	bridge.CauseNoAnswer:     {480, 19, "No answer"},
	bridge.CauseUnreachable:  {480, 20, "Subscriber absent"},
	bridge.CauseCancelled:    {487, 16, "Normal call clearing"},
	bridge.CauseMedia:        {488, 88, "Incompatible destination"},
	bridge.CauseEncryption:   {488, 88, "Incompatible destination"},
	bridge.CauseCapacity:     {503, 42, "Switching equipment congestion"},
	bridge.CauseMediaTimeout: {480, 41, "Temporary failure"},
	bridge.CauseSignalling:   {480, 102, "Recovery on timer expiry"},
	bridge.CauseProtocol:     {400, 111, "Protocol error"},
	bridge.CauseShutdown:     {503, 41, "Temporary failure"},
	bridge.CauseRemoved:      {480, 16, "Normal call clearing"},
	bridge.CauseInternal:     {500, 38, "Network out of order"},
}

func outcomeOf(c bridge.Cause) outcome {
	if o, ok := outcomes[c]; ok {
		return o
	}
	return outcomes[bridge.CauseInternal]
}

// retryAfter is what an overloaded gateway asks callers to wait, seconds.
const retryAfter = 5

// explain gives the headers that say why, for machines and for people.
func (o outcome) explain(agent, reason string) []sipgo.Header {
	h := []sipgo.Header{sipgo.NewHeader("Reason", fmt.Sprintf(`Q.850;cause=%d;text="%s"`, o.q850, o.text))}
	if reason != "" {
		h = append(h, warning(399, agent, reason))
	}
	if o.status == 503 {
		h = append(h, sipgo.NewHeader("Retry-After", strconv.Itoa(retryAfter)))
	}
	return h
}

// warning is RFC 3261 20.43: a text that a terminal may show.
func warning(code int, agent, text string) sipgo.Header {
	agent, _, _ = strings.Cut(agent, "/") // a pseudonym is one token
	return sipgo.NewHeader("Warning", fmt.Sprintf(`%d %s "%s"`, code, agent, quotable(text)))
}

// refusalOf says in neutral words why the far end refused a call of ours.
func refusalOf(res *sipgo.Response) *bridge.Refusal {
	return &bridge.Refusal{Cause: causeOf(res.StatusCode), Reason: answered(res)}
}

func causeOf(status int) bridge.Cause {
	switch status {
	case 401, 402, 403, 407:
		return bridge.CauseForbidden
	case 404, 410, 414, 416, 484, 485, 604:
		return bridge.CauseNoRoute
	case 408:
		return bridge.CauseNoAnswer
	case 480, 430:
		return bridge.CauseNoAnswer
	case 486, 600:
		return bridge.CauseBusy
	case 487:
		return bridge.CauseCancelled
	case 415, 488, 606:
		return bridge.CauseMedia
	case 494:
		return bridge.CauseEncryption
	case 603, 607:
		return bridge.CauseDeclined
	case 502, 503, 504:
		return bridge.CauseUnreachable
	}
	switch {
	case status >= 300 && status < 400: // moved; we do not follow
		return bridge.CauseNoRoute
	case status >= 500:
		return bridge.CauseUnreachable
	}
	return bridge.CauseProtocol
}

// answered puts a refusal of the far end into a sentence, with its Warning or
// Reason text where there is one.
func answered(res *sipgo.Response) string {
	s := fmt.Sprintf("the terminal answered %d %s", res.StatusCode, clean(res.Reason, 64))
	if t := saidWhy(res); t != "" {
		s += ": " + t
	}
	return s
}

// saidWhy finds a text for people in Warning or Reason.
func saidWhy(m headerSource) string {
	for _, name := range []string{"Warning", "Reason"} {
		v, ok := header(m, name)
		if !ok {
			continue
		}
		if _, t, ok := strings.Cut(v, `"`); ok {
			t, _, _ = strings.Cut(t, `"`)
			return clean(t, 128)
		}
	}
	return ""
}

// byeCause says why the far end hung up.
func byeCause(req *sipgo.Request) (bridge.Cause, string) {
	for _, v := range list(req, "Reason") {
		proto, p := params(v)
		n, ok := number(p["cause"], 999)
		if !ok {
			continue
		}
		text := clean(p["text"], 128)
		switch {
		case strings.EqualFold(proto, "SIP") && (n == 408 || n == 481 || n >= 500):
			return bridge.CauseSignalling, strings.TrimSpace(fmt.Sprintf("the far end gave up: SIP cause %d %s", n, text))
		case strings.EqualFold(proto, "Q.850") && n != 16 && n != 31:
			return bridge.CauseNormal, strings.TrimSpace(fmt.Sprintf("the terminal hung up: cause %d %s", n, text))
		}
	}
	return bridge.CauseNormal, "the terminal hung up"
}

package sip

import (
	"net/url"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/sdp"
)

// Bounds of what is kept of a far end's description, bytes.
const (
	maxAlias  = 128
	maxName   = 128
	maxDevice = 128
)

// callerOf describes the terminal that sent an INVITE. Some Poly calls carry
// no user in From: they are named from the o= line, else the host of Contact
// (INTEROP 2.1).
func callerOf(req *sipgo.Request, f flow, offer *sdp.Description) bridge.Caller {
	from := req.From()
	c := bridge.Caller{Addr: f.remote, Device: device(req), Name: displayed(from.DisplayName)}
	user := from.Address.User
	if from.Address.Scheme == "tel" {
		user = from.Address.Raw()
	}
	c.Alias = alias(user, from.Address.Host)
	if user != "" {
		return c
	}
	name := ""
	if offer != nil && offer.Origin.User != "-" {
		name = offer.Origin.User
	}
	if contact, ok := contactURI(req); name == "" && ok {
		name = contact.Host
	}
	if c.Name == "" {
		c.Name = clean(name, maxName)
	}
	return c
}

// answererOf describes the terminal that answered a call of ours.
func answererOf(res *sipgo.Response, f flow) bridge.Caller {
	return bridge.Caller{Addr: f.remote, Device: device(res), Name: displayed(res.To().DisplayName)}
}

// device is what the terminal says it is.
func device(m headerSource) string {
	for _, name := range []string{"User-Agent", "Server"} {
		if v, ok := header(m, name); ok {
			return clean(v, maxDevice)
		}
	}
	return ""
}

func alias(user, host string) string {
	if u, err := url.PathUnescape(user); err == nil {
		user = u
	}
	if user == "" {
		return clean(host, maxAlias)
	}
	if host == "" {
		return clean(user, maxAlias)
	}
	return clean(user+"@"+host, maxAlias)
}

// displayed undoes the escapes of a quoted string.
func displayed(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return clean(string(b), maxName)
}

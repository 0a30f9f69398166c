package sip

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
)

// secrets are the parts of a message that no trace may show: SRTP keys
// (RFC 4568, k= of RFC 4566), credentials, ICE passwords, passwords in URIs,
// and digits in INFO, which may be a PIN.
var secrets = []struct {
	find *regexp.Regexp
	with []byte
}{
	{regexp.MustCompile(`(?i)inline:[^\s|;]*`), []byte("inline:[masked]")},
	{regexp.MustCompile(`(?im)^k=.*$`), []byte("k=[masked]\r")},
	{regexp.MustCompile(`(?im)^((?:proxy-)?authorization[ \t]*:)[^\n]*(?:\n[ \t][^\n]*)*`), []byte("${1} [masked]\r")},
	{regexp.MustCompile(`(?im)^(a=ice-pwd:).*$`), []byte("${1}[masked]\r")},
	{regexp.MustCompile(`(?i)(sips?:[^:@\s<>;]*):[^@\s<>;]*@`), []byte("${1}:[masked]@")},
	{regexp.MustCompile(`(?im)^((?:signal|d)[ \t]*=[ \t]*)[0-9a-d*#]+`), []byte("${1}[masked]")},
}

// mask gives a message without its secrets.
func mask(raw []byte) []byte {
	for _, s := range secrets {
		raw = s.find.ReplaceAll(raw, s.with)
	}
	return maskBareDigits(raw)
}

// maskBareDigits hides the body of application/dtmf, which is the digit alone.
func maskBareDigits(raw []byte) []byte {
	end, ok := headEnd(raw)
	if ok && len(raw)-end <= 16 && bytes.Contains(bytes.ToLower(raw[:end]), []byte("application/dtmf")) && len(bytes.TrimSpace(raw[end:])) > 0 {
		return append(raw[:end:end], "[masked]"...)
	}
	return raw
}

func (t *transport) traced(what string, f flow, raw []byte) {
	if t.log.Enabled(context.Background(), slog.LevelDebug) {
		t.log.Debug("sip: "+what, "transport", f.network(), "remote", f.remote.String(), "message", string(mask(raw)))
	}
}

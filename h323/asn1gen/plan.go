package main

import (
	"fmt"
	"strings"
)

// plan says how files, types and alphabets are called.
type plan struct {
	files     map[string]string // first type of a file
	names     map[string]string // Go name of "Type.component"
	alphabets map[string]string // Go name of an alphabet
}

func readPlan(text string) (*plan, error) {
	p := &plan{map[string]string{}, map[string]string{}, map[string]string{}}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || strings.HasPrefix(f[0], "#"):
		case len(f) != 3:
			return nil, fmt.Errorf("not three words: %q", line)
		case f[0] == "file":
			p.files[f[2]] = f[1]
		case f[0] == "name":
			p.names[f[1]] = f[2]
		case f[0] == "alphabet":
			p.alphabets[f[2]] = f[1]
		default:
			return nil, fmt.Errorf("not known: %q", line)
		}
	}
	return p, nil
}

// short are first parts of names that Go writes in capitals.
var short = map[string]bool{"ip": true, "id": true, "url": true, "mc": true, "rtp": true, "tcp": true, "tls": true,
	"sip": true, "oid": true, "iv": true, "aal": true, "mcu": true, "gsm": true, "crc": true, "ras": true, "uu": true, "pdu": true, "guid": true}

// goName turns an ASN.1 name into an exported Go name: hyphens go, what follows
// them begins with a capital letter.
func goName(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		n := 0
		for n < len(part) && part[n] >= 'a' && part[n] <= 'z' {
			n++
		}
		if short[part[:n]] {
			part = strings.ToUpper(part[:n]) + part[n:]
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	if len(name) > 4 && name == strings.ToUpper(name) && !strings.ContainsAny(name, "0123456789-") {
		return name[:1] + strings.ToLower(name[1:]) // SIGNED, ENCRYPTED
	}
	return b.String()
}

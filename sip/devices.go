package sip

import (
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// Devices lists the terminals that are registered with us.
func (e *Endpoint) Devices() []bridge.Device {
	if e.reg == nil {
		return nil
	}
	e.reg.mu.Lock()
	defer e.reg.mu.Unlock()
	entries := e.reg.r.Entries(time.Now())
	list := make([]bridge.Device, 0, len(entries))
	for i := range entries {
		x, b := &entries[i], &entries[i].Best
		d := bridge.Device{
			Name: x.User, Protocol: "sip", Address: b.Source, Transport: b.Transport, Contacts: x.Contacts,
			Since: x.Since, Seen: b.Seen, Expires: b.Expires, Online: x.Online, Encrypted: b.Transport == "tls", User: x.Device, Tenant: x.Tenant,
		}
		if x.Device != x.User {
			d.Aliases = []string{x.Device}
		}
		d.Model, d.Software = product(b.Agent)
		list = append(list, d)
	}
	return list
}

// Unregister forgets the terminals that registered with the password of a device that is
// gone, or has another now; ha1 is that of the password that was proved, by SHA-256.
func (e *Endpoint) Unregister(gone func(tenant, device string, ha1 []byte) bool) {
	if e.reg == nil {
		return
	}
	e.reg.mu.Lock()
	events := e.reg.r.Forget(gone)
	e.reg.mu.Unlock()
	e.reg.log(events)
}

// product parts a User-Agent into what a terminal is and what runs on it.
func product(agent string) (model, software string) {
	name, rest, slash := strings.Cut(agent, "/")
	if slash && !strings.Contains(name, " ") {
		if name == "TANDBERG" { // a number, the software in brackets, and of newer ones the model
			return tandberg(rest)
		}
		return name, strings.TrimSpace(rest)
	}
	words := strings.Fields(agent)
	for i, w := range words {
		if i > 0 && isVersion(w) {
			return strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		}
	}
	return agent, ""
}

func tandberg(rest string) (model, software string) {
	number, rest, _ := strings.Cut(rest, " ")
	model, software = "TANDBERG "+number, strings.TrimSpace(rest)
	if inside, behind, ok := strings.Cut(strings.TrimPrefix(software, "("), ")"); ok {
		software = inside
		if behind = strings.TrimSpace(behind); behind != "" {
			model = behind
		}
	}
	return model, software
}

// isVersion tells "63.345.0.40" and "v1.1.0" from "VC800".
func isVersion(w string) bool {
	w = strings.TrimPrefix(strings.TrimPrefix(w, "v"), "V")
	return w != "" && w[0] >= '0' && w[0] <= '9' && strings.Contains(w, ".")
}

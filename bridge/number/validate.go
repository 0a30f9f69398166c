package number

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/roombridge/roombridge/bridge"
)

// Bounds of a plan.
const (
	MaxRules   = 100_000 // of a tenant
	MaxRegexes = 1_000   // of a tenant
	maxID      = 128     // bytes
	maxText    = 256     // bytes of label, reason, greeting
	maxList    = 64      // entries of a condition
)

// causes are those with which a rule may refuse.
var causes = map[string]bridge.Cause{
	"":            bridge.CauseForbidden,
	"no-route":    bridge.CauseNoRoute,
	"forbidden":   bridge.CauseForbidden,
	"busy":        bridge.CauseBusy,
	"declined":    bridge.CauseDeclined,
	"unreachable": bridge.CauseUnreachable,
	"encryption":  bridge.CauseEncryption,
	"capacity":    bridge.CauseCapacity,
}

var (
	layouts   = []string{"", "auto", "speaker", "one-plus-n", "grid", "content"}
	languages = []string{"", "vi", "en"}
	wants     = []Want{Either, Yes, No}
	protocols = []string{"sip", "h323"}
)

// Validate says what is wrong with a rule, all of it, or nil.
func (r *Rule) Validate() error {
	_, err := compile(*r, zones{})
	return err
}

// check looks at everything that compiling does not.
func (r *Rule) check() error {
	return errors.Join(
		texts(field{"id", r.ID}, field{"label", r.Label}, field{"reason", r.Reason}, field{"greeting", r.Greeting}),
		when(r.ID == "" || len(r.ID) > maxID, "id", "has 1 to 128 bytes"),
		when(r.Priority < 1 || r.Priority > 1_000_000, "priority", "is 1 to 1000000"),
		r.Conditions.check(),
		r.Outcome.check(),
		r.Settings.check(),
	)
}

func (c *Conditions) check() error {
	var errs []error
	for _, p := range c.Protocols {
		errs = append(errs, when(!slices.Contains(protocols, p), "protocols", "are sip and h323"))
	}
	for _, p := range c.Callers {
		errs = append(errs, when(p == "" || len(p) > 2*MaxNumber || strings.Count(p, "*") > 8, "callers", "have 1 to 128 bytes and at most 8 stars"),
			texts(field{"callers", p}))
	}
	for _, p := range c.Networks {
		errs = append(errs, when(!p.IsValid(), "networks", "are written 10.0.0.0/8"))
	}
	most := max(len(c.Protocols), len(c.Callers), len(c.Networks), len(c.Times))
	return errors.Join(append(errs, when(most > maxList, "conditions", "have at most 64 entries"),
		when(!slices.Contains(wants, c.Registered), "registered", "is yes, no or empty"),
		when(!slices.Contains(wants, c.Encrypted), "encrypted", "is yes, no or empty"))...)
}

func (o *Outcome) check() error {
	_, known := causes[o.Cause]
	switch o.Action {
	case ToRoom:
		return errors.Join(when(o.Room == "", "room", "is missing"), texts(field{"room", o.Room}),
			when(strings.Contains(o.Room, "@"), "room", "has no @: behind one stands whose room it is"))
	case ToDial:
		if number, trunk, ok := through(o.Target); ok {
			return errors.Join(texts(field{"target", number}, field{"target", trunk}),
				when(strings.Contains(trunk, "$"), "target", "names one trunk: callers choose none"))
		}
		scheme, rest, ok := strings.Cut(o.Target, ":")
		_, host, named := strings.Cut(rest, "@")
		return errors.Join(
			when(!ok || !slices.Contains([]string{"sip", "sips", "h323"}, scheme), "target", "is a number, or begins with sip:, sips: or h323:"),
			texts(field{"target", o.Target}),
			when(strings.Contains(o.Target, "$") && (!named || strings.Contains(host, "$")),
				"target", "has what was dialled before an @ alone: callers choose no host"))
	case Refuse:
		return when(!known, "cause", "is no-route, forbidden, busy, declined, unreachable, encryption or capacity")
	case ToReception:
		return nil
	}
	return when(true, "action", "is room, reception, dial or refuse")
}

func (s *Settings) check() error {
	return errors.Join(
		when(s.GuestPIN.typed != "" || s.GuestPIN.keep, "guest_pin", "is not sealed"),
		when(s.HostPIN.typed != "" || s.HostPIN.keep, "host_pin", "is not sealed"),
		when(s.Lobby && !s.HostPIN.Set(), "lobby", "needs a host_pin, or nobody ever opens it"),
		when(s.Capacity < 0 || s.Capacity > 10_000, "capacity", "is 0 to 10000"),
		when(!slices.Contains(layouts, s.Layout), "layout", "is auto, speaker, one-plus-n, grid or content"),
		when(s.Bandwidth != 0 && (s.Bandwidth < 64_000 || s.Bandwidth > 100_000_000), "bandwidth", "is 64000 to 100000000 bit/s"),
		when(s.Width < 0 || s.Width > 7680 || s.Height < 0 || s.Height > 4320 || (s.Width == 0) != (s.Height == 0),
			"width", "and height are given together, at most 7680x4320"),
		when(s.FPS < 0 || s.FPS > 60, "fps", "is 0 to 60"),
		when(!slices.Contains(languages, s.Language), "language", "is vi or en"),
		when(s.GreetingSound != "" && !bridge.ValidRecording(s.GreetingSound), "greeting_sound", "names a recording with 1 to 64 of a-z, A-Z, 0-9, - and _"),
	)
}

type field struct{ name, value string }

// texts checks what people write: bounded, one line, valid.
func texts(fields ...field) error {
	for _, f := range fields {
		if len(f.value) > maxText || !utf8.ValidString(f.value) || f.value != strings.TrimSpace(bounded(f.value, maxText)) {
			return when(true, f.name, "is one line of at most 256 bytes without control characters or blanks around it")
		}
	}
	return nil
}

func when(wrong bool, name, says string) error {
	if !wrong {
		return nil
	}
	return fmt.Errorf("%s %s", name, says)
}

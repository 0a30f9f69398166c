package number

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// column is a field of a rule as text.
type column struct {
	name string
	get  func(*Rule) string
	set  func(*Rule, string) error
}

// columns are the fields of a rule in the order of the CSV form. Lists are parted by ';'.
var columns = []column{
	text("id", func(r *Rule) *string { return &r.ID }),
	text("label", func(r *Rule) *string { return &r.Label }),
	whole("priority", func(r *Rule) *int { return &r.Priority }),
	truth("disabled", func(r *Rule) *bool { return &r.Disabled }),
	text("match", func(r *Rule) *Kind { return &r.Kind }),
	text("number", func(r *Rule) *string { return &r.Number }),
	listed("protocols", func(r *Rule) *[]string { return &r.Protocols }, itself, readText),
	listed("callers", func(r *Rule) *[]string { return &r.Callers }, itself, readText),
	listed("networks", func(r *Rule) *[]netip.Prefix { return &r.Networks }, netip.Prefix.String, netip.ParsePrefix),
	text("registered", func(r *Rule) *Want { return &r.Registered }),
	text("encrypted", func(r *Rule) *Want { return &r.Encrypted }),
	listed("times", func(r *Rule) *[]Window { return &r.Times }, Window.String, ParseWindow),
	text("action", func(r *Rule) *Action { return &r.Action }),
	text("room", func(r *Rule) *string { return &r.Room }),
	text("target", func(r *Rule) *string { return &r.Target }),
	text("cause", func(r *Rule) *string { return &r.Cause }),
	text("reason", func(r *Rule) *string { return &r.Reason }),
	secret("guest_pin", func(r *Rule) *PIN { return &r.GuestPIN }),
	secret("host_pin", func(r *Rule) *PIN { return &r.HostPIN }),
	truth("lobby", func(r *Rule) *bool { return &r.Lobby }),
	whole("capacity", func(r *Rule) *int { return &r.Capacity }),
	text("layout", func(r *Rule) *string { return &r.Layout }),
	whole("bandwidth", func(r *Rule) *int { return &r.Bandwidth }),
	whole("width", func(r *Rule) *int { return &r.Width }),
	whole("height", func(r *Rule) *int { return &r.Height }),
	whole("fps", func(r *Rule) *int { return &r.FPS }),
	truth("encryption", func(r *Rule) *bool { return &r.Encryption }),
	text("language", func(r *Rule) *string { return &r.Language }),
	text("greeting", func(r *Rule) *string { return &r.Greeting }),
	text("greeting_sound", func(r *Rule) *string { return &r.GreetingSound }),
}

func text[T ~string](name string, at func(*Rule) *T) column {
	return column{name,
		func(r *Rule) string { return string(*at(r)) },
		func(r *Rule, s string) error { *at(r) = T(s); return nil }}
}

func whole(name string, at func(*Rule) *int) column {
	return column{name,
		func(r *Rule) string {
			if *at(r) == 0 {
				return ""
			}
			return strconv.Itoa(*at(r))
		},
		func(r *Rule, s string) (err error) {
			if *at(r) = 0; s != "" {
				*at(r), err = strconv.Atoi(s)
			}
			if err != nil {
				return errors.New("not a whole number")
			}
			return nil
		}}
}

func truth(name string, at func(*Rule) *bool) column {
	return column{name,
		func(r *Rule) string {
			if *at(r) {
				return string(Yes)
			}
			return ""
		},
		func(r *Rule, s string) error {
			switch strings.ToLower(s) {
			case "yes", "true", "1", "x":
				*at(r) = true
			case "", "no", "false", "0":
				*at(r) = false
			default:
				return errors.New("not yes or no")
			}
			return nil
		}}
}

func secret(name string, at func(*Rule) *PIN) column {
	return column{name,
		func(r *Rule) string { return at(r).String() },
		func(r *Rule, s string) error { return at(r).UnmarshalText([]byte(s)) }}
}

func itself(s string) string { return s }

func readText(s string) (string, error) { return s, nil }

func listed[T any](name string, at func(*Rule) *[]T, write func(T) string, read func(string) (T, error)) column {
	return column{name,
		func(r *Rule) string {
			texts := make([]string, len(*at(r)))
			for i, v := range *at(r) {
				texts[i] = write(v)
			}
			return strings.Join(texts, "; ")
		},
		func(r *Rule, s string) error {
			var values []T
			for part := range strings.SplitSeq(s, ";") {
				if part = strings.TrimSpace(part); part == "" {
					continue
				}
				v, err := read(part)
				if err != nil {
					return err
				}
				values = append(values, v)
			}
			*at(r) = values
			return nil
		}}
}

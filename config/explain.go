package config

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
)

// Explain lists every key with its value in force, secrets masked, and marks
// those that differ from the default.
func (c Config) Explain() string {
	var b strings.Builder
	explain(&b, "", reflect.ValueOf(c), reflect.ValueOf(Default()))
	return b.String()
}

func explain(b *strings.Builder, prefix string, v, d reflect.Value) {
	for i := range v.NumField() {
		key := prefix + v.Type().Field(i).Tag.Get("mapstructure")
		f, def := v.Field(i), d.Field(i)
		if f.Kind() == reflect.Struct {
			explain(b, key+".", f, def)
			continue
		}
		mark := " "
		if !reflect.DeepEqual(f.Interface(), def.Interface()) {
			mark = "*"
		}
		fmt.Fprintf(b, "%s %-22s %s\n", mark, key, show(f))
	}
}

func show(f reflect.Value) string {
	switch x := f.Interface().(type) {
	case Secret:
		if x == "" {
			return "(none)"
		}
		return x.String()
	case []SIPTrunk:
		names := make([]string, len(x))
		for i := range x {
			names[i] = x[i].Name + " (" + x[i].Address + ")"
			if x[i].Register.On {
				user, domain := x[i].Registered()
				names[i] += ", registers as " + user + "@" + domain
			}
		}
		return strings.Join(names, ", ")
	case []string:
		return strings.Join(x, ", ")
	case string:
		if x == "" {
			return "(none)"
		}
		return redacted(x)
	default:
		return fmt.Sprint(x)
	}
}

// redacted hides the passwords of a database's URL: behind the user, and among its parameters.
func redacted(text string) string {
	if !strings.ContainsAny(text, "@?") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return "[masked]"
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "[masked]"
	}
	for name := range q {
		if strings.Contains(strings.ToLower(name), "password") {
			q.Set(name, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	return u.Redacted()
}

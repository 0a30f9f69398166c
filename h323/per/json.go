package per

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// ChoiceJSON gives a CHOICE as {"alternative": value}, or "alternative" alone if
// that is NULL. The argument points to a struct of which one field is set.
func ChoiceJSON(choice any) ([]byte, error) {
	name, v := chosen(choice)
	switch {
	case name == "":
		return []byte("null"), nil
	case v.Kind() == reflect.Bool:
		return json.Marshal(name)
	}
	return json.Marshal(map[string]any{name: v.Interface()})
}

// Alternative gives the name of the alternative that is chosen in a CHOICE, for
// logs; empty if none is.
func Alternative(choice any) string {
	name, _ := chosen(choice)
	return name
}

func chosen(choice any) (string, reflect.Value) {
	v := reflect.Indirect(reflect.ValueOf(choice))
	if v.Kind() != reflect.Struct {
		return "", v
	}
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			return name, f
		}
	}
	return "", v
}

// Unnamed is the text for an enumeration value that these types do not know.
func Unnamed(v int) string { return "value " + strconv.Itoa(v) }

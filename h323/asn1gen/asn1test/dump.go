package asn1test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/roombridge/roombridge/h323/per"
)

// Dump writes a value of a generated type as text that does not depend on Go:
// {name:value,…} sorted by name, (alternative:value), [element,…] also for the
// characters of a string, <hex:bits>. Unknown extensions are left out. Open types
// that Fill made appear as the value they hold.
func (r *Random) Dump(v any) string { return r.dump(reflect.Indirect(reflect.ValueOf(v))) }

func (r *Random) dump(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case per.Octets:
		if held, ok := r.Opened[string(x)]; ok {
			return held
		}
		return fmt.Sprintf("<%X:%d>", []byte(x), 8*len(x))
	case per.BitString:
		return fmt.Sprintf("<%X:%d>", x.Bytes, x.Len)
	case per.OID:
		return string(x)
	case string:
		return dumpText(x)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return r.dump(v.Elem())
	case reflect.Slice:
		var list []string
		for i := range v.Len() {
			list = append(list, r.dump(v.Index(i)))
		}
		return "[" + strings.Join(list, ",") + "]"
	case reflect.Struct:
		return r.dumpStruct(v)
	}
	return fmt.Sprint(v.Interface())
}

func dumpText(s string) string {
	units := utf16.Encode([]rune(s))
	if !utf8.ValidString(s) {
		units = nil
		for _, b := range []byte(s) {
			units = append(units, uint16(b))
		}
	}
	return "[" + strings.ReplaceAll(strings.Trim(fmt.Sprint(units), "[]"), " ", ",") + "]"
}

func (r *Random) dumpStruct(v reflect.Value) string {
	var fields []string
	for i := range v.NumField() {
		name, optional, known := fieldName(v.Type().Field(i))
		f := v.Field(i)
		switch {
		case !known || optional && f.IsZero():
		case optional && f.Kind() == reflect.Bool:
			fields = append(fields, name+":null")
		case f.Kind() == reflect.Pointer && strings.HasPrefix(name, "group") && len(name) == 6: // an addition group
			group := r.dump(f)
			fields = append(fields, group[1:len(group)-1])
		default:
			fields = append(fields, name+":"+r.dump(f))
		}
	}
	if isChoice(v.Type()) {
		return "(" + strings.Join(fields, ",") + ")"
	}
	slices.SortFunc(fields, func(a, b string) int {
		return strings.Compare(a[:strings.IndexByte(a, ':')], b[:strings.IndexByte(b, ':')])
	})
	return "{" + strings.Join(fields, ",") + "}"
}

// fieldName gives the ASN.1 name of a field; it is not known for what keeps unknown
// extensions.
func fieldName(f reflect.StructField) (name string, optional, known bool) {
	name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
	known = f.Type != reflect.TypeFor[[]per.Addition]() && f.Type != reflect.TypeFor[*per.Addition]()
	return name, rest != "", known
}

func isChoice(t reflect.Type) bool { return t.Implements(reflect.TypeFor[json.Marshaler]()) }

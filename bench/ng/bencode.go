// Package ng speaks to rtpengine in its NG control protocol: bencoded
// dictionaries in UDP datagrams, each behind a cookie.
package ng

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Encode appends the bencoding of a string, an int, a []string, a []any or a
// map[string]any. Keys are in order, as bencoding asks.
func Encode(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return append(append(strconv.AppendInt(dst, int64(len(v)), 10), ':'), v...), nil
	case int:
		return append(strconv.AppendInt(append(dst, 'i'), int64(v), 10), 'e'), nil
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return Encode(dst, list)
	case []any:
		dst = append(dst, 'l')
		for _, e := range v {
			var err error
			if dst, err = Encode(dst, e); err != nil {
				return nil, err
			}
		}
		return append(dst, 'e'), nil
	case map[string]any:
		dst = append(dst, 'd')
		for _, k := range slices.Sorted(maps.Keys(v)) {
			var err error
			dst, _ = Encode(dst, k)
			if dst, err = Encode(dst, v[k]); err != nil {
				return nil, err
			}
		}
		return append(dst, 'e'), nil
	}
	return nil, fmt.Errorf("ng: a %T cannot be bencoded", v)
}

// Bounds of what is decoded.
const maxDepth = 16

var errBencode = errors.New("ng: malformed bencoding")

// Decode reads one value: string, int, []any or map[string]any. What follows
// it is an error.
func Decode(b []byte) (any, error) {
	v, rest, err := decode(b, 0)
	if err == nil && len(rest) > 0 {
		err = errBencode
	}
	return v, err
}

func decode(b []byte, depth int) (any, []byte, error) {
	if len(b) == 0 || depth > maxDepth {
		return nil, nil, errBencode
	}
	switch c := b[0]; {
	case c == 'i':
		n, rest, err := integer(b[1:], 'e')
		return n, rest, err
	case c >= '0' && c <= '9':
		n, rest, err := integer(b, ':')
		if err != nil || n < 0 || n > len(rest) {
			return nil, nil, errBencode
		}
		return string(rest[:n]), rest[n:], nil
	case c == 'l':
		return list(b[1:], depth)
	case c == 'd':
		return dictionary(b[1:], depth)
	}
	return nil, nil, errBencode
}

func integer(b []byte, end byte) (int, []byte, error) {
	i := slices.Index(b, end)
	if i < 0 {
		return 0, nil, errBencode
	}
	n, err := strconv.Atoi(string(b[:i]))
	if err != nil {
		return 0, nil, errBencode
	}
	return n, b[i+1:], nil
}

func list(b []byte, depth int) (any, []byte, error) {
	out := []any{}
	for len(b) > 0 && b[0] != 'e' {
		v, rest, err := decode(b, depth+1)
		if err != nil {
			return nil, nil, err
		}
		out, b = append(out, v), rest
	}
	if len(b) == 0 {
		return nil, nil, errBencode
	}
	return out, b[1:], nil
}

func dictionary(b []byte, depth int) (any, []byte, error) {
	out := map[string]any{}
	for len(b) > 0 && b[0] != 'e' {
		k, rest, err := decode(b, depth+1)
		key, ok := k.(string)
		if err != nil || !ok {
			return nil, nil, errBencode
		}
		v, rest, err := decode(rest, depth+1)
		if err != nil {
			return nil, nil, err
		}
		out[key], b = v, rest
	}
	if len(b) == 0 {
		return nil, nil, errBencode
	}
	return out, b[1:], nil
}

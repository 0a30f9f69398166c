// Package pertest holds what tests and fuzz targets of message types share.
package pertest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/roombridge/roombridge/h323/per"
)

// Stable decodes anything, and where that succeeds checks that the value survives our
// encoding, that its second encoding is the first, and that it can be printed. It
// tells whether the octets were a message.
func Stable(t *testing.T, data []byte, fresh func() per.Value) bool {
	t.Helper()
	v := fresh()
	if per.Unmarshal(data, v) != nil {
		return false
	}
	b, err := per.Marshal(v)
	if err != nil {
		t.Fatalf("%x decodes but does not encode: %v", data, err)
	}
	again := fresh()
	// As much padding as the input may have had: it counts for the memory allowed.
	if err := per.Unmarshal(append(bytes.Clone(b), make([]byte, len(data))...), again); err != nil {
		t.Fatalf("%x becomes %x: %v", data, b, err)
	}
	if !reflect.DeepEqual(v, again) {
		t.Fatalf("%x becomes %x, which means something else", data, b)
	}
	if b2, err := per.Marshal(again); err != nil || !bytes.Equal(b, b2) {
		t.Fatalf("%x becomes %x, then %x: %v", data, b, b2, err)
	}
	if _, err := json.Marshal(v); err != nil {
		t.Fatalf("%x: as JSON: %v", data, err)
	}
	return true
}

package example

import (
	"testing"

	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/per/pertest"
)

// FuzzForms reads the input as each of the types, which together use every form of
// the encoding rules.
func FuzzForms(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, v := range all {
			pertest.Stable(t, b, func() per.Value { return fresh(v) })
		}
	})
}

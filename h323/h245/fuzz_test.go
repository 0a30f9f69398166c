package h245

import (
	"testing"

	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/per/pertest"
)

func FuzzMessage(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		pertest.Stable(t, b, func() per.Value { return &MultimediaSystemControlMessage{} })
	})
}

func FuzzOpenLogicalChannel(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) { pertest.Stable(t, b, func() per.Value { return &OpenLogicalChannel{} }) })
}

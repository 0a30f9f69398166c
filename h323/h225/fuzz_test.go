package h225

import (
	"testing"

	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/per/pertest"
)

func FuzzUserInformation(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) { pertest.Stable(t, b, func() per.Value { return &H323UserInformation{} }) })
}

func FuzzRAS(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) { pertest.Stable(t, b, func() per.Value { return &RasMessage{} }) })
}

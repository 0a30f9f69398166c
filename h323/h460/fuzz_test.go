package h460

import (
	"testing"

	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/per/pertest"
)

func FuzzIncomingCall(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		pertest.Stable(t, b, func() per.Value { return &IncomingCallIndication{} })
	})
}

func FuzzTraversal(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) { pertest.Stable(t, b, func() per.Value { return &TraversalParameters{} }) })
}

package h235

import (
	"testing"

	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/per/pertest"
)

func FuzzClearToken(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) { pertest.Stable(t, b, func() per.Value { return &ClearToken{} }) })
}

func FuzzCryptoToken(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) { pertest.Stable(t, b, func() per.Value { return &CryptoToken{} }) })
}

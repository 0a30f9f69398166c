//go:build !linux

package speech

import (
	"context"
	"errors"
)

func run(context.Context, string, []string, string) ([]byte, error) {
	return nil, errors.New("speech: texts are spoken on Linux only")
}

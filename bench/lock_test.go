package main

import (
	"context"
	"testing"
	"time"
)

func TestLock(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	unlock, err := lock(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := lock(ctx); err == nil {
		t.Fatal("two have it")
	}
	unlock()
	again, err := lock(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	again()
}

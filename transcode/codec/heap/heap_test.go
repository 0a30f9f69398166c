package heap

import (
	"bytes"
	"os"
	"testing"
)

// With glibc, which this process has mapped or not, the settings are taken.
func TestTidy(t *testing.T) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip(err)
	}
	glibc := bytes.Contains(maps, []byte("/libc.so.6"))
	if got := Tidy(); got != glibc {
		t.Errorf("taken: %v, glibc: %v", got, glibc)
	}
}

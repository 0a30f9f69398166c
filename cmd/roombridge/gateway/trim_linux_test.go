package gateway

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestProgramMaps(t *testing.T) {
	const smaps = `00400000-016bb000 r-xp 00000000 fe:00 123                              /usr/bin/roombridge
Size:              19180 kB
Anonymous:             0 kB
016bb000-02bea000 r--p 012bb000 fe:00 123                              /usr/bin/roombridge
Anonymous:             0 kB
02bea000-02d15000 rw-p 027ea000 fe:00 123                              /usr/bin/roombridge
Anonymous:           812 kB
03000000-03001000 r--p 00000000 fe:00 123                              /usr/bin/roombridge
Anonymous:             4 kB
7f0000000000-7f0000001000 r-xp 00000000 fe:00 9                        /usr/lib/libc.so.6
Anonymous:             0 kB
7f0000002000-7f0000003000 r-xp 00000000 00:00 0                        [vdso]
Anonymous:             0 kB
`
	want := [][2]uintptr{{0x400000, 0x16bb000}, {0x16bb000, 0x2bea000}}
	if got := programMaps(strings.NewReader(smaps), "/usr/bin/roombridge"); !slices.Equal(got, want) {
		t.Errorf("%x", got)
	}
}

// The program goes on with what it let go of.
func TestTrim(t *testing.T) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if list := programMaps(f, exe); len(list) < 2 {
		t.Errorf("of the text and the read-only data only %x were found", list)
	}
	trim()
	if !slices.Equal(strings.Fields(" a b "), []string{"a", "b"}) {
		t.Error("the program is not the same")
	}
}

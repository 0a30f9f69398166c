package h264

import (
	"bytes"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		in   []byte
		want [][]byte
	}{
		{nil, nil},
		{[]byte{1, 2, 3}, nil},
		{[]byte{0, 0, 1}, nil},
		{[]byte{0, 0, 1, 0x67}, [][]byte{{0x67}}},
		{[]byte{0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 0, 1, 0x65}, [][]byte{{0x67, 1}, {0x68, 2}, {0x65}}},
		{[]byte{9, 9, 0, 0, 1, 0x65, 0, 0, 3, 0, 0}, [][]byte{{0x65, 0, 0, 3}}},
		{[]byte{0, 0, 1, 0, 0, 1, 0x41}, [][]byte{{0x41}}},
	} {
		got := Split(c.in)
		if len(got) != len(c.want) {
			t.Errorf("% x gives %x", c.in, got)
			continue
		}
		for i := range got {
			if !bytes.Equal(got[i], c.want[i]) {
				t.Errorf("% x gives %x", c.in, got)
			}
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0x67, 0, 0, 0, 1, 0x65})
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		for _, u := range Split(b) {
			if len(u) == 0 || bytes.Contains(u, []byte{0, 0, 1}) {
				t.Fatalf("unit % x", u)
			}
			total += len(u) + 3
		}
		if total > len(b) {
			t.Fatal("more than there was")
		}
	})
}

func TestCheck(t *testing.T) {
	good := StillConfig{Width: 64, Height: 48, Profile: 66, Level: 10, MaxNAL: 1200, MaxSize: 5000}
	picture := make([]byte, 64*48*3/2)
	if err := good.check(picture); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*StillConfig){
		"odd": func(c *StillConfig) { c.Width = 63 }, "small": func(c *StillConfig) { c.Height = 0 }, "large": func(c *StillConfig) { c.Width = 8000 },
		"profile": func(c *StillConfig) { c.Profile = 110 }, "level": func(c *StillConfig) { c.Level = 0 }, "unit": func(c *StillConfig) { c.MaxNAL = 20 },
		"size": func(c *StillConfig) { c.MaxSize = -1 }, "other size": func(c *StillConfig) { c.Width = 66 },
	} {
		c := good
		change(&c)
		if c.check(picture) == nil {
			t.Errorf("%s: %+v is taken", name, c)
		}
	}
}

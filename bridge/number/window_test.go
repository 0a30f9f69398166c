package number

import (
	"testing"
	"time"
)

func TestWindowHas(t *testing.T) {
	for _, c := range []struct {
		window, at string // at is RFC 3339
		want       bool
	}{
		{"", "2026-05-04T12:00:00Z", true},
		{"mon-fri 08:00-18:00 Asia/Ho_Chi_Minh", "2026-05-04T01:00:00Z", true}, // Monday 08:00 there
		{"mon-fri 08:00-18:00 Asia/Ho_Chi_Minh", "2026-05-04T00:59:59Z", false},
		{"mon-fri 08:00-18:00 Asia/Ho_Chi_Minh", "2026-05-04T11:00:00Z", false}, // 18:00 is no more
		{"mon-fri 08:00-18:00 Asia/Ho_Chi_Minh", "2026-05-02T05:00:00Z", false}, // Saturday
		{"fri-mon", "2026-05-03T05:00:00Z", true},
		{"fri-mon", "2026-05-05T05:00:00Z", false},
		{"fri 22:00-06:00", "2026-05-01T23:00:00Z", true}, // Friday night
		{"fri 22:00-06:00", "2026-05-02T05:59:00Z", true}, // is Saturday morning
		{"fri 22:00-06:00", "2026-05-02T06:00:00Z", false},
		{"fri 22:00-06:00", "2026-05-01T05:00:00Z", false}, // Thursday's night
		{"fri 22:00-24:00", "2026-05-01T23:59:59Z", true},
		{"fri 22:00-24:00", "2026-05-02T00:00:00Z", false},
		{"fri 22:00-00:00", "2026-05-02T00:00:00Z", false},
		{"2026-04-30", "2026-04-30T10:00:00Z", true},
		{"2026-04-30 22:00-02:00", "2026-05-01T01:00:00Z", true},
		{"2026-01-01..2026-03-31 !2026-02-17..2026-02-20", "2026-02-18T01:00:00Z", false},
		{"2026-01-01..2026-03-31 !2026-02-17..2026-02-20", "2026-02-21T01:00:00Z", true},
		{"04-30", "2031-04-30T01:00:00Z", true},
		{"12-24..01-02", "2027-01-02T23:00:00Z", true},
		{"12-24..01-02", "2027-01-03T00:00:00Z", false},
		{"02-29", "2028-02-29T00:00:00Z", true},
		// Europe/Berlin: on 2026-03-29 there is no 02:30, on 2026-10-25 there are two.
		{"02:00-03:00 Europe/Berlin", "2026-03-29T01:00:00Z", false},
		{"03:00-04:00 Europe/Berlin", "2026-03-29T01:00:00Z", true},
		{"02:00-03:00 Europe/Berlin", "2026-10-25T00:30:00Z", true},
		{"02:00-03:00 Europe/Berlin", "2026-10-25T01:30:00Z", true},
		{"02:00-03:00 Europe/Berlin", "2026-10-25T02:00:00Z", false},
		{"sat 22:00-03:30 Europe/Berlin", "2026-03-29T01:15:00Z", true}, // 03:15, an hour early
		// America/Santiago goes from 00:00 to 01:00: there is no midnight on 2026-09-06.
		{"sat 23:00-02:00 America/Santiago", "2026-09-06T04:30:00Z", true},
		{"sun 00:00-02:00 America/Santiago", "2026-09-06T04:00:00Z", true},
		{"sun 23:00-02:00 America/Santiago", "2026-09-07T03:30:00Z", true},
	} {
		w, err := ParseWindow(c.window)
		if err != nil {
			t.Errorf("%s: %v", c.window, err)
			continue
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		loc, err := time.LoadLocation(w.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.has(at.In(loc)); got != c.want {
			t.Errorf("%q has %s (%s there): %t", c.window, c.at, at.In(loc).Format("Mon 15:04"), got)
		}
	}
}

func TestWindowText(t *testing.T) {
	for text, want := range map[string]string{
		"08:00-18:00 mon-fri Asia/Ho_Chi_Minh": "mon-fri 08:00-18:00 Asia/Ho_Chi_Minh",
		"SAT,sun,tue 8:00-9:30":                "tue,sat-sun 08:00-09:30",
		"sun-sat":                              "mon-sun",
		"!04-30 2026-01-01..2026-12-31 UTC":    "2026-01-01..2026-12-31 !04-30 UTC",
		"00:00-24:00":                          "",
	} {
		w, err := ParseWindow(text)
		if err != nil || w.String() != want {
			t.Errorf("%q is %q (%v), not %q", text, w, err, want)
		}
	}
	for _, bad := range []string{
		"8-18", "25:00-26:00", "08:00-08:00", "24:00-08:00", "08:00-18:00 09:00-10:00", "2026-02-30", "13-01", "2026-05-02..2026-05-01",
		"2026-05-02..06-01", "mon-", "mon,xyz", "Local", "Mars/Olympus", "UTC Asia/Ho_Chi_Minh", "!", "08:5-09:00", "../../etc/passwd",
	} {
		if w, err := ParseWindow(bad); err == nil {
			t.Errorf("%q is read as %q", bad, w)
		}
	}
}

// A window's text says all of it.
func FuzzWindow(f *testing.F) {
	for _, s := range []string{"mon-fri 08:00-18:00 UTC", "!12-24..01-02 2026-01-01", "sat,sun 22:00-06:00", "fri-mon 02-29"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseWindow(text)
		if err != nil {
			return
		}
		again, err := ParseWindow(w.String())
		if err != nil || again.String() != w.String() {
			t.Fatalf("%q is %q, and that %q: %v", text, w, again, err)
		}
		_ = w.has(time.Unix(1_800_000_000, 0))
	})
}

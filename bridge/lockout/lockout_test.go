package lockout

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var (
	began = time.Unix(1_700_000_000, 0)
	usual = Limit{Free: 3, First: 2 * time.Second, Longest: time.Minute, Forgives: 10 * time.Minute}
)

func usually(int) Limit { return usual }

// Waits double from the last free try on, up to the longest, and what was wrong is forgotten with time.
func TestWaits(t *testing.T) {
	table, now := New(8, usually), began
	var waits []time.Duration
	for range 9 {
		failures, wait := table.Failed(now, 1)
		if wait != table.Wait(now, 1) || !table.Suspected(now, 1) {
			t.Errorf("%d: %v begins, %v is waited", failures, wait, table.Wait(now, 1))
		}
		waits = append(waits, wait)
		now = now.Add(wait)
	}
	if fmt.Sprint(waits) != "[0s 0s 2s 4s 8s 16s 32s 1m0s 1m0s]" {
		t.Errorf("%v", waits)
	}
	if now = now.Add(88 * time.Minute); !table.Suspected(now, 1) { // the first minute went by waiting
		t.Error("forgotten too early")
	}
	if failures, wait := table.Failed(now, 1); failures != 2 || wait != 0 {
		t.Errorf("an hour and a half later: %d, %v", failures, wait)
	}
	if now = now.Add(20 * time.Minute); table.Suspected(now, 1) || table.Wait(now, 2) != 0 || table.Suspected(now, 2) {
		t.Error("somebody is suspected")
	}
	if usual.wait(1<<40) != usual.Longest {
		t.Error("a wait that overflows")
	}
}

// What was taken for wrong and is not is taken back; what one made good leaves the lock.
func TestTakeBack(t *testing.T) {
	table := New(8, usually)
	for range 3 {
		table.Failed(began, 1)
		table.Failed(began, 2)
		table.Failed(began, 3)
	}
	table.TakeBack(1)
	table.Good(2)
	table.Forget(3)
	table.TakeBack(4)
	table.Good(4)
	if table.Wait(began, 1) != 0 || table.Wait(began, 2) == 0 || table.Wait(began, 3) != 0 || table.Len() != 2 {
		t.Errorf("%v %v %v, %d", table.Wait(began, 1), table.Wait(began, 2), table.Wait(began, 3), table.Len())
	}
	for range 2 {
		table.TakeBack(1)
		table.Good(2)
		table.Good(2)
	}
	if failures, _ := table.Failed(began, 2); table.Len() != 1 || failures != 1 {
		t.Errorf("%d are left, one of %d", table.Len(), failures)
	}
}

// A clock that goes back neither prolongs a wait nor adds to what was wrong.
func TestClockGoesBack(t *testing.T) {
	table := New(8, usually)
	for range 4 {
		table.Failed(began, 1)
	}
	year := began.Add(-365 * 24 * time.Hour)
	if wait := table.Wait(year, 1); wait != 4*time.Second {
		t.Errorf("waits %v", wait)
	}
	if wait := table.Wait(year.Add(3*time.Second), 1); wait != time.Second {
		t.Errorf("then %v", wait)
	}
	if failures, wait := table.Failed(year.Add(4*time.Second), 1); failures != 5 || wait != 8*time.Second {
		t.Errorf("%d, %v", failures, wait)
	}
	if !table.Suspected(year.Add(-time.Hour), 1) {
		t.Error("forgotten")
	}
}

// A table is bounded. What is locked longest stays, and what is over goes first.
func TestBounded(t *testing.T) {
	table := New(256, usually)
	for range 30 {
		table.Failed(began, -1)
	}
	for i := range 5000 {
		table.Failed(began, i)
	}
	if table.Len() > 256 || table.Wait(began, -1) == 0 {
		t.Errorf("%d, the lock that lasts longest %v", table.Len(), table.Wait(began, -1))
	}
	table.makeRoom(began.Add(24 * time.Hour))
	if table.Len() > 256-looked {
		t.Errorf("%d long after", table.Len())
	}
}

func TestKnown(t *testing.T) {
	known := NewKnown[int, string](256, time.Hour)
	known.Put(began, 1, "a")
	if v, ok := known.Get(began.Add(59*time.Minute), 1); v != "a" || !ok {
		t.Errorf("%q %v", v, ok)
	}
	if v, ok := known.Get(began.Add(time.Hour), 1); v != "" || ok {
		t.Errorf("%q %v too long", v, ok)
	}
	if _, ok := known.Get(began.Add(-time.Hour), 1); !ok { // the clock went back
		t.Error("forgotten")
	}
	for i := range 5000 {
		known.Put(began.Add(time.Duration(i)), i, "b")
	}
	if _, ok := known.Get(began, 4999); known.Len() != 256 || !ok {
		t.Errorf("%d", known.Len())
	}
	known.Put(began.Add(time.Hour), 4999, "c")
	if v, ok := known.Get(began.Add(time.Hour), 4999); v != "c" || !ok || known.Len() != 256 {
		t.Errorf("%q %v", v, ok)
	}
}

func TestPlace(t *testing.T) {
	for in, want := range map[string]string{
		"10.1.2.3":             "10.1.2.3/32 10.1.2.0/24 10.1.0.0/16",
		"::ffff:10.1.2.3":      "10.1.2.3/32 10.1.2.0/24 10.1.0.0/16",
		"2001:db8:1:2:3::4":    "2001:db8:1:2::/64 2001:db8:1::/48 2001:db8::/32",
		"fe80::1:2:3:4:5%eth0": "fe80:0:0:1::/64 fe80::/48 fe80::/32",
	} {
		who, network, region := Place(netip.MustParseAddr(in))
		if got := fmt.Sprint(who, network, region); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	if who, network, region := Place(netip.Addr{}); who.IsValid() || network.IsValid() || region.IsValid() {
		t.Errorf("nowhere is %v %v %v", who, network, region)
	}
}

// FuzzTable does what it is told, with any clock: no table grows, no wait is longer than the longest, and none is begun
// by tries that are free.
func FuzzTable(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00\x01\x02\x00\x00"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff\x84\x80\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		const most = 5
		data = data[:min(len(data), 3000)]
		limit := func(k byte) Limit {
			return Limit{Free: 1 + int(k%3), First: time.Second, Longest: time.Duration(1+k%4) * time.Minute, Forgives: time.Duration(1+k%5) * time.Minute}
		}
		table, known, now := New(most, limit), NewKnown[byte, byte](most, time.Hour), began
		counted := map[byte]int{}
		for ; len(data) >= 3; data = data[3:] {
			now = now.Add(time.Duration(int16(binary.BigEndian.Uint16(data[1:]))) * 100 * time.Second / 128)
			k := data[0] >> 3
			switch data[0] & 7 {
			default:
				counted[k]++
				failures, wait := table.Failed(now, k)
				if failures < 1 || failures > counted[k] || (wait > 0) != (failures >= limit(k).Free) {
					t.Fatalf("%d of %d tries, waiting %v", failures, counted[k], wait)
				}
			case 4:
				table.TakeBack(k)
			case 5:
				table.Good(k)
			case 6:
				table.Forget(k)
			case 7:
				known.Put(now, k, k)
			}
			for k := range byte(32) {
				if wait := table.Wait(now, k); wait < 0 || wait > limit(k).Longest || wait > 0 && counted[k] < limit(k).Free {
					t.Fatalf("%d waits %v after %d", k, wait, counted[k])
				}
				table.Suspected(now, k)
			}
			if table.Len() > most || known.Len() > most {
				t.Fatalf("%d suspects, %d known", table.Len(), known.Len())
			}
		}
		later := now.Add(time.Hour) // everybody's longest wait is over
		for k := range byte(32) {
			if table.Wait(later, k) != 0 {
				t.Errorf("%d waits still", k)
			}
		}
	})
}

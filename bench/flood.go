package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/bench/load"
	"github.com/roombridge/roombridge/bench/relays"
	"github.com/roombridge/roombridge/bench/udp"
	"github.com/roombridge/roombridge/bridge/secure"
)

// flood is what the other legs saw while one leg's port was flooded.
type flood struct {
	Kind     string             `json:"kind"`
	Packets  float64            `json:"packets_a_second"`
	Bits     float64            `json:"mbit_a_second"`
	P99      float64            `json:"p99_ms"`
	P999     float64            `json:"p999_ms"`
	Loss     float64            `json:"loss"`
	Victim   float64            `json:"victim_loss"`
	Busy     float64            `json:"busy"`
	Counters map[string]float64 `json:"counters"` // of the gateway: datagrams not admitted, a second, by verdict
	Fault    string             `json:"fault,omitempty"`
}

// The attack: 1 Gbit/s as far as the generator's processor has time for it.
const (
	floodBits    = 1e9
	floodSize    = 1200
	floodPool    = 256
	floodBatch   = 32
	floodStreams = 50
	floodMost    = 2 // ms, p99 of the other legs
)

// floodKinds are the attacks, with the case whose source is the victim.
var floodKinds = []struct {
	kind, victim string
	stranger     bool // it comes from another address than the leg's
}{
	{"garbage", "rtp-rtp", true},
	{"wrong source", "rtp-rtp", true},
	{"wrong SSRC", "rtp-rtp", false},
	{"wrong key", "gcm-rtp", false},
}

// measureFlood floods one leg in each way.
func (b *bench) measureFlood(ctx context.Context, r *report) error {
	for _, k := range floodKinds {
		list, err := chosen(k.victim)
		if err != nil {
			return err
		}
		var f flood
		for try := 0; try <= retries && (try == 0 || f.Fault != ""); try++ {
			if f, err = b.attack(ctx, k.kind, list[0], k.stranger); err != nil {
				return fmt.Errorf("flood with %s: %w", k.kind, err)
			}
		}
		fmt.Printf("flood  %-12s %6.0f packets/s (%.0f Mbit/s): others p99 %.3f ms, p99.9 %.3f ms, loss %.3f %%; core %.0f %%; victim's loss %.1f %%; counted a second: %s %s\n",
			f.Kind, f.Packets, f.Bits, f.P99, f.P999, 100*f.Loss, 100*f.Busy, 100*f.Victim, f.counters(), f.Fault)
		r.Flood = append(r.Flood, f)
		r.Targets = append(r.Targets,
			target{Name: "p99 of other legs, flood of " + f.Kind, Value: f.P99, Limit: floodMost, Unit: "ms"},
			target{Name: "packets counted / sent, flood of " + f.Kind, Value: counted(f), Limit: 0.5, Least: true})
	}
	return nil
}

// counters lists what was counted, the most first.
func (f flood) counters() string {
	names := slices.SortedFunc(maps.Keys(f.Counters), func(a, b string) int { return cmp.Compare(f.Counters[b], f.Counters[a]) })
	var list []string
	for _, n := range names {
		list = append(list, fmt.Sprintf("%s %.0f", n, f.Counters[n]))
	}
	return strings.Join(list, ", ")
}

// counted is the share of the flood that the gateway's counters show, with what
// the leg's socket had no room for.
func counted(f flood) float64 {
	sum := 0.0
	for _, n := range f.Counters {
		sum += n
	}
	return sum / max(f.Packets, 1)
}

func (b *bench) attack(ctx context.Context, kind string, c relays.Case, stranger bool) (flood, error) {
	f := flood{Kind: kind, Counters: map[string]float64{}}
	g := &relays.Gateway{}
	s, err := b.open(ctx, g)
	if err != nil {
		return f, err
	}
	defer s.close()
	if err := s.connect(ctx, c, min(b.streams, floodStreams)); err != nil {
		return f, err
	}
	victim := s.calls[0]
	for _, k := range victim.Sinks {
		k.Group = 1
	}
	packets, err := floodPackets(kind, victim.Legs[0].SSRC())
	if err != nil {
		return f, err
	}
	a, err := newAttack(victim.Legs[0], packets, stranger)
	if err != nil {
		return f, err
	}
	var before map[string]float64
	x, reports, err := s.measure(ctx, c, func() {
		before, _ = metrics(ctx, g)
		a.start()
	})
	took := a.stop()
	if err != nil {
		return f, err
	}
	after, err := metrics(ctx, g)
	if err != nil {
		return f, err
	}
	f.Packets = float64(a.sent.Load()) / took.Seconds()
	f.Bits = f.Packets * floodSize * 8 / 1e6
	f.P99, f.P999, f.Loss, f.Busy, f.Victim, f.Fault = x.P99, x.P999, x.Loss, x.Busy, reports[1].Loss(), x.Fault
	for name, v := range after {
		if v -= before[name]; v > 0 && strings.HasPrefix(name, "roombridge_rtp_datagrams_dropped_total{") {
			_, verdict, _ := strings.Cut(name, `verdict="`)
			f.Counters[strings.TrimSuffix(verdict, `"}`)] = v / took.Seconds()
		}
	}
	return f, nil
}

// floodPackets makes what a flood repeats.
func floodPackets(kind string, ssrc uint32) ([][]byte, error) {
	key, err := secure.GenerateKey(relays.GCM.Suite())
	if err != nil {
		return nil, err
	}
	out, err := secure.NewOutbound(relays.GCM.Suite(), key)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	var all [][]byte
	for i := range floodPool {
		b := make([]byte, floodSize)
		_, _ = rand.Read(b) // never fails
		if kind != "garbage" {
			b[0], b[1] = 0x80, 97
			binary.BigEndian.PutUint16(b[2:], uint16(mathrand.Uint32()))
			binary.BigEndian.PutUint32(b[8:], ssrc)
		}
		switch kind {
		case "wrong SSRC":
			binary.BigEndian.PutUint32(b[8:], ssrc+1+uint32(i))
		case "wrong key":
			binary.BigEndian.PutUint16(b[2:], uint16(i)*257)
			if b, err = out.Seal(nil, b[:floodSize-16]); err != nil {
				return nil, err
			}
		}
		all = append(all, b)
	}
	return all, nil
}

// attack sends packets again and again on a thread that leaves the generator
// its precedence.
type attack struct {
	send    func(data [][]byte) int
	close   func()
	packets [][]byte
	sent    atomic.Int64
	begun   time.Time
	quit    atomic.Bool
	done    chan struct{}
}

func newAttack(victim *load.Leg, packets [][]byte, stranger bool) (*attack, error) {
	a := &attack{packets: packets, done: make(chan struct{}), close: func() {}}
	tx := &udp.Sender{}
	if !stranger {
		a.send = func(data [][]byte) int { return victim.WriteBatch(tx, data) }
		return a, nil
	}
	s, err := udp.Open(address, udp.Options{})
	if err != nil {
		return nil, err
	}
	a.send, a.close = func(data [][]byte) int { return tx.Send(s.FD, data) }, s.Close
	return a, s.Connect(victim.Remote())
}

func (a *attack) start() {
	a.begun = time.Now()
	runtime.GOMAXPROCS(3)
	go a.run()
}

func (a *attack) run() {
	defer close(a.done)
	runtime.LockOSThread() // and the thread is not used again
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 19)
	every := time.Second * floodBatch * floodSize * 8 / floodBits
	for next := time.Now(); !a.quit.Load(); next = next.Add(every) {
		at := int(a.sent.Load()) % len(a.packets)
		a.sent.Add(int64(a.send(a.packets[at : at+min(floodBatch, len(a.packets)-at)])))
		switch wait := time.Until(next); {
		case wait > 0:
			udp.Sleep(int64(wait))
		case wait < -10*time.Millisecond: // it cannot be faster
			next = time.Now()
		}
	}
}

// stop ends the attack and tells how long it lasted.
func (a *attack) stop() time.Duration {
	a.quit.Store(true)
	if !a.begun.IsZero() {
		<-a.done
	}
	took := time.Since(a.begun)
	a.close()
	runtime.GOMAXPROCS(2)
	return took
}

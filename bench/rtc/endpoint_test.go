package rtc

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bench/load"
	"github.com/roombridge/roombridge/bridge/media"
)

func newEndpoint(t *testing.T, l *load.Loop) (*load.Leg, *Endpoint) {
	t.Helper()
	leg, err := l.Open()
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(leg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return leg, e
}

// remote is what an endpoint's description would say.
func remote(leg *load.Leg, e *Endpoint, active bool) Remote {
	return Remote{Candidate: leg.Addr(), Ufrag: e.Ufrag, Pwd: e.Pwd, Hash: "sha-256", Fingerprint: e.Fingerprint, Active: active}
}

// Two endpoints find each other, agree on keys and carry a stream.
func TestConnect(t *testing.T) {
	for _, suite := range []media.Suite{media.AEADGCM128, media.AESCM80} {
		l, err := load.NewLoop(load.Config{Addr: netip.MustParseAddr("127.0.0.1"), Packets: 7, Rate: 30, Size: 1200})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		legA, a := newEndpoint(t, l)
		legB, b := newEndpoint(t, l)
		var errs [2]error
		var wg sync.WaitGroup
		wg.Go(func() { errs[0] = a.Connect(context.Background(), remote(legB, b, true), suite) })
		wg.Go(func() { errs[1] = b.Connect(context.Background(), remote(legA, a, false), suite) })
		wg.Wait()
		if err := errors.Join(errs[0], errs[1]); err != nil {
			t.Fatal(err)
		}
		if a.Suite() != suite || b.Suite() != suite {
			t.Errorf("%v and %v were agreed on, not %v", a.Suite(), b.Suite(), suite)
		}
		s := legA.Send(&load.Source{PT: 97, Secured: true, MID: '1', MIDID: 3, TWCCID: 4})
		legB.Receive(&load.Sink{PT: 97, Secured: true, Sample: 4}, s)
		l.Start()
		_ = l.Measure(200*time.Millisecond, func(bool) {})
		r := l.Measure(200*time.Millisecond, func(bool) {})[0]
		for i := 0; i < 50 && r.Expected == 0; i++ { // the machine was busy
			r = l.Measure(200*time.Millisecond, func(bool) {})[0]
		}
		if r.Expected == 0 || r.Lost() > 0 || r.Failed > 0 {
			t.Errorf("%v: %d of %d packets were lost, %d could not be opened", suite, r.Lost(), r.Expected, r.Failed)
		}
	}
}

// Whoever does not know the password gets no answer, and no keys.
func TestStrangerIsNotAnswered(t *testing.T) {
	l, err := load.NewLoop(load.Config{Addr: netip.MustParseAddr("127.0.0.1"), Packets: 7, Rate: 30, Size: 1200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	legA, a := newEndpoint(t, l)
	legB, b := newEndpoint(t, l)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.Connect(ctx, remote(legA, a, false), media.AEADGCM128) })
	r := remote(legB, b, true)
	r.Pwd = "guessed"
	if err := a.Connect(ctx, r, media.AEADGCM128); !errors.Is(err, ErrConnect) {
		t.Errorf("a stranger got %v", err)
	}
	wg.Wait()
}

package web

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// drainNames reads the events that are there.
func drainNames(ch <-chan event) string {
	var names []string
	for {
		select {
		case e, ok := <-ch:
			if !ok {
				return strings.Join(append(names, "end"), " ")
			}
			name := e.name
			switch d := e.data.(type) {
			case Call:
				name += ":" + d.ID + ":" + d.State
			case Room:
				name += ":" + d.Name
			case gone:
				name += ":" + d.ID + d.Name
			}
			names = append(names, name)
		default:
			return strings.Join(names, " ")
		}
	}
}

func TestFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &fakeCalls{events: make(chan bridge.Event, 16)}
		rooms := &fakeRooms{}
		f := newFeed(calls, rooms, nil)
		ctx, cancel := context.WithCancel(t.Context())
		go f.run(ctx)
		calls.set(aCall("c1"))
		ch, stop := f.listen()
		defer stop()
		expect := func(after time.Duration, want string) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if got := drainNames(ch); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		expect(0, "call:c1:connected complete")
		expect(time.Minute, "") // nothing changes, nothing is told

		busy := aCall("c1")
		busy.Video.In.Packets, busy.Video.In.FPS, busy.Audio.Out.JitterMS = 999, 12, 8
		calls.set(busy)
		expect(time.Minute, "") // figures alone are no event

		busy.Video.In.Path = bridge.PathTranscode
		calls.set(busy, aCall("c2"))
		expect(feedPace, "call:c1:connected call:c2:connected")

		calls.set(aCall("c2"))
		rooms.set(aRoom())
		expect(feedPace, "call.ended:c1 room:Phòng họp")

		quiet := aRoom()
		quiet.Participants[0].Level = -90
		rooms.set(quiet)
		expect(time.Minute, "")
		quiet.Speaker = ""
		rooms.set(quiet)
		expect(feedRooms, "room:Phòng họp")
		rooms.set()
		expect(feedRooms, "room.ended:Phòng họp")
		cancel()
		expect(0, "end")
	})
}

func TestFeedCutsSlowListener(t *testing.T) {
	calls, rooms := &fakeCalls{events: make(chan bridge.Event, 16)}, &fakeRooms{}
	f := newFeed(calls, rooms, nil)
	slow, stop := f.listen()
	defer stop()
	for i := range feedBehind + 2 {
		c := aCall("c1")
		c.Number = strings.Repeat("1", i+1)
		calls.set(c)
		f.mu.Lock()
		f.look()
		f.mu.Unlock()
	}
	n := 0
	for range slow {
		n++
	}
	if n != feedBehind+1 { // and what says that all was told
		t.Error(n)
	}
	again, stopAgain := f.listen() // a new listener starts from what is
	if got := drainNames(again); got != "call:c1:connected complete" {
		t.Error(got)
	}
	stopAgain()
	stopAgain() // harmless
}

func TestEventStream(t *testing.T) {
	s := newSite(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.feed.run(ctx) }()
	defer func() { cancel(); <-done }()
	s.calls.set(aCall("c1"))
	resp, err := http.Get(s.http.URL + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(resp.Header)
	}
	lines := make(chan string, 64)
	go func() {
		defer close(lines)
		for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
			lines <- sc.Text()
		}
	}()
	next := func(prefix string) string {
		t.Helper()
		for {
			if l := within(t, lines, prefix); strings.HasPrefix(l, prefix) {
				return l
			}
		}
	}
	next("retry: ")
	next("event: call")
	if l := next("data: "); !strings.Contains(l, `"id":"c1"`) || !strings.Contains(l, `"jitter_ms":3.5`) {
		t.Error(l)
	}
	s.calls.set()
	next("event: call.ended")
	if l := next("data: "); l != `data: {"id":"c1"}` {
		t.Error(l)
	}
	cancel() // the server ends: so does the stream
	for range lines {
	}
}

package web

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

func TestQualityOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &fakeCalls{events: make(chan bridge.Event, 16)}
		q := newQuality(calls)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); q.run(ctx) }()
		ringing := aCall("c2")
		ringing.State = bridge.StateRinging
		for i := range 3 {
			c := aCall("c1")
			c.Video.In.Packets, c.Video.In.Lost = uint64(100*i), uint64(10*i)
			calls.set(c, ringing)
			time.Sleep(qualityEvery)
			synctest.Wait()
		}
		points := q.of("c1")
		if len(points) != 3 || len(q.of("c2")) != 0 {
			t.Fatal(points, q.of("c2"))
		}
		last := points[2]
		if last.Video.In.Loss < 0.0909 || last.Video.In.Loss > 0.0910 || last.Video.In.Width != 1280 || last.Video.In.Bitrate != 1_700_000 || last.Video.In.JitterMS != 3.5 {
			t.Errorf("%+v", last.Video.In)
		}
		if gap := points[2].At.Sub(points[1].At); gap != qualityEvery {
			t.Error(gap)
		}
		if l := q.latest(calls.Calls()); len(l) != 1 || l[0].Grade != "poor" || l[0].In != 1_700_000 || fmt.Sprint(l[0].Trend) != "[0 90 90]" {
			t.Errorf("%+v", l)
		}
		calls.set()
		time.Sleep(qualityEvery)
		synctest.Wait()
		if len(q.history) != 0 {
			t.Error("calls that ended are kept")
		}
		cancel()
		<-done
	})
}

func TestQualityIsBounded(t *testing.T) {
	calls := &fakeCalls{}
	var list []bridge.CallStatus
	for i := range qualityCalls + 10 {
		list = append(list, aCall(fmt.Sprint(i)))
	}
	calls.set(list...)
	q := newQuality(calls)
	for range qualityPoints + 5 {
		q.look()
	}
	points := q.of("0")
	if len(q.history) != qualityCalls || len(points) != qualityPoints {
		t.Fatal(len(q.history), len(points))
	}
	for i := 1; i < len(points); i++ {
		if points[i].At.Before(points[i-1].At) {
			t.Fatalf("point %d is before the one before it", i)
		}
	}
}

// Counters begin anew when a stream is negotiated anew: that is no loss.
func TestQualityOfNewStream(t *testing.T) {
	calls := &fakeCalls{}
	q := newQuality(calls)
	for _, counters := range [][2]uint64{{1000, 50}, {10, 0}, {10, 90}} {
		c := aCall("c1")
		c.Video.In.Packets, c.Video.In.Lost = counters[0], counters[1]
		calls.set(c)
		q.look()
	}
	points := q.of("c1")
	if points[1].Video.In.Loss != 0 || points[2].Video.In.Loss != 1 {
		t.Errorf("%+v", points)
	}
}

func TestGrade(t *testing.T) {
	for _, c := range []struct {
		loss, jitter float32
		want         string
	}{{0, 0, "good"}, {0.01, 40, "good"}, {0.02, 0, "fair"}, {0, 41, "fair"}, {0.06, 0, "poor"}, {0, 90, "poor"}} {
		if got := grade(c.loss, c.jitter); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
	}
}

func TestQualityAPI(t *testing.T) {
	s := newSite(t, nil)
	s.calls.set(aCall("c1"))
	s.rooms.set(aRoom())
	s.quality.look()
	resp, body := s.get("/api/v1/calls/c1/quality")
	var points []Point
	if err := json.Unmarshal([]byte(body), &points); resp.StatusCode != 200 || err != nil || len(points) != 1 || points[0].Video.In.Width != 1280 {
		t.Error(resp.StatusCode, body)
	}
	if resp, _ := s.get("/api/v1/calls/none/quality"); resp.StatusCode != 404 {
		t.Error(resp.StatusCode)
	}
	resp, body = s.get(roomPathName + "/quality")
	var people []ParticipantQuality
	if err := json.Unmarshal([]byte(body), &people); resp.StatusCode != 200 || err != nil || len(people) != 2 || len(people[0].Points) != 1 || people[1].Points == nil {
		t.Error(resp.StatusCode, body)
	}
	if resp, _ := s.get("/api/v1/rooms/none/quality"); resp.StatusCode != 404 {
		t.Error(resp.StatusCode)
	}
	var list []Latest
	_, body = s.get("/api/v1/quality")
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 1 || list[0].Call != "c1" || list[0].In != 1_700_000 {
		t.Error(body)
	}
}

// A look at all the calls that are watched is a moment's work.
func BenchmarkQuality(b *testing.B) {
	calls := &fakeCalls{}
	var list []bridge.CallStatus
	for i := range qualityCalls {
		list = append(list, aCall(fmt.Sprint(i)))
	}
	calls.set(list...)
	q := newQuality(calls)
	b.ReportAllocs()
	for b.Loop() {
		q.look()
	}
}

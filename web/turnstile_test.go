package web

import (
	"strings"
	"testing"
)

func TestTurnstile(t *testing.T) {
	n := newTurnstile(2)
	leave, _ := n.enter("acme")
	_, second := n.enter("acme")
	_, third := n.enter("acme")
	_, other := n.enter("other")
	if !second || third || !other {
		t.Error(second, third, other)
	}
	leave()
	if _, again := n.enter("acme"); !again {
		t.Error("nobody comes in after somebody has left")
	}
}

// Nobody holds event streams open without end, and who stops listening makes room.
func TestListenersAreBounded(t *testing.T) {
	s := newSite(t, nil)
	s.streams.most = 1
	leave, _ := s.streams.enter("")
	resp, body := s.get("/api/v1/events")
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	leave()
	if _, ok := s.streams.enter("acme"); !ok {
		t.Error("a tenant waits for operators")
	}
}

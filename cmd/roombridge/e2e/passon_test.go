package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// A number leads to a far end that the gateway calls: terminal and far end hear and see each other, and end together.
func TestNumberOfAFarEnd(t *testing.T) {
	g := startGateway(t, gwOptions{})
	b := startBaresip(t, baresipOptions{tone: 440})
	for number, rule := range map[string]string{
		"7001": `{"number":"7001","action":"dial","target":"sip:terminal@` + b.sip + `"}`,
		"7002": `{"number":"7002","action":"dial","target":"h323:nobody@127.0.0.1:9"}`,
	} {
		if status := g.send("PUT", "/numbers/"+number, rule); status/100 != 2 {
			t.Fatalf("number %s: %d", number, status)
		}
		waitFor(t, "the number", func() bool { return g.send("POST", "/numbers/test", `{"number":"`+number+`"}`) == http.StatusOK })
	}
	d := startDial(t, "sip:7001@"+g.sipUDP, "--duration", "8s", "--tone", "1000")
	waitFor(t, "both calls in a room of theirs", func() bool {
		list := g.calls()
		return len(list) == 2 && list[0].Room == list[1].Room && strings.HasPrefix(list[0].Room, "dial-") && list[0].State == "connected" && list[1].State == "connected"
	})
	waitFor(t, "1 kHz at the far end", func() bool { return b.hears(1000) > heard })
	c := d.completed()
	if s := share(c, 440); s < heard {
		t.Errorf("440 Hz makes %.2f of what the terminal hears", s)
	}
	if n, err := decoded(c); err != nil || n < 50 {
		t.Errorf("the terminal sees %d pictures: %v", n, err)
	}
	waitFor(t, "the end of both calls", func() bool { return len(g.calls()) == 0 })

	refused := startDial(t, "sip:7002@"+g.sipUDP, "--duration", "0s")
	g.reaches("refused", "dial")
	if r := refused.report(); r.Calls[0].Reason == "" {
		t.Errorf("why: %+v", r.Calls[0])
	}
	waitFor(t, "the end of the call", func() bool { return len(g.calls()) == 0 })
}

package e2e

import (
	"fmt"
	"image"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// received is a call as the API shows it while it has no place in a room.
type received struct {
	ID     string `json:"id"`
	Room   string `json:"room"`
	Number string `json:"number"`
	State  string `json:"state"`
	Stage  string `json:"stage"`
	Audio  stream `json:"audio"`
	Video  stream `json:"video"`
}

// receives is the only call.
func (g *gw) receives() (c received, ok bool) {
	var list []received
	g.api("GET", "/calls", &list)
	if len(list) != 1 {
		return c, false
	}
	return list[0], true
}

// reaches waits until the only call waits for something, or for nothing any more.
func (g *gw) reaches(stage, room string) received {
	g.t.Helper()
	var c received
	waitFor(g.t, fmt.Sprintf("the call to be at %q of %q", stage, room), func() bool {
		var ok bool
		c, ok = g.receives()
		return ok && c.State == "connected" && c.Stage == stage && c.Room == room
	})
	return c
}

// receptionRules are a room with PINs whose guests wait for a host, and a number that asks for one.
func receptionRules(g *gw) {
	for number, rule := range map[string]string{
		"1002": `{"number":"1002","room":"board","guest_pin":"4321","host_pin":"987654","lobby":true}`,
		"9000": `{"number":"9000","action":"reception"}`,
	} {
		if status := g.send("PUT", "/numbers/"+number, rule); status/100 != 2 {
			g.t.Fatalf("number %s: %d", number, status)
		}
	}
	waitFor(g.t, "the numbers", func() bool { return g.send("POST", "/numbers/test", `{"number":"9000"}`) == http.StatusOK })
}

// admit lets the only one who waits before a room in.
func (g *gw) admit(room string) {
	g.t.Helper()
	var r struct {
		Waiting []struct {
			ID     string `json:"id"`
			Name   string `json:"name"`
			Number string `json:"number"`
		} `json:"waiting"`
	}
	waitFor(g.t, "somebody before the door", func() bool { return g.api("GET", "/rooms/"+room, &r) == http.StatusOK && len(r.Waiting) == 1 })
	if w := r.Waiting[0]; w.Number != "1002" || w.Name == "" {
		g.t.Errorf("waits: %+v", w)
	}
	if status := g.send("POST", "/rooms/"+room+"/waiting/"+r.Waiting[0].ID, `{"admit":true}`); status/100 != 2 {
		g.t.Fatalf("admit: %d", status)
	}
}

// presses sends keys as RFC 4733.
func (b *baresip) presses(keys string) {
	for _, k := range keys {
		b.command("sndcode", string(k))
		<-time.After(250 * time.Millisecond)
	}
}

// screen waits until what the terminal decodes is a screen, another than the one before, and keeps it for
// people who want to look.
func (b *baresip) screen(name string, before image.Image) image.Image {
	b.t.Helper()
	var shot image.Image
	waitFor(b.t, "the screen "+name, func() bool {
		shot = b.picture()
		return shot != nil && differs(shot, before)
	})
	if dir := os.Getenv("E2E_SHOTS"); dir != "" {
		<-time.After(500 * time.Millisecond)
		keep(b.t, b, filepath.Join(dir, "reception-"+name+".png"))
	}
	return shot
}

// differs tells whether two pictures are of different sizes, or show different things in a part of them.
func differs(a, b image.Image) bool {
	if b == nil || a.Bounds() != b.Bounds() {
		return true
	}
	r, n := a.Bounds(), 0
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		for x := r.Min.X; x < r.Max.X; x += 2 {
			p, _, _, _ := a.At(x, y).RGBA()
			q, _, _, _ := b.At(x, y).RGBA()
			if d := int(p>>8) - int(q>>8); d > 40 || d < -40 {
				n++
			}
		}
	}
	return n > 20
}

// A terminal dials reception, types a number, two wrong PINs and the right one, waits in the lobby and is let in; it sees
// what it is asked and told, and hears it.
func TestReception(t *testing.T) {
	g := startGateway(t, gwOptions{})
	receptionRules(g)
	b := startBaresip(t, baresipOptions{tone: 440})
	b.dial("sip:9000@" + g.sipUDP)
	c := g.reaches("number", "")
	if c.Video.Out.Reason == "" || c.Audio.Out.Reason == "" {
		t.Errorf("no reasons: %+v", c)
	}
	welcome := b.screen("1-number", nil)
	waitFor(t, "a voice", func() bool { x, _ := b.heard(); return loudest(x) > 0.02 })
	b.presses("100")
	typed := b.screen("2-typed", welcome)
	b.presses("*1002#")
	g.reaches("pin", "board")
	pin := b.screen("3-pin", typed)
	b.presses("000")
	dots := b.screen("4-dots", pin)
	b.presses("0#")
	wrong := b.screen("5-wrong", dots)
	b.presses("1111#")
	again := b.screen("6-wrong-again", wrong)
	b.presses("4321#")
	g.reaches("lobby", "board")
	b.screen("7-lobby", again)
	b.presses("*")
	<-time.After(time.Second)
	b.screen("8-lobby-en", nil)
	g.admit("board")
	if c := g.reaches("", "board"); c.Number != "1002" {
		t.Errorf("%+v", c)
	}
	b.screen("9-room", nil)
	b.hangup()
	waitFor(t, "the end of the call", func() bool { return len(g.calls()) == 0 })
}

func loudest(x []float64) (most float64) {
	for _, v := range x {
		most = max(most, v, -v)
	}
	return most
}

// Three wrong PINs end the call with words why, and who comes back too soon has to wait.
func TestWrongPINs(t *testing.T) {
	g := startGateway(t, gwOptions{})
	receptionRules(g)
	b := startBaresip(t, baresipOptions{tone: 440, video: "H263"})
	b.dial("sip:1002@" + g.sipUDP)
	g.reaches("pin", "board")
	ask := b.screen("h263-pin", nil)
	b.presses("0000#1111#2222#")
	g.reaches("refused", "board")
	b.screen("h263-refused", ask)
	waitFor(t, "the end of the call", func() bool { return len(g.calls()) == 0 })
	b.dial("sip:1002@" + g.sipUDP)
	g.reaches("pin", "board")
	b.presses("4321#")
	<-time.After(time.Second)
	b.screen("h263-locked-out", nil)
	var events struct{ Items []struct{ Kind, Text string } }
	waitFor(t, "security events", func() bool {
		g.api("GET", "/security/events", &events)
		kinds := map[string]int{}
		for _, e := range events.Items {
			kinds[e.Kind]++
		}
		return kinds["security.pin"] == 3 && kinds["security.lock-out"] > 0
	})
	m := g.metrics()
	if m[`roombridge_pin_tries_total{result="wrong"}`] != 3 || m["roombridge_pin_locks_total"] == 0 || m[`roombridge_pin_tries_total{result="not-looked-at"}`] == 0 {
		t.Errorf("metrics: %v wrong, %v locks", m[`roombridge_pin_tries_total{result="wrong"}`], m["roombridge_pin_locks_total"])
	}
	b.hangup()
}

// The keys of a terminal come by SIP INFO, which this baresip cannot send: it is written into its dialog.
func TestReceptionByINFO(t *testing.T) {
	g := startGateway(t, gwOptions{})
	receptionRules(g)
	b := startBaresip(t, baresipOptions{tone: 440})
	b.dial("sip:9000@" + g.sipUDP)
	g.reaches("number", "")
	ask := b.screen("info-number", nil)
	d := g.dialog()
	d.info("1002#")
	g.reaches("pin", "board")
	pin := b.screen("info-pin", ask)
	d.info("0000#1111#")
	wrong := b.screen("info-wrong", pin)
	d.info("4321#")
	g.reaches("lobby", "board")
	b.screen("info-lobby", wrong)
	g.admit("board")
	g.reaches("", "board")
	g.api("DELETE", "/calls/"+g.calls()[0].ID, nil)
	waitFor(t, "the end of the call", func() bool { return len(g.calls()) == 0 })
}

// sipDialog writes requests into a dialog of the gateway's.
type sipDialog struct {
	t             *testing.T
	conn          net.Conn
	from, to, id  string
	cseq, request int
}

// dialog is that of the only call, as the gateway's log shows it.
func (g *gw) dialog() *sipDialog {
	g.t.Helper()
	d := &sipDialog{t: g.t}
	for line := range strings.Lines(g.log.String()) {
		_, quoted, ok := strings.Cut(line, `message="SIP/2.0 200 OK`)
		message, err := strconv.Unquote(`"` + strings.TrimSpace(quoted))
		if !ok || err != nil || !strings.Contains(message, " INVITE\r\n") {
			continue
		}
		for h := range strings.SplitSeq(message, "\r\n") {
			switch name, value, _ := strings.Cut(h, ": "); name {
			case "From":
				d.from = value
			case "To":
				d.to = value
			case "Call-ID":
				d.id = value
			case "CSeq":
				_, _ = fmt.Sscan(value, &d.cseq)
			}
		}
	}
	var err error
	if d.conn, err = net.Dial("udp", g.sipUDP); err != nil || d.id == "" {
		g.t.Fatalf("no dialog: %v", err)
	}
	g.t.Cleanup(func() { _ = d.conn.Close() })
	return d
}

// info presses keys, one request for each, in the two forms that terminals have.
func (d *sipDialog) info(keys string) {
	d.t.Helper()
	for i, k := range keys {
		kind, body := "application/dtmf-relay", fmt.Sprintf("Signal=%c\r\nDuration=160\r\n", k)
		if i%2 == 1 {
			kind, body = "application/dtmf", string(k)
		}
		d.request++
		_, err := fmt.Fprintf(d.conn, "INFO sip:9000@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKinfo%d;rport\r\nMax-Forwards: 70\r\n"+
			"From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d INFO\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
			d.conn.RemoteAddr(), d.conn.LocalAddr(), d.request, d.from, d.to, d.id, d.cseq+d.request, kind, len(body), body)
		if err != nil {
			d.t.Fatal(err)
		}
		answer := make([]byte, 4096)
		_ = d.conn.SetReadDeadline(time.Now().Add(patience))
		n, err := d.conn.Read(answer)
		if err != nil || !strings.HasPrefix(string(answer[:n]), "SIP/2.0 200") {
			d.t.Fatalf("INFO: %v %s", err, answer[:n])
		}
		<-time.After(150 * time.Millisecond)
	}
}

// Digits come from simulated terminals by RFC 4733 and by user input of H.245.
func TestReceptionDigits(t *testing.T) {
	keys := []string{"--dtmf", "1002#0000#1111#4321#", "--duration", "0s"}
	for name, args := range map[string]func(g *gw) []string{
		"rfc4733":      func(g *gw) []string { return []string{"sip:9000@" + g.sipUDP} },
		"h245":         func(g *gw) []string { return []string{"h323:9000@" + g.h323, "--dtmf-signalled"} },
		"h323 rfc4733": func(g *gw) []string { return []string{"h323:9000@" + g.h323} },
	} {
		t.Run(name, func(t *testing.T) {
			g := startGateway(t, gwOptions{})
			receptionRules(g)
			d := startDial(t, append(args(g), keys...)...)
			g.reaches("lobby", "board")
			g.admit("board")
			g.reaches("", "board")
			waitFor(t, "a picture", func() bool { c, ok := g.receives(); return ok && c.Video.Out.Keyframes > 0 && c.Video.Out.Packets > 20 })
			d.hangup()
			if in := d.completed().Video.In; in.Frames == 0 {
				t.Error("no picture came")
			}
		})
	}
}

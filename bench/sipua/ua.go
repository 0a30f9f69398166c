package sipua

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// UA speaks for any number of terminals over one socket.
type UA struct {
	conn  net.Conn
	proto string
	done  chan struct{}

	mu    sync.Mutex
	calls map[string]*Call
}

// Dial opens a socket to a gateway; network is udp or tcp.
func Dial(network, local, addr string) (*UA, error) {
	d := net.Dialer{Timeout: patience}
	if network == "udp" {
		d.LocalAddr = &net.UDPAddr{IP: net.ParseIP(local)}
	}
	c, err := d.Dial(network, addr)
	if err != nil {
		return nil, err
	}
	u := &UA{conn: c, proto: strings.ToUpper(network), done: make(chan struct{}), calls: map[string]*Call{}}
	go u.listen()
	return u, nil
}

// Close closes the socket; calls that are up stay up.
func (u *UA) Close() {
	_ = u.conn.Close()
	<-u.done
}

func (u *UA) listen() {
	defer close(u.done)
	if u.proto == "TCP" {
		r := bufio.NewReader(u.conn)
		for {
			m, err := read(r)
			if err != nil {
				return
			}
			u.take(m)
		}
	}
	b := make([]byte, maxMessage)
	for {
		n, err := u.conn.Read(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // somebody was not there yet
			continue
		}
		if m, err := parse(b[:n]); err == nil {
			u.take(m)
		}
	}
}

// take gives a message to its call, and answers what a terminal has to answer.
func (u *UA) take(m *message) {
	u.mu.Lock()
	c := u.calls[m.get("call-id")]
	u.mu.Unlock()
	switch {
	case m.status() != 0:
		if c != nil {
			c.response(m)
		}
	case m.method() == "ACK":
	case c == nil:
		_, _ = u.conn.Write(m.reply("481 Call Does Not Exist", "none", "", ""))
	case m.method() == "BYE":
		_, _ = u.conn.Write(m.reply("200 OK", c.tag, "", ""))
		c.finish()
	case m.method() == "INVITE", m.method() == "UPDATE":
		_, _ = u.conn.Write(m.reply("200 OK", c.tag, c.contact(), c.offer))
	default: // INFO asks for keyframes where RTCP did not help
		_, _ = u.conn.Write(m.reply("200 OK", c.tag, "", ""))
	}
}

// Call is one call of a terminal.
type Call struct {
	ua        *UA
	id, tag   string
	uri       string
	offer     string
	responses chan *message
	ended     chan struct{}
	once      sync.Once

	mu     sync.Mutex
	remote string // tag
	target string
	ack    []byte
}

var serial atomic.Int64

// Timers (RFC 3261 17.1.1.1).
const (
	t1       = 500 * time.Millisecond
	t2       = 4 * time.Second
	patience = 20 * time.Second
)

// Invite calls a SIP address with an offer and gives the answer.
func (u *UA) Invite(ctx context.Context, uri, offer string) (*Call, string, error) {
	n := serial.Add(1)
	c := &Call{
		ua: u, id: fmt.Sprintf("bench-%d-%d", time.Now().UnixNano(), n), tag: fmt.Sprintf("t%d", n), uri: uri, target: uri, offer: offer,
		responses: make(chan *message, 16), ended: make(chan struct{}),
	}
	u.mu.Lock()
	u.calls[c.id] = c
	u.mu.Unlock()
	m, err := c.ask(ctx, "INVITE", 1, offer)
	if err != nil {
		c.finish()
		return nil, "", err
	}
	if m.status() >= 300 {
		c.mu.Lock()
		c.remote = m.tag("to")
		c.mu.Unlock()
		_, _ = u.conn.Write(c.request("ACK", 1, "1", "")) // in the INVITE's transaction (RFC 3261 17.1.1.3)
		c.finish()
		return nil, "", fmt.Errorf("sipua: %s refused: %s (%s)", uri, m.first, m.get("warning"))
	}
	c.mu.Lock()
	c.remote, c.target = m.tag("to"), m.target()
	c.mu.Unlock()
	ack := c.request("ACK", 1, "a", "")
	c.mu.Lock()
	c.ack = ack
	c.mu.Unlock()
	_, _ = u.conn.Write(ack)
	return c, m.body, nil
}

// Hangup ends the call.
func (c *Call) Hangup(ctx context.Context) error {
	defer c.finish()
	select {
	case <-c.ended:
		return nil
	default:
	}
	m, err := c.ask(ctx, "BYE", 2, "")
	if err == nil && m.status() != 200 {
		err = fmt.Errorf("sipua: BYE got %s", m.first)
	}
	return err
}

// Ended is closed when the call is over, whoever ended it.
func (c *Call) Ended() <-chan struct{} { return c.ended }

func (c *Call) finish() {
	c.once.Do(func() {
		close(c.ended)
		c.ua.mu.Lock()
		delete(c.ua.calls, c.id)
		c.ua.mu.Unlock()
	})
}

// ask sends a request, again and again over UDP, until its final response.
func (c *Call) ask(ctx context.Context, method string, seq int, body string) (*message, error) {
	req := c.request(method, seq, strconv.Itoa(seq), body)
	if _, err := c.ua.conn.Write(req); err != nil {
		return nil, err
	}
	wait, most := t1, time.After(patience)
	again := time.NewTimer(wait)
	defer again.Stop()
	if c.ua.proto == "TCP" {
		again.Stop()
	}
	for {
		select {
		case m := <-c.responses:
			if m.method() != method {
				continue
			}
			if m.status() >= 200 {
				return m, nil
			}
			if method == "INVITE" {
				again.Stop()
			}
		case <-again.C:
			wait = min(2*wait, t2)
			again.Reset(wait)
			_, _ = c.ua.conn.Write(req)
		case <-most:
			return nil, fmt.Errorf("sipua: no answer to %s", method)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// response takes a response; a repeated one to INVITE is acknowledged again.
func (c *Call) response(m *message) {
	c.mu.Lock()
	ack := c.ack
	c.mu.Unlock()
	if m.method() == "INVITE" && m.status() >= 200 && ack != nil {
		_, _ = c.ua.conn.Write(ack)
		return
	}
	select {
	case c.responses <- m:
	default: // nobody asks
	}
}

func (c *Call) contact() string {
	return fmt.Sprintf("<sip:bench@%s;transport=%s>", c.ua.conn.LocalAddr(), strings.ToLower(c.ua.proto))
}

// request writes a request; branch names its transaction within the call.
func (c *Call) request(method string, seq int, branch, body string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	me := c.ua.conn.LocalAddr().String()
	to := "<" + c.uri + ">"
	if c.remote != "" {
		to += ";tag=" + c.remote
	}
	kind := ""
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	return fmt.Appendf(nil, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK-%s-%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: \"Bench\" <sip:bench@%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: %s\r\n"+
		"User-Agent: roombridge-bench\r\nAllow: INVITE, ACK, BYE, CANCEL, INFO, UPDATE, OPTIONS\r\n%sContent-Length: %d\r\n\r\n%s",
		method, c.target, c.ua.proto, me, branch, c.id, me, c.tag, to, c.id, seq, method, c.contact(),
		kind, len(body), body)
}

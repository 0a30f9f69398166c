package ng

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// Client asks one rtpengine, one question at a time.
type Client struct {
	mu     sync.Mutex
	conn   net.Conn
	cookie int
	buf    [64 << 10]byte
}

// Dial makes a client of an address.
func Dial(addr string) (*Client, error) {
	c, err := net.Dial("udp", addr)
	if err != nil {
		return nil, err
	}
	return &Client{conn: c}, nil
}

// Close closes its socket.
func (c *Client) Close() { _ = c.conn.Close() }

// How often and how long a question is asked.
const (
	tries   = 3
	patient = 2 * time.Second
)

// Ask sends a command and gives the answer; one whose result is an error is an error.
func (c *Client) Ask(command string, members map[string]any) (map[string]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	members["command"] = command
	c.cookie++
	cookie := fmt.Appendf(nil, "%d_%d ", os.Getpid(), c.cookie)
	q, err := Encode(bytes.Clone(cookie), members)
	if err != nil {
		return nil, err
	}
	for range tries {
		if _, err = c.conn.Write(q); err != nil {
			continue
		}
		var a map[string]any
		if a, err = c.answer(cookie); errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		return a, err
	}
	return nil, fmt.Errorf("ng: %s: %w", command, err)
}

func (c *Client) answer(cookie []byte) (map[string]any, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(patient))
	for {
		n, err := c.conn.Read(c.buf[:])
		if err != nil {
			return nil, err
		}
		body, ok := bytes.CutPrefix(c.buf[:n], cookie)
		if !ok {
			continue // of an earlier question
		}
		v, err := Decode(body)
		if err != nil {
			return nil, err
		}
		d, _ := v.(map[string]any)
		if d["result"] == "error" {
			return d, fmt.Errorf("ng: rtpengine says: %v", d["error-reason"])
		}
		return d, nil
	}
}

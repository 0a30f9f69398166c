package room

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

// A crowd is many pages in a process of their own, so that what the gateway
// keeps for them can be told from what they keep. The test binary starts
// itself for it; signalling goes over the pipes, a line a message.

// crowdRoom is how many pages meet in one room.
const crowdRoom = 5

const crowdEnv = "ROOM_CROWD"

// What a crowd is like.
const (
	crowdBusy  = "busy"  // each page sends three layers and shows the others of its room
	crowdQuiet = "quiet" // each page has one slot and sends nothing
)

type crowdLine struct {
	Page int             `json:"page"`
	Msg  json.RawMessage `json:"msg,omitempty"` // empty from the child: connected
}

// crowdMain is the other process. It makes a page for each number that it
// hears of, with a camera of three layers, and has it show the others of its room.
func crowdMain() {
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	write := func(l crowdLine) error {
		mu.Lock()
		defer mu.Unlock()
		return out.Encode(l)
	}
	pages := map[int]*roomtest.Page{}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var l crowdLine
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			panic(err)
		}
		if p := pages[l.Page]; p != nil {
			p.Deliver(l.Msg)
			continue
		}
		opt := roomtest.Options{Slots: crowdRoom - 1, Simulcast: true}
		if os.Getenv(crowdEnv) == crowdQuiet {
			opt = roomtest.Options{Slots: 1, NoMedia: true}
		}
		p, err := roomtest.New(opt, func(b []byte) error {
			return write(crowdLine{l.Page, b})
		})
		if err != nil {
			panic(err)
		}
		pages[l.Page] = p
		p.Deliver(l.Msg) // the welcome
		go func() {
			if err := crowdPage(p); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			_ = write(crowdLine{Page: l.Page})
		}()
	}
}

func crowdPage(p *roomtest.Page) error {
	ctx, cancel := roomtest.Timeout(60 * time.Second)
	defer cancel()
	if err := p.Offer(ctx, false); err != nil {
		return err
	}
	if err := p.Connected(ctx); err != nil {
		return err
	}
	if os.Getenv(crowdEnv) != crowdQuiet {
		go p.Follow()
	}
	return nil
}

// crowd is the near side.
type crowd struct {
	rig *rig
	in  io.WriteCloser
	mu  sync.Mutex // guards writing
	up  chan int

	coming sync.Mutex // guards here
	here   map[int]bridge.Visitor
}

func (r *rig) crowd(kind string) *crowd {
	r.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crowdEnv+"="+kind)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	r.must(err)
	out, err := cmd.StdoutPipe()
	r.must(err)
	r.must(cmd.Start())
	c := &crowd{rig: r, in: in, up: make(chan int, 1000), here: map[int]bridge.Visitor{}}
	done := make(chan struct{})
	go func() { c.read(out); close(done) }()
	r.t.Cleanup(func() {
		_ = in.Close()
		<-done
		_ = cmd.Wait()
		for _, v := range c.here {
			_ = v.Receive([]byte(`{"type":"leave"}`))
			v.Disconnected()
		}
	})
	return c
}

func (c *crowd) tell(page int, msg []byte) {
	b, _ := json.Marshal(crowdLine{page, msg})
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.in.Write(append(b, '\n'))
}

func (c *crowd) read(out io.Reader) {
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var l crowdLine
		if json.Unmarshal(in.Bytes(), &l) != nil {
			continue
		}
		if len(l.Msg) == 0 {
			c.up <- l.Page
			continue
		}
		c.coming.Lock()
		v := c.here[l.Page]
		c.coming.Unlock()
		if v != nil {
			_ = v.Receive(l.Msg)
		}
	}
}

// grow lets pages from one number to below another come in.
func (c *crowd) grow(from, to int) {
	c.rig.t.Helper()
	for i := from; i < to; i++ {
		c.coming.Lock()
		v, err := c.rig.engine.Join(context.Background(), bridge.Join{Room: "room " + strconv.Itoa(i/crowdRoom), Name: strconv.Itoa(i)}, func(b []byte) { c.tell(i, b) })
		c.here[i] = v
		c.coming.Unlock()
		c.rig.must(err)
	}
	for range to - from {
		select {
		case <-c.up:
		case <-time.After(60 * time.Second):
			c.rig.t.Fatal("not all pages are connected")
		}
	}
}

// memory is what the process holds, heap and stacks.
func memory() (heap, stack int) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc), int(m.StackInuse)
}

// busy waits until every page's pictures have begun and go on.
func (c *crowd) busy() {
	c.rig.t.Helper()
	c.rig.eventually("pictures for everybody", func() bool {
		for _, en := range c.rig.engine.rooms {
			en.room.mu.Lock()
			defer en.room.mu.Unlock()
			for _, p := range en.room.people {
				for _, s := range p.visitor.slots {
					sl := s.viewer.out.(*slot)
					sl.mu.Lock()
					sent := sl.sent.packets
					sl.mu.Unlock()
					if sent < 20 {
						return false
					}
				}
			}
		}
		return true
	})
}

// TestMemoryOfBrowsers holds what a browser costs that sends three layers of
// its camera, shows four others and could use TCP: heap in use and stacks.
func TestMemoryOfBrowsers(t *testing.T) {
	if raceDetector {
		t.Skip("means nothing under the race detector")
	}
	r := newRig(t, nil)
	c := r.crowd(crowdBusy)
	const few, many = 10, 50
	c.grow(0, few)
	c.busy()
	heap, stack := memory()
	g := runtime.NumGoroutine()
	c.grow(few, many)
	c.busy()
	heap2, stack2 := memory()
	n := many - few
	t.Logf("a browser: %d kB of heap, %d kB of stacks, %d goroutines", (heap2-heap)/n/1000, (stack2-stack)/n/1000, (runtime.NumGoroutine()-g)/n)
	if each := (heap2 - heap + stack2 - stack) / n; each > 250_000 {
		t.Errorf("%d bytes a browser", each)
	}
}

package relays

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bench/load"
	"github.com/roombridge/roombridge/bench/proc"
)

// Floor is this program as a relay of system calls alone. It opens and seals
// nothing, so it has plain legs in every case.
type Floor struct {
	Segment bool // takes and sends what it can as one message (UDP_GRO, UDP_SEGMENT)

	env     Env
	proc    *proc.Process
	control net.Conn
	answers *bufio.Reader
}

// FloorArg makes this program a Floor, at the address that follows.
const FloorArg = "floor-relay"

const floorPort = 7000

// Name is the relay's name in tables.
func (f *Floor) Name() string {
	if f.Segment {
		return "floor-gso"
	}
	return "floor"
}

// Options says what it is.
func (f *Floor) Options() string {
	if f.Segment {
		return "UDP_GRO and UDP_SEGMENT on raw descriptors, no RTP, no encryption"
	}
	return "recvmmsg and sendmmsg on raw descriptors, no RTP, no encryption"
}

// Can tells which cases it has: those that show what sending and receiving cost.
func (*Floor) Can(c Case) bool { return c.From == RTP && (c.To == RTP || c.Fan == 50) && !c.Sound }

// Process is the running relay.
func (f *Floor) Process() *proc.Process { return f.proc }

// Start runs the relay.
func (f *Floor) Start(ctx context.Context, env Env) error {
	f.env = env
	self, err := os.Executable()
	if err != nil {
		return err
	}
	at := netip.AddrPortFrom(env.Addr, floorPort).String()
	if f.proc, err = proc.Start(env.CPU, exec.Command(self, FloorArg, at, strconv.FormatBool(f.Segment))); err != nil {
		return err
	}
	begun := time.Now()
	for time.Since(begun) < startTime && ctx.Err() == nil {
		if f.control, err = net.Dial("tcp", at); err == nil {
			f.answers = bufio.NewReader(f.control)
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("relays: floor: %w; it said: %s", err, f.proc.Log())
}

// Connect sets up the i-th call.
func (f *Floor) Connect(_ context.Context, _ int, c Case) (*Call, error) {
	call := &Call{}
	var ends []end
	var addrs []string
	for range 1 + max(c.Fan, 1) {
		t, err := newTerminal(f.env, RTP, true, true)
		if err != nil {
			return call, err
		}
		call.Legs = append(call.Legs, t.leg)
		ends, addrs = append(ends, t), append(addrs, t.leg.Addr().String())
	}
	if _, err := fmt.Fprintln(f.control, strings.Join(addrs, " ")); err != nil {
		return call, err
	}
	answer, err := f.answers.ReadString('\n')
	if err != nil {
		return call, err
	}
	ports := strings.Fields(answer)
	if len(ports) != len(ends) {
		return call, fmt.Errorf("relays: floor says %s", answer)
	}
	for i, leg := range call.Legs {
		if err := f.connect(leg, ports[i]); err != nil {
			return call, err
		}
	}
	call.join(c, ends[0], ends[1:])
	return call, nil
}

func (f *Floor) connect(leg *load.Leg, port string) error {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("relays: floor: %w", err)
	}
	return leg.Connect(netip.AddrPortFrom(f.env.Addr, uint16(n)))
}

// Stop ends the relay.
func (f *Floor) Stop() {
	if f.control != nil {
		_ = f.control.Close()
	}
	if f.proc != nil {
		f.proc.Stop()
	}
}

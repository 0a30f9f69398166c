package transcode

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/wire"
)

// fakes are workers that misbehave. The test binary plays them when it is
// started by their name.
var fakes = map[string]func(){
	"dies":         func() { os.Exit(3) },
	"panics":       func() { panic("torn to pieces") },
	"says-nothing": func() { _, _ = io.Copy(io.Discard, socket()) },
	"old-version":  func() { send(wire.Message{Kind: wire.Hello, Payload: []byte(`{"version":99}`)}); drain() },
	"no-json":      func() { send(wire.Message{Kind: wire.Hello, Payload: []byte(`{"version":`)}); drain() },
	"frame-first":  func() { send(wire.Message{Kind: wire.Frame, Payload: make([]byte, 10)}); drain() },
	"unknown-kind": func() { hello(); raw(0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0); drain() },
	"oversize": func() {
		hello()
		raw(0xff, 0xff, 0xff, 0xff, byte(wire.Frame), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		drain()
	},
	"gateways-kind": func() { hello(); send(wire.Message{Kind: wire.Graph, Payload: []byte(`{}`)}); drain() },
	"bad-levels":    func() { hello(); send(wire.Message{Kind: wire.Levels, Payload: []byte(`[{"stream":-1}]`)}); drain() },
	"bad-stats": func() {
		hello()
		body, _ := json.Marshal(WorkerStats{VideoInputs: make([]VideoInputStats, MaxVideoInputs+1)})
		send(wire.Message{Kind: wire.Stats, Payload: body})
		drain()
	},
	"fat-packet":   func() { hello(); raw(0, 0, 0x10, 0, byte(wire.Packet), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0); drain() },
	"bad-report":   func() { hello(); send(wire.Message{Kind: wire.Decoded, Payload: []byte(`{"width":-5}`)}); drain() },
	"floods":       flood,
	"hangs":        func() { hello(); drain() },
	"strangers":    strangers,
	"chatters":     chatter,
	"never-reads":  func() { hello(); time.Sleep(time.Hour) },
	"bad-pictures": badPictures,
	"parent":       parent,
}

var socket = sync.OnceValue(func() *os.File { return os.NewFile(3, "gateway") })

func raw(b ...byte) { _, _ = socket().Write(b) }

func send(m wire.Message) {
	b, _ := wire.Append(nil, m)
	raw(b...)
}

func hello() {
	if slices.Contains(os.Args, "-capabilities") {
		_ = json.NewEncoder(os.Stdout).Encode(Capabilities{Version: wire.Version, VideoEncode: []media.Codec{media.H264}, VideoDecode: []media.Codec{media.H264}})
		os.Exit(0)
	}
	body, _ := json.Marshal(Hello{Version: wire.Version})
	send(wire.Message{Kind: wire.Hello, Payload: body})
}

func drain() { _, _ = io.Copy(io.Discard, socket()) }

func flood() {
	hello()
	for {
		send(wire.Message{Kind: wire.Error, Seq: uint16(wire.Graph)})
	}
}

// serveFake answers pings, and other messages as told.
func serveFake(answer func(m wire.Message)) {
	hello()
	r := wire.NewReader(socket())
	for {
		m, err := r.Next()
		if err != nil {
			return
		}
		if m.Kind == wire.Ping {
			send(wire.Message{Kind: wire.Pong})
		}
		answer(m)
	}
}

// strangers sends things about streams that nobody knows, and then one frame
// of a stream in the graph.
func strangers() {
	serveFake(func(m wire.Message) {
		if m.Kind != wire.Graph {
			return
		}
		send(wire.Message{Kind: wire.Frame, ID: 777, Payload: []byte("x")})
		send(wire.Message{Kind: wire.Levels, Payload: []byte(`[{"stream":778,"dbov":-3},{"stream":1,"dbov":100,"voice":true}]`)})
		send(wire.Message{Kind: wire.Units, ID: 779})
		send(wire.Message{Kind: wire.Picture, ID: 780})
		send(wire.Message{Kind: wire.Decoded, ID: 781, Payload: []byte(`{}`)})
		send(wire.Message{Kind: wire.Error, ID: 782, Seq: uint16(wire.Still), Payload: []byte("\x1b[31mno")})
		send(wire.Message{Kind: wire.Packet, ID: 2, Payload: []byte("x")}) // an output of sound
		send(wire.Message{Kind: wire.Packet, ID: 783, Payload: []byte("x")})
		send(wire.Message{Kind: wire.Packet, ID: 4})                      // nothing in it
		send(wire.Message{Kind: wire.Frame, ID: 4, Payload: []byte("x")}) // an output of pictures
		send(wire.Message{Kind: wire.Refresh, ID: 1})
		send(wire.Message{Kind: wire.Refresh, ID: 3})
		send(wire.Message{Kind: wire.Packet, ID: 4, Seq: 7, Flags: wire.FlagMarker, Payload: []byte("z")})
		send(wire.Message{Kind: wire.Frame, ID: 2, Seq: 5, Timestamp: 6, Payload: []byte("y")})
	})
}

func chatter() {
	line := strings.Repeat("chatter ", 1000)
	for range 2000 {
		fmt.Fprintln(os.Stderr, line)
	}
	fmt.Fprintln(os.Stderr, "\x1b]0;evil\x07 end")
	serveFake(func(wire.Message) {})
}

func badPictures() {
	n := 0
	bodies := [][]byte{
		{}, {0, 0, 0}, {0, 0, 0, 9, 1}, {0, 0, 0, 0}, AppendUnits(nil, [][]byte{{0x67}, {0x68}, {0x41}}),
		AppendUnits(nil, [][]byte{{0x65}}), AppendUnits(nil, [][]byte{{0x67}, {0x68}, make([]byte, 2000)}),
	}
	serveFake(func(m wire.Message) {
		if m.Kind == wire.Still {
			send(wire.Message{Kind: wire.Units, ID: m.ID, Payload: bodies[n%len(bodies)]})
			n++
		}
	})
}

// parent runs a real worker, says who it is and waits to be killed.
func parent() {
	s := NewSupervisor(SupervisorConfig{Path: os.Args[1]})
	m, err := s.Open("x", newTold())
	if err != nil {
		os.Exit(1)
	}
	m.SetGraph(Graph{Outputs: []Output{{ID: 1, Codec: media.PCMU}}})
	for m.PID() == 0 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(strconv.Itoa(m.PID()))
	time.Sleep(time.Hour)
}

// fake gives the path of a worker that misbehaves.
func fake(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

package worker

import (
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec/g711"
	"github.com/roombridge/roombridge/transcode/codec/h264"
	"github.com/roombridge/roombridge/transcode/internal/tone"
	"github.com/roombridge/roombridge/transcode/wire"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// gateway is the other end of a served connection.
type gateway struct {
	t     testing.TB
	conn  net.Conn
	read  *wire.Reader
	ended chan error
}

func serve(t testing.TB) *gateway {
	t.Helper()
	ours, theirs := net.Pipe()
	painter, err := screen.NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{t: t, conn: ours, read: wire.NewReader(ours), ended: make(chan error, 1)}
	go func() { g.ended <- Serve(theirs, Options{Screens: painter}) }()
	t.Cleanup(func() { ours.Close() })
	return g
}

func (g *gateway) send(list ...wire.Message) {
	g.t.Helper()
	var b []byte
	for _, m := range list {
		var err error
		if b, err = wire.Append(b, m); err != nil {
			g.t.Fatal(err)
		}
	}
	go g.conn.Write(b) // a pipe holds nothing: the worker may be writing
}

// until reads until a message of this kind comes that is ok.
func (g *gateway) until(kind wire.Kind, ok func(wire.Message) bool) wire.Message {
	g.t.Helper()
	_ = g.conn.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		m, err := g.read.Next()
		if err != nil {
			g.t.Fatalf("waiting for %v: %v", kind, err)
		}
		if m.Kind == kind && (ok == nil || ok(m)) {
			return m
		}
	}
}

func (g *gateway) end() error {
	g.conn.Close()
	return <-g.ended
}

func body(t testing.TB, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A conversation over the socket in real time.
func TestServe(t *testing.T) {
	g := serve(t)
	var hello transcode.Hello
	if err := json.Unmarshal(g.until(wire.Hello, nil).Payload, &hello); err != nil || hello.Version != wire.Version || !hello.Capabilities.Mixes(media.PCMU) {
		t.Fatalf("%+v, %v", hello, err)
	}
	graph := transcode.Graph{
		Inputs:  []transcode.Input{{ID: 1, Codec: media.PCMU}},
		Outputs: []transcode.Output{{ID: 2, Codec: media.PCMU, Hears: []transcode.StreamID{1}}, {ID: 3, Codec: "nonsense"}},
	}
	g.send(wire.Message{Kind: wire.Graph, Payload: []byte(`{}`)}, wire.Message{Kind: wire.Graph, Payload: body(t, graph)})
	g.until(wire.Error, func(m wire.Message) bool { return m.ID == 3 && wire.Kind(m.Seq) == wire.Graph })
	g.send(wire.Message{Kind: wire.Ping})
	g.until(wire.Pong, nil)
	gen, enc := tone.Generator{Hz: 500, Amplitude: 0.3, Rate: 8000}, g711.NewEncoder(g711.Mu)
	pcm, seq := make([]float32, 160), uint16(0)
	frames := 0
	g.until(wire.Frame, func(m wire.Message) bool {
		gen.Fill(pcm)
		p, _ := enc.Encode(nil, pcm)
		g.send(wire.Message{Kind: wire.Frame, ID: 1, Seq: seq, Timestamp: uint32(seq) * 160, Payload: p})
		seq++
		frames++
		out := make([]float32, 160)
		_, _ = g711.NewDecoder(g711.Mu).Decode(out, m.Payload)
		return tone.RMS(out) > 0.15
	})
	g.until(wire.Levels, nil)
	g.until(wire.Stats, nil)
	if err := g.end(); err != nil {
		t.Errorf("the end of the connection is an error: %v", err)
	}
}

// What the gateway asks wrongly is answered; what it may not send ends the worker.
func TestServeRefuses(t *testing.T) {
	g := serve(t)
	g.until(wire.Hello, nil)
	g.send(wire.Message{Kind: wire.Still, ID: 5, Payload: []byte(`{"width":1}`)})
	g.until(wire.Error, func(m wire.Message) bool { return m.ID == 5 && wire.Kind(m.Seq) == wire.Still })
	g.send(wire.Message{Kind: wire.Decode, ID: 6, Payload: []byte(`{"codec":"MJPEG"}`)})
	g.until(wire.Error, func(m wire.Message) bool { return m.ID == 6 && wire.Kind(m.Seq) == wire.Decode })
	g.send(wire.Message{Kind: wire.Picture, ID: 7, Payload: []byte{0, 0, 0, 6}}, wire.Message{Kind: wire.AccessUnit, ID: 6, Payload: []byte{1}}, wire.Message{Kind: wire.DecodeClose, ID: 6})
	g.until(wire.Error, func(m wire.Message) bool { return m.ID == 7 && wire.Kind(m.Seq) == wire.Picture })
	if err := g.end(); err != nil {
		t.Error(err)
	}
	for name, m := range map[string]wire.Message{
		"levels": {Kind: wire.Levels}, "graph": {Kind: wire.Graph, Payload: []byte("{")}, "still": {Kind: wire.Still, Payload: []byte("x")},
		"decode": {Kind: wire.Decode, Payload: []byte("[]")}, "picture": {Kind: wire.Picture, Payload: []byte{1}},
	} {
		g := serve(t)
		g.until(wire.Hello, nil)
		g.send(m)
		go func() { // so that the worker's writer comes to its end
			for _, err := g.read.Next(); err == nil; _, err = g.read.Next() {
			}
		}()
		if err := <-g.ended; err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestServeDecodes(t *testing.T) {
	if !h264.Available {
		return
	}
	g := serve(t)
	g.until(wire.Hello, nil)
	g.send(wire.Message{Kind: wire.Still, ID: 1, Payload: body(t, transcode.Still{Width: 176, Height: 144, Profile: 66, Level: 10, Title: "x"})})
	units := g.until(wire.Units, func(m wire.Message) bool { return m.ID == 1 })
	var unit []byte
	for b := units.Payload; len(b) > 4; {
		n := int(b[2])<<8 | int(b[3])
		unit = append(append(unit, 0, 0, 1), b[4:4+n]...)
		b = b[4+n:]
	}
	order := body(t, transcode.DecodeOrder{Codec: "H264"})
	g.send(wire.Message{Kind: wire.Decode, ID: 2, Payload: order}, wire.Message{Kind: wire.AccessUnit, ID: 2, Payload: unit}, wire.Message{Kind: wire.AccessUnit, ID: 2, Payload: []byte{0, 0, 1}},
		wire.Message{Kind: wire.Picture, ID: 3, Payload: []byte{0, 0, 0, 2}})
	m := g.until(wire.Picture, func(m wire.Message) bool { return m.ID == 3 })
	if p, err := transcode.ParsePicture(m.Payload); err != nil || p.Width != 176 || p.Height != 144 {
		t.Errorf("%v", err)
	}
	g.send(wire.Message{Kind: wire.DecodeClose, ID: 2})
	g.until(wire.Decoded, func(m wire.Message) bool {
		var r transcode.DecodeReport
		return json.Unmarshal(m.Payload, &r) == nil && r.Units == 2 && r.Frames == 1
	})
	// Opening one twice is a mistake of the gateway's.
	g.send(wire.Message{Kind: wire.Decode, ID: 9, Payload: order}, wire.Message{Kind: wire.Decode, ID: 9, Payload: order})
	go func() {
		for _, err := g.read.Next(); err == nil; _, err = g.read.Next() {
		}
	}()
	if err := <-g.ended; err == nil {
		t.Error("a decoder was opened twice")
	}
}

func TestManyDecoders(t *testing.T) {
	if !h264.Available {
		return
	}
	g := serve(t)
	g.until(wire.Hello, nil)
	order := body(t, transcode.DecodeOrder{Codec: "H264"})
	var list []wire.Message
	for i := range maxDecoders + 1 {
		list = append(list, wire.Message{Kind: wire.Decode, ID: uint32(i), Payload: order})
	}
	g.send(list...)
	g.until(wire.Error, func(m wire.Message) bool { return m.ID == maxDecoders })
	if err := g.end(); err != nil {
		t.Error(err)
	}
}

// FuzzServe gives the worker any stream of bytes.
func FuzzServe(f *testing.F) {
	b, _ := wire.Append(nil, wire.Message{Kind: wire.Graph, Payload: []byte(`{"inputs":[{"id":1,"codec":"PCMU"}],"outputs":[{"id":2,"codec":"G722","hears":[1,1,9]}]}`)})
	b, _ = wire.Append(b, wire.Message{Kind: wire.Frame, ID: 1, Payload: []byte{1, 2, 3}})
	f.Add(b)
	b, _ = wire.Append(nil, wire.Message{Kind: wire.Decode, ID: 1, Payload: []byte(`{"codec":"H264"}`)})
	b, _ = wire.Append(b, wire.Message{Kind: wire.AccessUnit, ID: 1, Payload: []byte{0, 0, 1, 0x65}})
	b, _ = wire.Append(b, wire.Message{Kind: wire.Picture, ID: 2, Payload: []byte{0, 0, 0, 1}})
	f.Add(b)
	f.Fuzz(func(t *testing.T, stream []byte) {
		ours, theirs := net.Pipe()
		ended := make(chan struct{})
		go func() { _ = Serve(theirs, Options{}); close(ended) }()
		go func() {
			for r := wire.NewReader(ours); ; {
				if _, err := r.Next(); err != nil {
					return
				}
			}
		}()
		_, _ = ours.Write(stream)
		ours.Close()
		<-ended
	})
}

// With nothing to mix the engine stands still, and pings are answered all the same.
func TestServeRests(t *testing.T) {
	g := serve(t)
	g.until(wire.Hello, nil)
	for range 3 {
		g.send(wire.Message{Kind: wire.Ping})
		g.until(wire.Pong, nil)
	}
	one := transcode.Graph{Inputs: []transcode.Input{{ID: 1, Codec: media.PCMU, ClockRate: 8000, Channels: 1}}}
	g.send(wire.Message{Kind: wire.Graph, Payload: body(t, one)})
	g.until(wire.Levels, nil)
	g.send(wire.Message{Kind: wire.Graph, Payload: body(t, transcode.Graph{})}, wire.Message{Kind: wire.Ping})
	g.until(wire.Pong, nil)
	g.send(wire.Message{Kind: wire.Graph, Payload: body(t, one)})
	g.until(wire.Levels, nil)
	if err := g.end(); err != nil {
		t.Error(err)
	}
}

package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/roombridge/roombridge/bridge"
)

const (
	joinTimeout  = 10 * time.Second // for a page's first message
	pingEvery    = 15 * time.Second
	pongTimeout  = 10 * time.Second
	messageRate  = 100 // a second; trickled candidates come in bursts
	messageBurst = 500
)

// socket brings a meeting page to its room: the page's messages go to the
// visitor, the engine's come back through a bounded queue.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	room, ok := roomName(r)
	if !ok {
		problem(w, http.StatusNotFound, "this is not a valid room name")
		return
	}
	source := sourceOf(r.RemoteAddr)
	if !s.sockets.enter(source) {
		w.Header().Set("Retry-After", "10")
		problem(w, http.StatusServiceUnavailable, "too many meeting pages are open")
		return
	}
	defer s.sockets.leave(source)
	// Accept compares Origin with Host and answers itself when it refuses.
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		s.cfg.Log.Debug("websocket refused", "remote", r.RemoteAddr, "error", err)
		return
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxMessage)
	p := &pageConn{conn: conn, queue: newSendQueue(), log: s.cfg.Log.With("room", room, "remote", r.RemoteAddr), entrance: s.cfg.Entrance}
	p.run(r.Context(), s.cfg.Rooms, bridge.Join{Room: room, Remote: r.RemoteAddr, Client: clientOf(r), Dial: s.cfg.Dial(room)})
}

// clientOf is the address by which a person's wrong PINs are counted. What headers
// say of it counts for nothing: anybody can write them.
func clientOf(r *http.Request) string {
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return peer.Addr().Unmap().WithZone("").String()
	}
	return r.RemoteAddr
}

// pageConn is one meeting page's connection.
type pageConn struct {
	conn     *websocket.Conn
	queue    *sendQueue
	log      *slog.Logger
	entrance func(ctx context.Context, room, client string) (bridge.Route, error)
}

func (p *pageConn) run(ctx context.Context, rooms Rooms, join bridge.Join) {
	// Reading outlasts ctx by the time that a goodbye takes: a read whose
	// context ends tears the connection down.
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		p.write(ctx)
	}()
	err := p.serve(reading, rooms, join)
	if err != nil && reading.Err() == nil {
		p.log.Debug("meeting page cut", "error", err)
	}
	p.queue.close(closing(err))
	<-done
}

// serve reads the page's messages until it leaves, is lost or misbehaves.
func (p *pageConn) serve(ctx context.Context, rooms Rooms, join bridge.Join) error {
	if err := p.readJoin(ctx, &join); err != nil {
		return p.tell(err)
	}
	route, err := p.entrance(ctx, join.Room, join.Client)
	if err != nil {
		return p.tell(err)
	}
	join.Route = route
	visitor, err := rooms.Join(ctx, join, p.queue.push)
	if err != nil {
		return p.tell(err)
	}
	defer visitor.Disconnected()
	pace := rate.NewLimiter(messageRate, messageBurst)
	for {
		msg, err := p.read(ctx)
		if err != nil {
			return err
		}
		if !pace.Allow() {
			return p.tell(errors.New("too many messages"))
		}
		if err := visitor.Receive(msg); err != nil {
			return p.tell(err)
		}
	}
}

func (p *pageConn) read(ctx context.Context) ([]byte, error) {
	kind, msg, err := p.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageText {
		return nil, p.tell(errors.New("messages are JSON text"))
	}
	return msg, nil
}

// readJoin takes the first message, which says who comes.
func (p *pageConn) readJoin(ctx context.Context, join *bridge.Join) error {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	msg, err := p.read(ctx)
	if err != nil {
		return err
	}
	var m struct{ Type, Name, Lang, Resume string }
	if err := json.Unmarshal(msg, &m); err != nil || m.Type != "join" {
		return errors.New("the first message is join")
	}
	join.Name, join.Lang = personName(m.Name), "en"
	if m.Lang == "vi" {
		join.Lang = "vi"
	}
	if len(m.Resume) <= maxToken {
		join.Resume = m.Resume
	}
	return nil
}

// tell says to the page why it is cut, in the words of docs/signalling.md,
// and hands the error on.
func (p *pageConn) tell(err error) error {
	r := (*bridge.Refusal)(nil)
	if !errors.As(err, &r) {
		p.queue.push(farewell("error", "refused", err.Error()))
		return err
	}
	p.queue.push(farewell("bye", byeCode(err, r), r.Reason))
	return err
}

// byeCode is how a refusal is called in docs/signalling.md; the engine may say so itself.
func byeCode(err error, r *bridge.Refusal) string {
	if c := (interface{ Code() string })(nil); errors.As(err, &c) {
		return c.Code()
	}
	switch r.Cause {
	case bridge.CauseCapacity:
		return "full"
	case bridge.CauseShutdown:
		return "shutdown"
	case bridge.CauseNoRoute:
		return "unknown"
	}
	return "refused"
}

func farewell(kind, code, reason string) []byte {
	b, err := json.Marshal(map[string]string{"type": kind, "code": code, "reason": reason})
	if err != nil {
		panic(fmt.Sprintf("web: strings do marshal: %v", err))
	}
	return b
}

// closing chooses the close frame that goes with an error.
func closing(err error) websocket.CloseError {
	if ce := (websocket.CloseError{}); errors.As(err, &ce) {
		return websocket.CloseError{Code: websocket.StatusNormalClosure}
	}
	return websocket.CloseError{Code: websocket.StatusPolicyViolation, Reason: "refused"}
}

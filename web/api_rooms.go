package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/roombridge/roombridge/bridge"
)

type roomPath struct {
	Name string `path:"name" maxLength:"256" doc:"The room's name"`
}

type roomBody struct {
	Body Room
}

type roomsBody struct {
	Body []Room
}

func (s *Server) roomOperations(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "list-rooms", Method: http.MethodGet, Path: "/api/v1/rooms", Tags: []string{"rooms"},
		Summary: "Rooms in which somebody is", Errors: []int{401, 403},
	}, func(ctx context.Context, _ *struct{}) (*roomsBody, error) {
		return &roomsBody{roomsOf(s.seenRooms(ctx))}, nil
	})
	huma.Register(a, huma.Operation{
		OperationID: "get-room", Method: http.MethodGet, Path: "/api/v1/rooms/{name}", Tags: []string{"rooms"},
		Summary: "One room", Errors: []int{401, 403, 404},
	}, func(ctx context.Context, in *roomPath) (*roomBody, error) {
		return s.oneRoom(ctx, in.Name)
	})
	huma.Register(a, huma.Operation{
		OperationID: "change-room", Method: http.MethodPatch, Path: "/api/v1/rooms/{name}", Tags: []string{"rooms"},
		Summary:      "Change who gets in, and the layout of all terminals for which none was chosen",
		Description:  "Holds until the room ends.",
		MaxBodyBytes: 16 << 10, Errors: []int{400, 401, 403, 404, 422, 501},
	}, s.changeRoom)
}

func noRoom() error { return huma.Error404NotFound("nobody is in a room of this name") }

// roomLayoutBody is what a PATCH changes. What is left out stays as it is.
type roomLayoutBody struct {
	Name string `path:"name" maxLength:"256" doc:"The room's name"`
	Body struct {
		Layout string `json:"layout,omitempty" enum:"auto,speaker,one-plus-n,grid,content" doc:"Layout of the pictures of terminals"`
		Entry  string `json:"entry,omitempty" enum:"open,lobby,locked" doc:"Who gets in from now on: everybody, who is let in, nobody"`
	}
}

func (s *Server) changeRoom(ctx context.Context, in *roomLayoutBody) (*roomBody, error) {
	r, err := s.oneRoom(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	name := r.Body.Name
	if l := in.Body.Layout; l != "" {
		rooms, ok := s.cfg.Rooms.(bridge.RoomArranger)
		if !ok {
			return nil, huma.Error501NotImplemented("rooms of this gateway have no layout")
		}
		if !rooms.SetRoomLayout(name, layoutOf(l)) {
			return nil, noRoom()
		}
		s.didRoom(ctx, &r.Body, "layout", "layout", l)
	}
	if e := in.Body.Entry; e != "" {
		if _, err := s.lead(ctx, name, func(c bridge.Chair, r *Room) bool { return c.SetEntry(r.Name, bridge.Entry(e)) }); err != nil {
			return nil, err
		}
		s.didRoom(ctx, &r.Body, "entry", "entry", e)
	}
	return s.oneRoom(ctx, name)
}

func (s *Server) oneRoom(ctx context.Context, name string) (*roomBody, error) {
	name, ok := actorOf(ctx).Room(norm.NFC.String(name))
	for _, r := range s.seenRooms(ctx) {
		if ok && r.Name == name {
			return &roomBody{roomOf(r)}, nil
		}
	}
	return nil, noRoom()
}

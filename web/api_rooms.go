package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"
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
	}, func(context.Context, *struct{}) (*roomsBody, error) {
		return &roomsBody{roomsOf(s.cfg.Rooms.Rooms())}, nil
	})
	huma.Register(a, huma.Operation{
		OperationID: "get-room", Method: http.MethodGet, Path: "/api/v1/rooms/{name}", Tags: []string{"rooms"},
		Summary: "One room", Errors: []int{401, 403, 404},
	}, func(_ context.Context, in *roomPath) (*roomBody, error) {
		name := norm.NFC.String(in.Name)
		for _, r := range s.cfg.Rooms.Rooms() {
			if r.Name == name {
				return &roomBody{roomOf(r)}, nil
			}
		}
		return nil, huma.Error404NotFound("nobody is in a room of this name")
	})
}

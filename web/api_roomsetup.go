package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/roombridge/roombridge/bridge/admin"
)

// SetupPath names a room that administrators set up, by its own name.
type SetupPath struct {
	DeskPath
	Name string `path:"name" maxLength:"64" doc:"The room's own name, without @"`
}

type setupBody struct {
	Body struct {
		admin.RoomSetup
		Group string `json:"group,omitempty" doc:"Names the change, for undo; empty if nothing changed"`
	}
}

// setupOperations are rooms that are there before anybody comes.
func (s *Server) setupOperations(a huma.API) {
	op := func(id, method, path, summary string, codes ...int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1" + path, Tags: []string{"rooms"}, Summary: summary,
			MaxBodyBytes: 16 << 10, SkipValidateBody: id == "put-roomsetup", Errors: append([]int{401, 403, 404, 422}, codes...),
		}
	}
	huma.Register(a, op("list-roomsetup", http.MethodGet, "/roomsetup", "Rooms that administrators set up, by name"), s.listSetups)
	huma.Register(a, op("get-roomsetup", http.MethodGet, "/roomsetup/{name}", "One of them"), s.getSetup)
	put := op("put-roomsetup", http.MethodPut, "/roomsetup/{name}", "Set a room up, whatever there was", 409)
	put.Description = "It holds where the rule that leads to the room says nothing. PINs: digits, or **** for the one that is there."
	huma.Register(a, put, s.putSetup)
	huma.Register(a, op("delete-roomsetup", http.MethodDelete, "/roomsetup/{name}", "Take a room's setup away", 409), s.deleteSetup)
}

func (s *Server) listSetups(ctx context.Context, in *struct {
	DeskPath
	Paging
}) (*listBody[admin.RoomSetup], error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	after, err := in.key()
	if err != nil {
		return nil, err
	}
	l, err := listOf(d.RoomSetups(ctx, admin.Query{Search: in.Search, After: after, Limit: in.Limit}))
	return l, s.failure(err)
}

func (s *Server) getSetup(ctx context.Context, in *SetupPath) (*setupBody, error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	out := &setupBody{}
	out.Body.RoomSetup, err = d.RoomSetup(ctx, norm.NFC.String(in.Name))
	return out, s.failure(err)
}

func (s *Server) putSetup(ctx context.Context, in *struct {
	SetupPath
	Versioned
	RawBody []byte `contentType:"application/json" doc:"label, guest_pin, host_pin, lobby, locked, capacity, layout, encryption, language, greeting"`
}) (*setupBody, error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	var setup admin.RoomSetup
	if err := json.Unmarshal(in.RawBody, &setup); err != nil {
		return nil, s.failure(&admin.Invalid{Err: errors.New("the body is not the JSON of a room: " + oneLine256(err.Error()))})
	}
	setup.Name = norm.NFC.String(in.Name)
	out := &setupBody{}
	if out.Body.RoomSetup, out.Body.Group, err = d.PutRoomSetup(ctx, setup.Room, in.Version); err != nil {
		return nil, s.failure(err)
	}
	s.cfg.Log.Info("room set up", "by", d.Name(), "tenant", d.ID(), "room", setup.Name)
	return out, nil
}

func (s *Server) deleteSetup(ctx context.Context, in *struct {
	SetupPath
	Versioned
}) (*groupBody, error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	out := &groupBody{}
	if out.Body.Group, err = d.DeleteRoomSetup(ctx, norm.NFC.String(in.Name), in.Version); err == nil {
		s.cfg.Log.Info("room no longer set up", "by", d.Name(), "tenant", d.ID(), "room", in.Name)
	}
	return out, s.failure(err)
}

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
	huma.Register(a, op("list-roomsetup", http.MethodGet, "/roomsetup", "Rooms that administrators set up, by name"), listed[deskPage](s, (*admin.Desk).RoomSetups))
	huma.Register(a, op("get-roomsetup", http.MethodGet, "/roomsetup/{name}", "One of them"), atDesk(s, getSetup))
	put := op("put-roomsetup", http.MethodPut, "/roomsetup/{name}", "Set a room up, whatever there was", 409)
	put.Description = "It holds where the rule that leads to the room says nothing. PINs: digits, or **** for the one that is there."
	huma.Register(a, put, atDesk(s, s.putSetup))
	huma.Register(a, op("delete-roomsetup", http.MethodDelete, "/roomsetup/{name}", "Take a room's setup away", 409), removed(s, "room no longer set up", "room", (*setupDelete).record, (*admin.Desk).DeleteRoomSetup))
}

func (p *SetupPath) name() string { return norm.NFC.String(p.Name) }

func getSetup(ctx context.Context, d *admin.Desk, in *SetupPath) (_ *setupBody, err error) {
	out := &setupBody{}
	out.Body.RoomSetup, err = d.RoomSetup(ctx, in.name())
	return out, err
}

type setupPut struct {
	SetupPath
	Versioned
	RawBody []byte `contentType:"application/json" doc:"label, guest_pin, host_pin, lobby, locked, capacity, layout, encryption, language, greeting, greeting_sound"`
}

func (s *Server) putSetup(ctx context.Context, d *admin.Desk, in *setupPut) (_ *setupBody, err error) {
	var setup admin.RoomSetup
	if err := json.Unmarshal(in.RawBody, &setup); err != nil {
		return nil, &admin.Invalid{Err: errors.New("the body is not the JSON of a room: " + oneLine256(err.Error()))}
	}
	setup.Name = in.name()
	out := &setupBody{}
	if out.Body.RoomSetup, out.Body.Group, err = d.PutRoomSetup(ctx, setup.Room, in.Version); err == nil {
		s.wrote(d, "room set up", "room", setup.Name)
	}
	return out, err
}

type setupDelete struct {
	SetupPath
	Versioned
}

func (in *setupDelete) record() (string, int64) { return in.name(), in.Version }

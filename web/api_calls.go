package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
)

type callPath struct {
	ID string `path:"id" maxLength:"64" doc:"The call"`
}

type callBody struct {
	Body Call
}

type callsBody struct {
	Body []Call
}

type placeBody struct {
	Body struct {
		Target string `json:"target" minLength:"1" maxLength:"512" example:"sip:1001@10.0.0.7" doc:"Whom to call: a sip:, sips: or h323: address, the name of a device, such as sip:phonghop1 or phonghop1, or a number, such as tel:+84241001, through a trunk"`
		Room   string `json:"room" minLength:"1" maxLength:"256" example:"1001" doc:"The room in which the terminal is seated"`
		Trunk  string `json:"trunk,omitempty" maxLength:"64" doc:"Trunk through which the number is called"`
		From   string `json:"from,omitempty" maxLength:"64" doc:"Number shown to the terminal; the room when empty"`
		Name   string `json:"name,omitempty" maxLength:"64" doc:"Name shown to the terminal; the room when empty"`
	}
}

type placedBody struct {
	Location string `header:"Location"`
	Body     Call
}

func (s *Server) callOperations(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "list-calls", Method: http.MethodGet, Path: "/api/v1/calls", Tags: []string{"calls"},
		Summary: "Running calls, oldest first", Errors: []int{401, 403},
	}, func(ctx context.Context, _ *struct{}) (*callsBody, error) {
		return &callsBody{callsOf(s.seenCalls(ctx), s.cfg.Rooms.Rooms())}, nil
	})
	huma.Register(a, huma.Operation{
		OperationID: "get-call", Method: http.MethodGet, Path: "/api/v1/calls/{id}", Tags: []string{"calls"},
		Summary: "One call", Errors: []int{401, 403, 404},
	}, func(ctx context.Context, in *callPath) (*callBody, error) {
		c, ok := s.call(ctx, in.ID)
		if !ok {
			return nil, noCall()
		}
		return &callBody{c}, nil
	})
	huma.Register(a, huma.Operation{
		OperationID: "change-call", Method: http.MethodPatch, Path: "/api/v1/calls/{id}", Tags: []string{"calls"},
		Summary:      "Change the layout of a terminal's picture, mute it, or move it to another room",
		Description:  "Takes effect within a second; the call's `arrangement` and its `video.out` tell how it is served, and why.",
		MaxBodyBytes: 16 << 10, Errors: []int{400, 401, 403, 404, 409, 422, 501},
	}, s.changeCall)
	huma.Register(a, huma.Operation{
		OperationID: "hang-up", Method: http.MethodDelete, Path: "/api/v1/calls/{id}", Tags: []string{"calls"},
		Summary: "Hang up", DefaultStatus: http.StatusNoContent, Errors: []int{401, 403, 404},
	}, func(ctx context.Context, in *callPath) (*struct{}, error) {
		c, ok := s.call(ctx, in.ID)
		if !ok || !s.cfg.Calls.Hangup(in.ID, bridge.CauseRemoved, "an administrator hung up") {
			return nil, noCall()
		}
		s.didCall(ctx, &c, "hang-up")
		return nil, nil
	})
	huma.Register(a, huma.Operation{
		OperationID: "place-call", Method: http.MethodPost, Path: "/api/v1/calls", Tags: []string{"calls"},
		Summary:       "Call a terminal into a room",
		Description:   "Answers as soon as the call is under way; the call's state and the event stream tell how it goes.",
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: 16 << 10, Errors: []int{400, 401, 403, 409, 422, 503},
	}, s.place)
}

// layoutOf reads a layout that was checked against the enumeration.
func layoutOf(name string) bridge.Layout {
	if name == "room" {
		return ""
	}
	return bridge.Layout(name)
}

func (s *Server) call(ctx context.Context, id string) (Call, bool) {
	list := s.seenCalls(ctx)
	i := slices.IndexFunc(list, func(c bridge.CallStatus) bool { return c.ID == id })
	if i < 0 {
		return Call{}, false
	}
	return callsOf(list[i:i+1], s.cfg.Rooms.Rooms())[0], true
}

func (s *Server) place(ctx context.Context, in *placeBody) (*placedBody, error) {
	room, err := roomNamed(ctx, in.Body.Room)
	if err != nil {
		return nil, err
	}
	target, err := s.callee(ctx, in.Body.Trunk, in.Body.Target, room)
	if err != nil {
		return nil, err
	}
	own, _ := bridge.TenantOf(room)
	target.Tenant = actorOf(ctx).Owner(room)
	target.From, target.Name = cmp.Or(target.From, oneLine(in.Body.From), own), cmp.Or(oneLine(in.Body.Name), own)
	c, err := s.cfg.Calls.Place(ctx, target, room)
	if err != nil {
		return nil, refusal(err)
	}
	status := callOf(c.Status())
	s.did(ctx, target.Tenant, admin.Deed{Kind: admin.DeedCall, Item: c.ID(), What: "place", More: map[string]string{"target": target.Public(), "room": room}})
	return &placedBody{Location: "/api/v1/calls/" + c.ID(), Body: status}, nil
}

// parseTarget reads "scheme:rest". What follows the scheme is the front-end's
// to judge; here it is only kept to one line of visible characters.
func parseTarget(s string) (bridge.Target, error) {
	scheme, rest, ok := strings.Cut(s, ":")
	scheme = strings.ToLower(scheme)
	if !ok || !slices.Contains([]string{"sip", "sips", "h323"}, scheme) {
		return bridge.Target{}, errors.New("a target begins with sip:, sips: or h323: and an address")
	}
	bad := func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == utf8.RuneError || r == '<' || r == '>' || r == '"'
	}
	if rest == "" || strings.ContainsFunc(rest, bad) {
		return bridge.Target{}, errors.New("after " + scheme + ": comes an address without blanks")
	}
	return bridge.Target{Scheme: scheme, URI: scheme + ":" + rest}, nil
}

func oneLine(s string) string { return personName(s) }

// refusal turns the core's refusal into the status that fits best.
func refusal(err error) error {
	r := (*bridge.Refusal)(nil)
	if !errors.As(err, &r) {
		return huma.Error500InternalServerError("the call could not be placed")
	}
	switch r.Cause {
	case bridge.CauseCapacity, bridge.CauseShutdown:
		return huma.Error503ServiceUnavailable(r.Reason)
	case bridge.CauseForbidden:
		return huma.Error403Forbidden(r.Reason)
	}
	return huma.Error409Conflict(r.Reason)
}

package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge"
)

// endedText is what participants and call records are told when an administrator ends a room.
const endedText = "an administrator ended the meeting"

// ParticipantPath names somebody in a room.
type ParticipantPath struct {
	Name string `path:"name" maxLength:"256" doc:"The room's name"`
	ID   string `path:"id" maxLength:"128" doc:"The participant"`
}

type participantChange struct {
	ParticipantPath
	Body struct {
		Muted *bool  `json:"muted,omitempty" doc:"Their sound is kept from others"`
		Role  string `json:"role,omitempty" enum:"guest,host" doc:"A host leads the meeting at the page; there may be several"`
	}
}

type muteRoom struct {
	Name string `path:"name" maxLength:"256" doc:"The room's name"`
	Body *struct {
		Muted *bool `json:"muted,omitempty" doc:"false lets everybody be heard again"`
	} `required:"false"`
}

// Admission lets people who wait in, or sends them away.
type Admission struct {
	Name string `path:"name" maxLength:"256" doc:"The room's name"`
	Body struct {
		Admit bool `json:"admit" doc:"false sends them away"`
	}
}

type oneAdmission struct {
	Admission
	ID string `path:"id" maxLength:"128" doc:"Who waits"`
}

// chairOperations are what a host does at the meeting page, for administrators.
func (s *Server) chairOperations(a huma.API) {
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1/rooms/{name}" + path, Tags: []string{"rooms"}, Summary: summary,
			DefaultStatus: status, MaxBodyBytes: 16 << 10, Errors: []int{400, 401, 403, 404, 409, 422, 501},
		}
	}
	huma.Register(a, op("end-room", http.MethodDelete, "", "End the meeting for everybody", 204), s.endRoom)
	huma.Register(a, op("mute-room", http.MethodPost, "/mute", "Mute everybody who is not a host", 200), s.muteRoom)
	huma.Register(a, op("change-participant", http.MethodPatch, "/participants/{id}", "Mute a participant, or say who leads", 200), s.changeParticipant)
	huma.Register(a, op("remove-participant", http.MethodDelete, "/participants/{id}", "Send a participant away", 204), s.removeParticipant)
	huma.Register(a, op("admit", http.MethodPost, "/waiting/{id}", "Let somebody who waits in, or send them away", 200), s.admit)
	huma.Register(a, op("admit-all", http.MethodPost, "/waiting", "Let all who wait in, or send them away", 200), s.admitAll)
}

// chair is the engine as one that can be led.
func (s *Server) chair() (bridge.Chair, error) {
	if c, ok := s.cfg.Rooms.(bridge.Chair); ok {
		return c, nil
	}
	return nil, huma.Error501NotImplemented("rooms of this gateway cannot be led")
}

// lead finds a room that who asks may see, and does something to it. What it gives is false
// for is not found.
func (s *Server) lead(ctx context.Context, name string, do func(c bridge.Chair, r *Room) bool) (*Room, error) {
	found, err := s.oneRoom(ctx, name)
	if err != nil {
		return nil, err
	}
	c, err := s.chair()
	if err != nil {
		return nil, err
	}
	if !do(c, &found.Body) {
		return nil, huma.Error404NotFound("there is nobody of this name")
	}
	return &found.Body, nil
}

func (s *Server) endRoom(ctx context.Context, in *roomPath) (*struct{}, error) {
	r, err := s.lead(ctx, in.Name, func(c bridge.Chair, r *Room) bool { return c.EndRoom(r.Name, endedText) })
	if err != nil {
		return nil, err
	}
	for _, p := range r.Participants { // the room ends calls too; what it has not ended ends here
		if p.Call != "" {
			s.cfg.Calls.Hangup(p.Call, bridge.CauseRemoved, endedText)
		}
	}
	s.didRoom(ctx, r, "end", "people", strconv.Itoa(len(r.Participants)))
	return nil, nil
}

func (s *Server) muteRoom(ctx context.Context, in *muteRoom) (*roomBody, error) {
	muted := in.Body == nil || in.Body.Muted == nil || *in.Body.Muted
	r, err := s.lead(ctx, in.Name, func(c bridge.Chair, r *Room) bool { return c.Mute(r.Name, "", muted) })
	if err != nil {
		return nil, err
	}
	s.didRoom(ctx, r, muting(muted)+"-all")
	return s.oneRoom(ctx, r.Name)
}

func (s *Server) changeParticipant(ctx context.Context, in *participantChange) (*roomBody, error) {
	here := func(_ bridge.Chair, r *Room) bool {
		return slices.ContainsFunc(r.Participants, func(p Participant) bool { return p.ID == in.ID })
	}
	if _, err := s.lead(ctx, in.Name, here); err != nil {
		return nil, err
	}
	if role := in.Body.Role; role != "" {
		if err := s.appoint(ctx, in, role); err != nil {
			return nil, err
		}
	}
	if muted := in.Body.Muted; muted != nil {
		r, err := s.lead(ctx, in.Name, func(c bridge.Chair, r *Room) bool { return c.Mute(r.Name, in.ID, *muted) })
		if err != nil {
			return nil, err
		}
		s.didRoom(ctx, r, muting(*muted), "name", r.person(in.ID))
	}
	return s.oneRoom(ctx, in.Name)
}

func (s *Server) appoint(ctx context.Context, in *participantChange, role string) error {
	as := bridge.RoleGuest
	if role == bridge.RoleHost.String() {
		as = bridge.RoleHost
	}
	var no error
	r, err := s.lead(ctx, in.Name, func(c bridge.Chair, r *Room) bool {
		known, err := c.SetRole(r.Name, in.ID, as)
		no = err
		return known
	})
	switch {
	case err != nil:
		return err
	case no != nil:
		return refusal(no)
	}
	s.didRoom(ctx, r, "role", "name", r.person(in.ID), "role", role)
	return nil
}

// removeParticipant hangs up who is a terminal, and sends who is a page away.
func (s *Server) removeParticipant(ctx context.Context, in *ParticipantPath) (*struct{}, error) {
	r, err := s.lead(ctx, in.Name, func(c bridge.Chair, r *Room) bool {
		for _, p := range r.Participants {
			if p.ID == in.ID && p.Call != "" {
				return s.cfg.Calls.Hangup(p.Call, bridge.CauseRemoved, "an administrator removed the terminal from the room")
			}
		}
		return c.Remove(r.Name, in.ID, "an administrator removed you from the room")
	})
	if err == nil {
		s.didRoom(ctx, r, "remove", "name", r.person(in.ID))
	}
	return nil, err
}

func (s *Server) admit(ctx context.Context, in *oneAdmission) (*roomBody, error) {
	return s.decide(ctx, in.Name, in.ID, in.Body.Admit)
}

func (s *Server) admitAll(ctx context.Context, in *Admission) (*roomBody, error) {
	return s.decide(ctx, in.Name, "", in.Body.Admit)
}

func (s *Server) decide(ctx context.Context, name, id string, admit bool) (*roomBody, error) {
	r, err := s.lead(ctx, name, func(c bridge.Chair, r *Room) bool { return c.Decide(r.Name, id, admit) })
	if err != nil {
		return nil, err
	}
	s.admitted(ctx, r, id, admit)
	if now, err := s.oneRoom(ctx, r.Name); err == nil {
		return now, nil
	}
	// Who waited alone is on the way in, or gone.
	r.Waiting = slices.DeleteFunc(r.Waiting, func(g Guest) bool { return id == "" || g.ID == id })
	return &roomBody{*r}, nil
}

package web

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

// Mover is what Calls is if calls can be moved to other rooms.
type Mover interface {
	// Move seats a call in another room, without a new negotiation. It tells whether
	// there is such a call; the error is a *bridge.Refusal.
	Move(id, room string) (known bool, err error)
}

// changeBody is what a PATCH changes of a call. What is left out stays as it is.
type changeBody struct {
	ID   string `path:"id" maxLength:"64" doc:"The call"`
	Body struct {
		Layout string `json:"layout,omitempty" enum:"auto,speaker,one-plus-n,grid,content,room" doc:"Layout of the terminal's picture; room is what its room has"`
		Muted  *bool  `json:"muted,omitempty" doc:"Its sound is kept from others"`
		Room   string `json:"room,omitempty" maxLength:"256" doc:"The room to which it is moved; nobody is asked at that room's door"`
	}
}

func noCall() error { return huma.Error404NotFound("no such call runs") }

// changeCall moves first: layout and muting are of the new room then.
func (s *Server) changeCall(ctx context.Context, in *changeBody) (*callBody, error) {
	c, ok := s.call(ctx, in.ID)
	if !ok {
		return nil, noCall()
	}
	if in.Body.Room != "" {
		if err := s.move(ctx, &c, in.Body.Room); err != nil {
			return nil, err
		}
	}
	if l := in.Body.Layout; l != "" {
		if err := s.arrange(ctx, &c, l); err != nil {
			return nil, err
		}
	}
	if m := in.Body.Muted; m != nil {
		if err := s.silence(ctx, &c, *m); err != nil {
			return nil, err
		}
	}
	if c, ok = s.call(ctx, in.ID); !ok {
		return nil, noCall()
	}
	return &callBody{c}, nil
}

func (s *Server) arrange(ctx context.Context, c *Call, layout string) error {
	switch known, chosen := s.cfg.Calls.SetLayout(c.ID, layoutOf(layout)); {
	case !known:
		return noCall()
	case !chosen:
		return huma.Error409Conflict("the call has no seat in a room")
	}
	s.didCall(ctx, c, "layout", "layout", layout)
	return nil
}

func (s *Server) move(ctx context.Context, c *Call, name string) error {
	room, err := roomNamed(ctx, name)
	if err != nil {
		return err
	}
	m, ok := s.cfg.Calls.(Mover)
	if !ok {
		return huma.Error501NotImplemented("calls of this gateway stay where they are")
	}
	switch known, err := m.Move(c.ID, room); {
	case err != nil:
		return refusal(err)
	case !known:
		return noCall()
	}
	s.didCall(ctx, c, "move", "to", room)
	return nil
}

// silence keeps a call's sound from the others in its room, or lets it be heard again.
func (s *Server) silence(ctx context.Context, c *Call, muted bool) error {
	room, participant := s.seatOf(c.ID)
	if participant == "" {
		return huma.Error409Conflict("the call has no seat in a room")
	}
	chair, err := s.chair()
	if err != nil {
		return err
	}
	if !chair.Mute(room, participant, muted) {
		return noCall()
	}
	s.didCall(ctx, c, muting(muted))
	return nil
}

// seatOf finds the room and the participant that a call is.
func (s *Server) seatOf(id string) (room, participant string) {
	for _, r := range s.cfg.Rooms.Rooms() {
		for _, p := range r.Participants {
			if p.CallID == id {
				return r.Name, p.ID
			}
		}
	}
	return "", ""
}

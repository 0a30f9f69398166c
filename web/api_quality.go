package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type pointsBody struct {
	Body []Point
}

type latestBody struct {
	Body []Latest
}

// ParticipantQuality is how a participant's call went. Of browsers there are no points: they measure for themselves.
type ParticipantQuality struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Kind   string  `json:"kind" enum:"browser,terminal"`
	Call   string  `json:"call" doc:"The call, for a terminal"`
	Points []Point `json:"points"`
}

type roomQualityBody struct {
	Body []ParticipantQuality
}

// qualityOperations tell how calls went over the last ten minutes, a point every five seconds.
func (s *Server) qualityOperations(a huma.API) {
	op := func(id, path, tag, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: "/api/v1" + path, Tags: []string{tag}, Summary: summary,
			Description: "Points of the last ten minutes, one every five seconds, oldest first.", Errors: []int{401, 403, 404},
		}
	}
	list := op("list-quality", "/quality", "calls", "How running calls go now, in short")
	list.Description = "Of at most 1,000 calls, and of none in its first five seconds."
	huma.Register(a, list, func(ctx context.Context, _ *struct{}) (*latestBody, error) {
		return &latestBody{s.quality.latest(s.seenCalls(ctx))}, nil
	})
	huma.Register(a, op("get-call-quality", "/calls/{id}/quality", "calls", "How a call went over the last minutes"),
		func(ctx context.Context, in *callPath) (*pointsBody, error) {
			if _, ok := s.call(ctx, in.ID); !ok {
				return nil, noCall()
			}
			return &pointsBody{s.quality.of(in.ID)}, nil
		})
	huma.Register(a, op("get-room-quality", "/rooms/{name}/quality", "rooms", "How the calls in a room went over the last minutes"), s.roomQuality)
}

func (s *Server) roomQuality(ctx context.Context, in *roomPath) (*roomQualityBody, error) {
	r, err := s.oneRoom(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	out := &roomQualityBody{Body: make([]ParticipantQuality, len(r.Body.Participants))}
	for i, p := range r.Body.Participants {
		out.Body[i] = ParticipantQuality{ID: p.ID, Name: p.Name, Kind: p.Kind, Call: p.Call, Points: s.quality.of(p.Call)}
	}
	return out, nil
}

package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Load is how busy the gateway is, and what it has left.
type Load struct {
	CPU        float64 `json:"cpu" doc:"Share of the processors used by the gateway and its media workers, over ten seconds"`
	Loop       float64 `json:"loop" doc:"Share of the time of the packet path's busiest loop, over three seconds"`
	Late       float64 `json:"late" doc:"Share of reads whose packets had waited for more than 2 ms, over three seconds"`
	WaitMS     float64 `json:"wait_ms" doc:"What nearly all packets wait for their turn at most, in the best of three seconds"`
	Limit      float64 `json:"limit" doc:"Above this share new calls are refused; 0 is no bound"`
	Overloaded bool    `json:"overloaded" doc:"New calls are refused now"`
	Reason     string  `json:"reason" doc:"Why they are"`
	Headroom   *int    `json:"headroom" doc:"Calls like those that run that would still fit; null while too few run to tell"`
}

type loadBody struct {
	Body Load
}

func (s *Server) loadOperation(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "get-load", Method: http.MethodGet, Path: "/api/v1/load", Tags: []string{"gateway"},
		Summary: "How busy the gateway is", Errors: []int{401, 403},
	}, func(context.Context, *struct{}) (*loadBody, error) {
		return &loadBody{s.cfg.Telemetry().Load}, nil
	})
}

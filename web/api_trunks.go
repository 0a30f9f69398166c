package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge/admin"
)

// Trunk is a carrier through which numbers are called, as the API shows it.
type Trunk struct {
	Name       string    `json:"name"`
	Tenant     string    `json:"tenant" doc:"Whose it is; empty is nobody's"`
	Address    string    `json:"address"`
	Transport  string    `json:"transport" enum:"udp,tcp,tls"`
	Prefixes   []string  `json:"prefixes" doc:"Numbers beginning so are called through it; none: all"`
	Up         bool      `json:"up" doc:"Calls go through it"`
	Registers  bool      `json:"registers" doc:"The gateway has to register with it; it is up only while it is registered"`
	Registered bool      `json:"registered"`
	Since      time.Time `json:"since" doc:"When it came up or went down; 0001-01-01 is not known yet"`
	Expires    time.Time `json:"expires" doc:"Of the registration, unless it is renewed before"`
	Failures   uint64    `json:"failures" doc:"Attempts to register that failed"`
	LastError  string    `json:"last_error" doc:"Why it is down, or was the last time"`
}

type trunksBody struct {
	Body []Trunk
}

func (s *Server) trunkOperation(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "list-trunks", Method: http.MethodGet, Path: "/api/v1/trunks", Tags: []string{"gateway"},
		Summary: "Trunks through which numbers are called, and whether they are up", Errors: []int{401, 403, 404},
	}, func(ctx context.Context, in *struct {
		Tenant string `query:"tenant" maxLength:"63" doc:"Whose; without one operators see all"`
	}) (*trunksBody, error) {
		actor, tenant := actorOf(ctx), in.Tenant
		if !actor.Operator() {
			if tenant = actor.Tenant(); in.Tenant != "" && in.Tenant != tenant {
				return nil, s.failure(admin.ErrNotFound)
			}
		}
		return &trunksBody{s.cfg.Trunks(tenant)}, nil
	})
}

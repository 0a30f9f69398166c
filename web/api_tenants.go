package web

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge/admin"
)

// TenantPath names a customer.
type TenantPath struct {
	ID string `path:"id" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$"`
}

type tenantBody struct {
	Body struct {
		admin.Tenant
		Usage *admin.Usage `json:"usage,omitempty" doc:"What it takes now of its limits"`
	}
}

// tenantAnswer is a customer with what it takes now.
func (s *Server) tenantAnswer(t admin.Tenant, err error) (*tenantBody, error) {
	if err != nil {
		return nil, s.failure(err)
	}
	out := &tenantBody{}
	out.Body.Tenant = t
	if s.cfg.Usage != nil {
		u := s.cfg.Usage(t.ID)
		out.Body.Usage = &u
	}
	return out, nil
}

// tenantOperations are tenants, and the tokens of programs.
func (s *Server) tenantOperations(a huma.API) {
	op := func(id, method, path, tag, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1" + path, Tags: []string{tag}, Summary: summary,
			DefaultStatus: status, MaxBodyBytes: maxBody, Errors: []int{401, 403, 404, 409, 422},
		}
	}
	huma.Register(a, op("list-tenants", http.MethodGet, "/tenants", "tenants", "Customers", 200), s.listTenants)
	huma.Register(a, op("get-tenant", http.MethodGet, "/tenants/{id}", "tenants", "One customer", 200), s.getTenant)
	huma.Register(a, op("put-tenant", http.MethodPut, "/tenants/{id}", "tenants", "Write a customer, whatever there was", 200), s.putTenant)
	huma.Register(a, op("delete-tenant", http.MethodDelete, "/tenants/{id}", "tenants", "Remove a customer that has no numbers and tokens", 204), s.deleteTenant)
	huma.Register(a, op("list-tokens", http.MethodGet, "/tokens", "tokens", "Programs' rights to use the API, without what they present", 200), listed[deskPage](s, (*admin.Desk).Tokens))
	create := op("create-token", http.MethodPost, "/tokens", "tokens", "Make a token; its text is shown in this answer alone", 201)
	huma.Register(a, create, atDesk(s, s.createToken))
	huma.Register(a, op("delete-token", http.MethodDelete, "/tokens/{id}", "tokens", "Revoke a token", 204), atDesk(s, s.deleteToken))
}

func (s *Server) listTenants(ctx context.Context, in *Paging) (*listBody[admin.Tenant], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	l, err := listOf(actorOf(ctx).Tenants(ctx, q))
	return l, s.failure(err)
}

func (s *Server) getTenant(ctx context.Context, in *TenantPath) (*tenantBody, error) {
	return s.tenantAnswer(actorOf(ctx).Tenancy(ctx, in.ID))
}

// tenantPut are the fields of a customer that are written.
type tenantPut struct {
	Name    string           `json:"name" maxLength:"128"`
	Domains []string         `json:"domains,omitempty" maxItems:"64" doc:"Calls to these are the tenant's"`
	Trunks  []string         `json:"trunks,omitempty" maxItems:"64" doc:"Calls by these are the tenant's"`
	Listen  []netip.AddrPort `json:"listen,omitempty" maxItems:"64" doc:"Calls that arrive here are the tenant's; port 0 is every port"`
	Default bool             `json:"default,omitempty" doc:"Calls that are nobody's are the tenant's"`
	Limits  admin.Limits     `json:"limits,omitempty"`
	Keep    admin.Keep       `json:"keep,omitempty"`
}

func (s *Server) putTenant(ctx context.Context, in *struct {
	TenantPath
	Versioned
	Body tenantPut
}) (*tenantBody, error) {
	b := in.Body
	t := admin.Customer{Name: b.Name, Limits: b.Limits, Keep: b.Keep}
	t.ID, t.Domains, t.Trunks, t.Listen, t.Default = in.ID, b.Domains, b.Trunks, b.Listen, b.Default
	kept, err := actorOf(ctx).PutTenant(ctx, t, in.Version)
	if err == nil {
		s.cfg.Log.Info("tenant written", "by", actorOf(ctx).Name(), "tenant", in.ID)
	}
	return s.tenantAnswer(kept, err)
}

func (s *Server) deleteTenant(ctx context.Context, in *TenantPath) (*struct{}, error) {
	err := actorOf(ctx).DeleteTenant(ctx, in.ID)
	if err == nil {
		s.cfg.Log.Info("tenant removed", "by", actorOf(ctx).Name(), "tenant", in.ID)
	}
	return nil, s.failure(err)
}

type newTokenBody struct {
	Body struct {
		admin.Token
		Text string `json:"text" doc:"What the program presents: Authorization: Bearer TEXT. It is not shown again"`
	}
}

func (s *Server) createToken(ctx context.Context, d *admin.Desk, in *struct {
	DeskPath
	Body struct {
		Label   string        `json:"label,omitempty" maxLength:"128"`
		Scopes  []admin.Right `json:"scopes" minItems:"1" maxItems:"8" enum:"read,numbers,calls,admin" doc:"What the program may: read, numbers, calls, admin"`
		Expires time.Time     `json:"expires,omitempty" doc:"Never, if it is left out"`
	}
}) (_ *newTokenBody, err error) {
	out := &newTokenBody{}
	if out.Body.Token, out.Body.Text, err = d.NewToken(ctx, oneLine(in.Body.Label), in.Body.Scopes, in.Body.Expires); err == nil {
		s.wrote(d, "token made", "token", out.Body.ID)
	}
	return out, err
}

type tokenPath struct {
	DeskPath
	ID string `path:"id" maxLength:"64"`
}

func (s *Server) deleteToken(ctx context.Context, d *admin.Desk, in *tokenPath) (*struct{}, error) {
	err := d.Revoke(ctx, in.ID)
	if err == nil {
		s.wrote(d, "token revoked", "token", in.ID)
	}
	return nil, err
}

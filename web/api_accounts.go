package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge/admin"
)

// SignedIn is who asks, and what pages need to know before somebody signs in.
type SignedIn struct {
	Setup    bool          `json:"setup" doc:"No operator has a password yet: POST /setup makes one"`
	Code     bool          `json:"code" doc:"Setting up from here needs the one-time code of the log"`
	SignedIn bool          `json:"signed_in"`
	Name     string        `json:"name"`
	Label    string        `json:"label"`
	Role     string        `json:"role" doc:"operator, administrator (of a tenant) or viewer"`
	Tenant   string        `json:"tenant" doc:"Whose records alone are there; empty: those of all tenants"`
	Rights   []admin.Right `json:"rights"`
	Language string        `json:"language"`
	Password bool          `json:"password" doc:"Has one, and can change it"`
	CSRF     string        `json:"csrf" doc:"Goes into the header X-CSRF of whatever is not GET"`
	OIDC     providerInfo  `json:"oidc"`
}

type providerInfo struct {
	Enabled bool   `json:"enabled" doc:"Somebody can sign in by GET /session/oidc"`
	Label   string `json:"label" doc:"What the button says"`
}

type signedInBody struct {
	SetCookie string `header:"Set-Cookie"`
	Body      SignedIn
}

// sessionOperations are signing in and out, setting up, and one's own sessions.
func (s *Server) sessionOperations(a huma.API) {
	op := func(id, method, path, summary string, status int, codes ...int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1" + path, Tags: []string{"session"}, Summary: summary,
			DefaultStatus: status, MaxBodyBytes: 8 << 10, Errors: codes,
		}
	}
	free := func(o huma.Operation) huma.Operation { o.Security = []map[string][]string{}; return o }
	huma.Register(a, free(op("get-session", http.MethodGet, "/session", "Who has signed in", 200)), s.getSession)
	huma.Register(a, free(op("sign-in", http.MethodPost, "/session", "Sign in with name and password", 200, 401, 403, 422, 429)), s.signIn)
	huma.Register(a, free(op("sign-out", http.MethodDelete, "/session", "Sign out", 204, 403)), s.signOut)
	setup := op("setup", http.MethodPost, "/setup", "Give the first operator, admin, a password", 200, 401, 403, 409, 422, 429)
	setup.Description = "Only while no operator has one. From the gateway's own machine, if there is no admin.token, else with the one-time code that its log shows."
	huma.Register(a, free(setup), s.setup)
	huma.Register(a, op("change-password", http.MethodPut, "/session/password", "Change one's own password; other sessions end", 200, 401, 403, 422, 429), s.changePassword)
	huma.Register(a, op("list-sessions", http.MethodGet, "/sessions", "Where one has signed in", 200, 401, 403), s.listSessions)
	huma.Register(a, op("end-session", http.MethodDelete, "/sessions/{id}", "Sign out elsewhere", 204, 401, 403, 404), s.endSession)
}

func (s *Server) getSession(ctx context.Context, _ *struct{}) (*signedInBody, error) {
	b, err := s.describe(ctx, actorOf(ctx))
	if err != nil {
		return nil, s.failure(err)
	}
	out := &signedInBody{Body: b}
	if v := visitIn(ctx); v.session && !b.SignedIn {
		out.SetCookie = sessionCookie("") // it is over
	}
	return out, nil
}

func (s *Server) describe(ctx context.Context, actor *admin.Actor) (SignedIn, error) {
	needed, err := s.cfg.Admin.NeedsSetup(ctx)
	v := visitIn(ctx)
	out := SignedIn{Setup: needed, Code: needed && !v.trusted, Rights: []admin.Right{}}
	if s.cfg.OIDC != nil {
		out.OIDC = providerInfo{Enabled: true, Label: s.cfg.OIDC.Label()}
	}
	if actor == nil || actor.Person == nil && !v.token {
		return out, err // programs on this machine need not sign in, and have not
	}
	out.SignedIn, out.Role, out.Tenant, out.Rights = true, actor.Role(), actor.Tenant(), actor.Rights()
	out.Name, out.Language, out.CSRF = actor.Name(), actor.Language(), actor.CSRF()
	if p := actor.Person; p != nil {
		out.Label, out.Password = p.Label, p.Password
	}
	return out, err
}

// enter answers somebody who has just signed in.
func (s *Server) enter(ctx context.Context, actor *admin.Actor, text string) (*signedInBody, error) {
	s.cfg.Log.Info("signed in", "by", actor.Name(), "remote", visitIn(ctx).Origin)
	b, err := s.describe(ctx, actor)
	return &signedInBody{sessionCookie(text), b}, s.failure(err)
}

func (s *Server) signIn(ctx context.Context, in *struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
}) (*signedInBody, error) {
	actor, text, err := s.cfg.Admin.SignIn(ctx, in.Body.Name, in.Body.Password, visitIn(ctx).Visitor)
	if errors.Is(err, admin.ErrNotFound) {
		s.cfg.Log.Warn("wrong name or password", "remote", visitIn(ctx).Origin)
		return nil, huma.Error401Unauthorized("the name or the password is wrong")
	}
	if err != nil {
		return nil, s.failure(err)
	}
	return s.enter(ctx, actor, text)
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*struct {
	SetCookie string `header:"Set-Cookie"`
}, error) {
	out := &struct {
		SetCookie string `header:"Set-Cookie"`
	}{sessionCookie("")}
	if actor := actorOf(ctx); actor != nil && actor.Person != nil {
		if err := actor.EndSession(ctx, ""); err != nil && !errors.Is(err, admin.ErrNotFound) {
			return nil, s.failure(err)
		}
		s.cfg.Log.Info("signed out", "by", actor.Name(), "remote", visitIn(ctx).Origin)
	}
	return out, nil
}

func (s *Server) setup(ctx context.Context, in *struct {
	Body struct {
		Password string `json:"password" minLength:"10" maxLength:"256" doc:"Of 10 characters at least"`
		Language string `json:"language,omitempty" enum:"vi,en" default:"en"`
		Code     string `json:"code,omitempty" maxLength:"64" doc:"That the gateway's log shows at its start"`
	}
}) (*signedInBody, error) {
	v := visitIn(ctx)
	actor, text, err := s.cfg.Admin.Setup(ctx, in.Body.Password, in.Body.Language, in.Body.Code, v.trusted, v.Visitor)
	if errors.Is(err, admin.ErrNotFound) {
		s.cfg.Log.Warn("wrong one-time code", "remote", v.Origin)
		return nil, huma.Error401Unauthorized("from here this needs the one-time code that the gateway's log shows at its start")
	}
	if err != nil {
		return nil, s.failure(err)
	}
	return s.enter(ctx, actor, text)
}

func (s *Server) changePassword(ctx context.Context, in *struct {
	Body struct {
		Old string `json:"old" maxLength:"256"`
		New string `json:"new" minLength:"10" maxLength:"256"`
	}
}) (*signedInBody, error) {
	actor, text, err := actorOf(ctx).ChangePassword(ctx, in.Body.Old, in.Body.New, visitIn(ctx).Visitor)
	if err != nil {
		return nil, s.failure(err)
	}
	s.cfg.Log.Info("password changed", "by", actor.Name())
	return s.enter(ctx, actor, text)
}

func (s *Server) listSessions(ctx context.Context, _ *struct{}) (*listBody[admin.Session], error) {
	l, err := actorOf(ctx).Sessions(ctx)
	return &listBody[admin.Session]{list[admin.Session]{Items: l}}, s.failure(err)
}

func (s *Server) endSession(ctx context.Context, in *struct {
	ID string `path:"id" minLength:"1" maxLength:"64"`
}) (*struct{}, error) {
	return nil, s.failure(actorOf(ctx).EndSession(ctx, in.ID))
}

// AdministratorPath names somebody.
type AdministratorPath struct {
	DeskPath
	Name string `path:"name" maxLength:"200" doc:"Names are of lower case letters; in a tenant's own accounts @ and its id are added"`
}

type accountBody struct{ Body admin.Account }

// accountOperations are the administrators of a tenant, or of the site.
func (s *Server) accountOperations(a huma.API) {
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1" + path, Tags: []string{"administrators"}, Summary: summary,
			DefaultStatus: status, MaxBodyBytes: 8 << 10, Errors: []int{401, 403, 404, 409, 422},
		}
	}
	huma.Register(a, op("list-administrators", http.MethodGet, "/administrators", "Who can sign in", 200), listed[deskPage](s, (*admin.Desk).Accounts))
	huma.Register(a, op("get-administrator", http.MethodGet, "/administrators/{name}", "One of them", 200), atDesk(s, getAdministrator))
	put := op("put-administrator", http.MethodPut, "/administrators/{name}", "Write an account, whatever there was", 200)
	put.Description = "Operators are the site's (tenant=-), administrators a tenant's, viewers of either. Without a password the one that is there stays."
	huma.Register(a, put, atDesk(s, s.putAdministrator))
	huma.Register(a, op("delete-administrator", http.MethodDelete, "/administrators/{name}", "Remove an account", 204), atDesk(s, s.deleteAdministrator))
	huma.Register(a, op("end-sessions", http.MethodDelete, "/administrators/{name}/sessions", "Sign somebody out everywhere", 204), atDesk(s, s.endSessions))
}

func getAdministrator(ctx context.Context, d *admin.Desk, in *AdministratorPath) (*accountBody, error) {
	a, err := d.Account(ctx, in.Name)
	return &accountBody{a}, err
}

type accountPut struct {
	AdministratorPath
	Versioned
	Body struct {
		Label    string `json:"label,omitempty" maxLength:"128"`
		Role     string `json:"role" enum:"operator,administrator,viewer"`
		Language string `json:"language,omitempty" enum:"vi,en," doc:"Of the pages; empty is the browser's"`
		Disabled bool   `json:"disabled,omitempty"`
		Subject  string `json:"subject,omitempty" maxLength:"200" doc:"Who they are for the OIDC provider (sub)"`
		Password string `json:"password,omitempty" maxLength:"256" writeOnly:"true" doc:"Of 10 characters at least; empty leaves the one that is there"`
	}
}

func (s *Server) putAdministrator(ctx context.Context, d *admin.Desk, in *accountPut) (*accountBody, error) {
	b := in.Body
	a, err := d.PutAccount(ctx, admin.AccountPut{
		Name: in.Name, Label: oneLine(b.Label), Role: b.Role, Language: b.Language, Disabled: b.Disabled, Subject: b.Subject, Password: b.Password,
	}, in.Version)
	if err == nil {
		s.wrote(d, "administrator written", "administrator", a.Name)
	}
	return &accountBody{a}, err
}

type accountDelete struct {
	AdministratorPath
	Versioned
}

func (s *Server) deleteAdministrator(ctx context.Context, d *admin.Desk, in *accountDelete) (*struct{}, error) {
	err := d.DeleteAccount(ctx, in.Name, in.Version)
	if err == nil {
		s.wrote(d, "administrator removed", "administrator", in.Name)
	}
	return nil, err
}

func (s *Server) endSessions(ctx context.Context, d *admin.Desk, in *AdministratorPath) (*struct{}, error) {
	err := d.EndAccountSessions(ctx, in.Name)
	if err == nil {
		s.wrote(d, "administrator signed out", "administrator", in.Name)
	}
	return nil, err
}

// Package admin is what administrators and their programs may do: it knows who asks, what
// that one may, and whose records they work on. Whatever it reads or writes passes through
// the store's scope of one tenant, so that nobody reaches another's. What it gives is fit
// to be shown: there are no PINs, hashes or passwords in it.
package admin

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

// Errors, those of the store among them.
var (
	ErrNotFound = store.ErrNotFound
	ErrConflict = store.ErrConflict
	ErrTaken    = store.ErrTaken
	ErrInUse    = store.ErrInUse
	ErrRight    = errors.New("this token may not do that")
	ErrNoTenant = errors.New("no tenant is the default: name one")
)

// Right is what a token may do; its text is a scope of the token.
type Right string

// Rights.
const (
	Read    Right = "read"    // look at everything of the tenant
	Numbers Right = "numbers" // change numbers
	Calls   Right = "calls"   // place, change and hang up calls
	Admin   Right = "admin"   // everything, tokens included
)

// Rights are all there are.
var Rights = []Right{Read, Numbers, Calls, Admin}

// Site is the tenant's id by which operators name what is no tenant's.
const Site = "-"

// Service is the administration of a gateway.
type Service struct {
	DB   *store.DB
	Book *number.Book
	Open bool // any number for which there is no rule opens the room of that name

	Code  string                             // lets somebody set the gateway up from elsewhere; "" nobody
	Event func(tenant string, e store.Event) // writes down what happened; nil writes it at once
	Trust time.Duration                      // how long what a provider said of somebody is believed; 0 is as long as a password

	guard guard
	now   func() time.Time // of the guard; nil is time.Now
	sets  sets
	crowd atomic.Int32 // strangers whose passwords are being looked at
}

// Actor is somebody who was recognised.
type Actor struct {
	service *Service
	scope   store.Scope
	rights  []Right
	who     store.Who

	Person  *Person // nil: a program
	session store.Session
	csrf    string
	again   func(context.Context) error // recognises the actor again; nil: always
}

// Operator is who has the configuration's token, or sits at the gateway's machine.
func (s *Service) Operator(origin string) *Actor {
	a := &Actor{service: s, rights: []Right{Admin}, who: store.Who{Name: "operator", Origin: origin}}
	if s != nil {
		a.scope = s.DB.Site()
	}
	return a
}

// Present recognises a token of the store.
func (s *Service) Present(ctx context.Context, text, origin string) (*Actor, error) {
	if s == nil {
		return nil, ErrNotFound
	}
	scope, t, err := s.DB.Present(ctx, text)
	if err != nil {
		return nil, err
	}
	a := &Actor{service: s, scope: scope, who: store.Who{Name: "token " + t.ID, Origin: origin}}
	a.again = func(ctx context.Context) error { _, _, err := s.DB.Present(ctx, text); return err }
	for _, r := range t.Scopes {
		a.rights = append(a.rights, Right(r))
	}
	return a, nil
}

// May tells whether the actor may do something to what is theirs.
func (a *Actor) May(r Right) bool {
	return slices.Contains(a.rights, r) || slices.Contains(a.rights, Admin) || r == Read && len(a.rights) > 0
}

// Operator tells whether the actor is of the site, not of a tenant.
func (a *Actor) Operator() bool { return a.service == nil || a.scope.IsSite() }

// Name is the actor's, for logs.
func (a *Actor) Name() string { return a.who.Name }

// Tenant is whose the actor is; "" for operators.
func (a *Actor) Tenant() string {
	if a.Operator() {
		return ""
	}
	return a.scope.ID()
}

// Sees tells whether something of a tenant is the actor's to see; "" is nobody's.
func (a *Actor) Sees(tenant string) bool {
	return a.Operator() || tenant != "" && tenant == a.scope.ID()
}

// Desk is an actor at work on the records of one tenant, or of the site.
type Desk struct {
	*Actor
	scope store.Scope
}

// In gives the desk for a tenant. Without a name it is the actor's own tenant, for operators
// the default one. Others' tenants are not found.
func (a *Actor) In(ctx context.Context, tenant string) (*Desk, error) {
	if a.service == nil {
		return nil, ErrNotFound
	}
	if !a.Operator() {
		if tenant != "" && tenant != a.scope.ID() {
			return nil, ErrNotFound
		}
		return &Desk{a, a.scope}, nil
	}
	if tenant == Site {
		return &Desk{a, a.scope}, nil
	}
	id, err := a.find(ctx, tenant)
	if err != nil {
		return nil, err
	}
	scope, err := a.service.DB.Tenant(id)
	return &Desk{a, scope}, err
}

// find gives the id of a tenant that there is.
func (a *Actor) find(ctx context.Context, tenant string) (string, error) {
	if tenant != "" {
		t, err := store.Tenants.Get(ctx, a.scope, tenant)
		return t.Value.ID, err
	}
	all, err := store.Tenants.All(ctx, a.scope)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(all, func(t store.Stored[store.Tenant]) bool { return t.Value.Default })
	if i < 0 {
		return "", ErrNoTenant
	}
	return all[i].Value.ID, nil
}

// ID is the tenant's, or Site.
func (d *Desk) ID() string { return d.scope.ID() }

func (d *Desk) change(ctx context.Context, right Right, why string, do func(*store.Tx) error) (group string, err error) {
	if !d.May(right) {
		return "", ErrRight
	}
	return d.scope.Change(ctx, d.who, why, do)
}

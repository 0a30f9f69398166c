package admin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge/store"
)

// What a customer is made of.
type (
	Customer = store.Tenant
	Limits   = store.Limits
	Keep     = store.Keep
)

// Tenant is a customer as it is kept.
type Tenant struct {
	store.Tenant
	Version int64     `json:"version"`
	Changed time.Time `json:"changed"`
}

func tenantOf(s store.Stored[store.Tenant]) Tenant { return Tenant{s.Value, s.Version, s.Changed} }

// Tenants lists the tenants. Only operators see any.
func (a *Actor) Tenants(ctx context.Context, q Query) (Page[Tenant], error) {
	d, err := a.site()
	if err != nil {
		return Page[Tenant]{}, err
	}
	return pageOf(ctx, d, store.Tenants, q, tenantOf)
}

// Tenancy gives a tenant.
func (a *Actor) Tenancy(ctx context.Context, id string) (Tenant, error) {
	d, err := a.site()
	if err != nil {
		return Tenant{}, err
	}
	t, err := store.Tenants.Get(ctx, d.scope, id)
	return tenantOf(t), err
}

// PutTenant writes a tenant.
func (a *Actor) PutTenant(ctx context.Context, t store.Tenant, version int64) (Tenant, error) {
	d, err := a.site()
	if err != nil {
		return Tenant{}, err
	}
	if _, err = d.change(ctx, Admin, "", func(tx *store.Tx) error { return store.Tenants.PutIf(ctx, tx, t, version) }); err != nil {
		return Tenant{}, err
	}
	return a.Tenancy(ctx, t.ID)
}

// DeleteTenant removes a tenant that has no numbers, tokens or other records of administrators.
func (a *Actor) DeleteTenant(ctx context.Context, id string) error {
	d, err := a.site()
	if err == nil {
		_, err = d.change(ctx, Admin, "", func(tx *store.Tx) error { return store.Tenants.Delete(ctx, tx, id, AnyVersion) })
	}
	return err
}

func (a *Actor) site() (*Desk, error) {
	if a.service == nil || !a.Operator() {
		return nil, ErrNotFound
	}
	return &Desk{a, a.scope}, nil
}

// Token is a program's right to use the API, without what is presented.
type Token struct {
	store.Token
	Changed time.Time `json:"changed"`
}

// Tokens lists tokens.
func (d *Desk) Tokens(ctx context.Context, q Query) (Page[Token], error) {
	return pageOf(ctx, d, store.Tokens, q, func(s store.Stored[store.Token]) Token { return Token{s.Value, s.Changed} })
}

// NewToken makes a token. The text that is presented is given this once. Nobody gives rights
// that they have not.
func (d *Desk) NewToken(ctx context.Context, label string, rights []Right, expires time.Time) (Token, string, error) {
	scopes := make([]string, 0, len(rights))
	for _, r := range rights {
		if !slices.Contains(Rights, r) {
			return Token{}, "", &Invalid{errors.New("there is no right " + string(r))}
		}
		if !d.May(r) {
			return Token{}, "", ErrRight
		}
		scopes = append(scopes, string(r))
	}
	now := time.Now().UTC()
	t, text := store.NewToken(now, label, scopes...)
	if t.Expires = expires; !expires.IsZero() && !expires.After(now) {
		return Token{}, "", &Invalid{errors.New("the token would have expired already")}
	}
	_, err := d.change(ctx, Admin, "", func(tx *store.Tx) error { return store.Tokens.PutIf(ctx, tx, t, 0) })
	return Token{t, now}, text, err
}

// Revoke ends a token.
func (d *Desk) Revoke(ctx context.Context, id string) error {
	_, err := d.change(ctx, Admin, "", func(tx *store.Tx) error { return store.Tokens.Delete(ctx, tx, id, AnyVersion) })
	return err
}

// CallRecord is the record of a call.
type CallRecord struct{ store.Call }

// Happening asks for a part of what happened, the last first.
type Happening = store.JournalQuery

// Records lists records of calls.
func (d *Desk) Records(ctx context.Context, q Happening) (Page[CallRecord], error) {
	return journal(ctx, d, store.Calls, q, func(c store.Call) CallRecord { return CallRecord{c} })
}

// Record gives the record of a call.
func (d *Desk) Record(ctx context.Context, id string) (CallRecord, error) {
	c, err := store.Calls.Get(ctx, d.scope, id)
	return CallRecord{c}, err
}

// SecurityEvent is something that an administrator may want to know.
type SecurityEvent struct{ store.Event }

// Events lists events.
func (d *Desk) Events(ctx context.Context, q Happening) (Page[SecurityEvent], error) {
	return journal(ctx, d, store.Events, q, func(e store.Event) SecurityEvent { return SecurityEvent{e} })
}

func journal[T, S any](ctx context.Context, d *Desk, j *store.Journal[T], q Happening, show func(T) S) (Page[S], error) {
	list, next, err := j.List(ctx, d.scope, q)
	return shown(list, next, show), err
}

// shown is a part of a list as it is shown.
func shown[T, S any](list []T, next string, show func(T) S) Page[S] {
	out := Page[S]{Items: make([]S, len(list)), Next: next}
	for i, v := range list {
		out.Items[i] = show(v)
	}
	return out
}

// AuditEntry is a change of something, with who made it.
type AuditEntry struct{ store.Change }

// ChangeQuery asks for a part of the audit trail, the last first.
type ChangeQuery = store.ChangeQuery

// Changes reads the audit trail.
func (d *Desk) Changes(ctx context.Context, q ChangeQuery) (Page[AuditEntry], error) {
	list, next, err := d.scope.Changes(ctx, q)
	return shown(list, next, func(c store.Change) AuditEntry { return AuditEntry{c} }), err
}

// AuditGroup is what was changed at once, with who did it.
type AuditGroup struct{ store.ChangeGroup }

// ChangeGroups reads the audit trail, in which all that was changed at once is one.
func (d *Desk) ChangeGroups(ctx context.Context, q ChangeQuery) (Page[AuditGroup], error) {
	list, next, err := d.scope.Groups(ctx, q)
	return shown(list, next, func(g store.ChangeGroup) AuditGroup { return AuditGroup{g} }), err
}

// Deed is something that was done to a call or a meeting.
type Deed = store.Deed

// Kinds of deeds.
const (
	DeedCall    = store.DeedCall
	DeedMeeting = store.DeedMeeting
)

// Did writes into a tenant's audit trail what the actor did; "" is nobody's, which is the site's.
func (a *Actor) Did(ctx context.Context, tenant string, d Deed) error {
	if a == nil || a.service == nil {
		return nil
	}
	scope := a.service.DB.Site()
	if tenant != "" {
		var err error
		if scope, err = a.service.DB.Tenant(tenant); err != nil {
			return err
		}
	}
	return scope.Note(ctx, a.who, d)
}

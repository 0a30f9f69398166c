package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/roombridge/roombridge/bridge/store"
)

// Outsider is somebody whom a provider has proved to be who they are.
type Outsider struct {
	Subject string
	Name    string
	Label   string
	Mapped  bool   // the provider says what they may, else their account does
	Role    string // "" is nothing
	Tenant  string // "" is the site
}

// SignInAs begins a session of somebody proved by a provider. It fails with ErrNotFound where they
// have no account, or the provider lets them do nothing.
func (s *Service) SignInAs(ctx context.Context, o Outsider, v Visitor) (*Actor, string, error) {
	scope, who, err := s.DB.Subject(ctx, o.Subject)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, "", err
	}
	known := err == nil
	if known && who.Disabled || !known && !o.Mapped {
		return s.outside(ctx, o, v)
	}
	if o.Mapped {
		if scope, who, err = s.mapped(ctx, o, v, scope, who, known); errors.Is(err, ErrNotFound) {
			return s.outside(ctx, o, v)
		}
	}
	if err != nil {
		return nil, "", err
	}
	return s.begin(ctx, scope, who, v)
}

// outside tells of somebody who is nobody here.
func (s *Service) outside(ctx context.Context, o Outsider, v Visitor) (*Actor, string, error) {
	e := store.NewEvent(time.Now(), "security.login", "somebody whom the OIDC provider knows may not administer")
	e.From, e.Data = v.Origin, map[string]string{"subject": o.Subject, "outcome": "refused"}
	s.tell(ctx, "", e)
	return nil, "", ErrNotFound
}

// mapped brings an account to what the provider says, and makes it for who comes first. Nobody gets the
// account of somebody else by having the same name there, or changes the tenant.
func (s *Service) mapped(ctx context.Context, o Outsider, v Visitor, scope store.Scope, who store.Administrator, known bool) (store.Scope, store.Administrator, error) {
	wanted, err := s.scopeOf(ctx, o)
	if err != nil {
		return wanted, who, err
	}
	next := who
	if known && scope != wanted {
		return scope, who, ErrNotFound
	}
	if !known {
		next = store.Administrator{Name: s.freeName(ctx, o), Subject: o.Subject}
	}
	next.Role, next.Label = o.Role, bounded(o.Label)
	_, err = wanted.Change(ctx, store.Who{Name: next.Name, Origin: v.Origin}, "as the OIDC provider says", func(tx *store.Tx) error {
		return store.Administrators.Put(ctx, tx, next)
	})
	if errors.Is(err, store.ErrRole) {
		err = ErrNotFound
	}
	return wanted, next, err
}

// scopeOf is where the provider says that somebody belongs.
func (s *Service) scopeOf(ctx context.Context, o Outsider) (store.Scope, error) {
	if o.Role == "" || o.Role == store.RoleOperator && o.Tenant != "" {
		return store.Scope{}, ErrNotFound
	}
	if o.Tenant == "" {
		return s.DB.Site(), nil
	}
	scope, err := s.DB.Tenant(o.Tenant)
	if err == nil {
		_, err = store.Tenants.Get(ctx, s.DB.Site(), o.Tenant)
	}
	if errors.Is(err, store.ErrScope) {
		err = ErrNotFound
	}
	return scope, err
}

// freeName is the name that the provider gives, if it can be one and is nobody's yet.
func (s *Service) freeName(ctx context.Context, o Outsider) string {
	name := NormalName(o.Name)
	if _, err := s.DB.Whose(ctx, name); errors.Is(err, ErrNotFound) && fitName(name) && name != firstOperator {
		return name
	}
	sum := sha256.Sum256([]byte(o.Subject))
	return fmt.Sprintf("oidc-%s", hex.EncodeToString(sum[:6]))
}

func bounded(text string) string {
	const most = 128
	r := []rune(text)
	return string(r[:min(len(r), most)])
}

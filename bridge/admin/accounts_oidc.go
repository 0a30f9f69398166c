package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

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

// SignInAs begins a session of somebody proved by a provider, which ends when the provider is to be asked anew. It fails
// with ErrNotFound where they have no account, or the provider lets them do nothing.
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
		in, as, problem := s.mapped(ctx, o, v, scope, who, known)
		if errors.Is(problem, ErrNotFound) {
			if err := s.expel(ctx, scope, who.Name, v); err != nil {
				return nil, "", err
			}
			return s.outside(ctx, o, v)
		}
		scope, who, err = in, as, problem
	}
	if err != nil {
		return nil, "", err
	}
	var until time.Time
	if s.Trust != 0 {
		until = time.Now().Add(s.Trust)
	}
	return s.begin(ctx, scope, who, v, until)
}

// expel ends the sessions of somebody to whom the provider gives nothing any more; "" is nobody's.
func (s *Service) expel(ctx context.Context, scope store.Scope, name string, v Visitor) error {
	if name == "" {
		return nil
	}
	_, err := scope.Change(ctx, store.Who{Name: name, Origin: v.Origin}, "", func(tx *store.Tx) error { return tx.EndSessions(ctx, name) })
	return err
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
	if known && scope != wanted {
		return scope, who, ErrNotFound
	}
	if !known {
		who = store.Administrator{Name: s.freeName(ctx, o), Subject: o.Subject}
	}
	_, err = wanted.Change(ctx, store.Who{Name: who.Name, Origin: v.Origin}, "as the OIDC provider says", func(tx *store.Tx) error {
		who, err = provided(ctx, tx, o, who, known)
		return err
	})
	if errors.Is(err, store.ErrRole) {
		err = ErrNotFound
	}
	return wanted, who, err
}

// provided writes an account as the provider says. It is looked at again here: it may have been disabled, or its name
// given to somebody, since.
func provided(ctx context.Context, tx *store.Tx, o Outsider, who store.Administrator, known bool) (store.Administrator, error) {
	found, err := store.Administrators.In(ctx, tx, who.Name)
	switch {
	case err == nil && found.Value.Subject == o.Subject && !found.Value.Disabled:
		who = found.Value
	case err == nil && known:
		return who, ErrNotFound
	case err == nil:
		return who, ErrTaken
	case known || !errors.Is(err, ErrNotFound):
		return who, err
	}
	who.Role, who.Label = o.Role, bounded(o.Label)
	return who, store.Administrators.PutIf(ctx, tx, who, found.Version)
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

// bounded is a text of others on one line.
func bounded(text string) string {
	const most = 128
	r := []rune(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " "))
	return string(r[:min(len(r), most)])
}

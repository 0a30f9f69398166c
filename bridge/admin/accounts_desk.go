package admin

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/store"
)

// Account is an administrator as others see them.
type Account struct {
	Name     string    `json:"name"`
	Label    string    `json:"label"`
	Role     string    `json:"role"`
	Language string    `json:"language"`
	Disabled bool      `json:"disabled"`
	Subject  string    `json:"subject" doc:"Who they are for the OIDC provider"`
	Password bool      `json:"password" doc:"Has one"`
	Version  int64     `json:"version"`
	Changed  time.Time `json:"changed"`
}

func accountOf(s store.Stored[store.Administrator]) Account {
	a := s.Value
	return Account{a.Name, a.Label, a.Role, a.Language, a.Disabled, a.Subject, a.HasPassword(), s.Version, s.Changed}
}

// AccountPut is what is written of an account.
type AccountPut struct {
	Name     string
	Label    string
	Role     string
	Language string
	Disabled bool
	Subject  string
	Password string // "" leaves the one that is there
}

// accountName is what can be somebody's name: a word or an address. Audit trails tell these from
// tokens and from the gateway's own doings.
var accountName = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{Mn}\p{Nd}][\p{Ll}\p{Lo}\p{Mn}\p{Nd}._@+-]{0,62}$`)

func fitName(name string) bool {
	return accountName.MatchString(name) && !slices.Contains([]string{"operator", "roombridge", "cli"}, name)
}

// Accounts lists administrators.
func (d *Desk) Accounts(ctx context.Context, q Query) (Page[Account], error) {
	if !d.May(Admin) {
		return Page[Account]{}, ErrRight
	}
	return pageOf(ctx, d, store.Administrators, q, accountOf)
}

// Account gives an administrator.
func (d *Desk) Account(ctx context.Context, name string) (Account, error) {
	if !d.May(Admin) {
		return Account{}, ErrRight
	}
	found, err := store.Administrators.Get(ctx, d.scope, d.accountName(ctx, name))
	return accountOf(found), err
}

// accountName is the full name of an account of the desk's tenant. Names are unique in the whole
// site; those that a tenant gives end in @ and the tenant's id, so that none of another's is in the way.
func (d *Desk) accountName(ctx context.Context, name string) string {
	name = NormalName(name)
	own := "@" + d.scope.ID()
	if d.Operator() || strings.HasSuffix(name, own) {
		return name
	}
	if _, err := store.Administrators.Get(ctx, d.scope, name); err == nil {
		return name
	}
	return name + own
}

// PutAccount writes an administrator. Sessions end where the way to sign in changes.
func (d *Desk) PutAccount(ctx context.Context, p AccountPut, version int64) (Account, error) {
	if !d.May(Admin) {
		return Account{}, ErrRight
	}
	p.Name = d.accountName(ctx, p.Name)
	if !fitName(p.Name) {
		return Account{}, &Invalid{errors.New("a name has 1 to 63 letters, digits and . _ @ + -, and is not operator, roombridge or cli")}
	}
	if tenant := p.Name[strings.LastIndexByte(p.Name, '@')+1:]; tenant != p.Name && tenant != d.scope.ID() {
		if _, err := d.service.DB.Tenant(tenant); err == nil {
			return Account{}, &Invalid{errors.New("what stands behind the @ is another tenant's")}
		}
	}
	next := store.Administrator{Name: p.Name, Label: p.Label, Role: p.Role, Language: p.Language, Disabled: p.Disabled, Subject: p.Subject}
	if p.Password != "" {
		if err := next.SetPassword(ctx, p.Password); err != nil {
			return Account{}, &Invalid{err}
		}
	}
	_, err := d.change(ctx, Admin, "", func(tx *store.Tx) error {
		old, err := store.Administrators.In(ctx, tx, p.Name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if p.Password == "" {
			next.KeepPassword(old.Value)
		}
		if p.Password != "" || p.Disabled || p.Subject != old.Value.Subject {
			if err := tx.EndSessions(ctx, p.Name); err != nil {
				return err
			}
		}
		return store.Administrators.PutIf(ctx, tx, next, version)
	})
	if err != nil {
		return Account{}, asInvalid(err)
	}
	return d.Account(ctx, p.Name)
}

// asInvalid marks what is wrong with an account.
func asInvalid(err error) error {
	switch {
	case errors.Is(err, store.ErrRole):
		return &Invalid{errors.New("operators are the site's (tenant=-), administrators a tenant's; viewers are of either")}
	case errors.Is(err, store.ErrLastOperator):
		return &Invalid{errors.New("this is the last operator who can sign in with a password")}
	}
	return err
}

// DeleteAccount removes an administrator, with all sessions.
func (d *Desk) DeleteAccount(ctx context.Context, name string, version int64) error {
	name = d.accountName(ctx, name)
	_, err := d.change(ctx, Admin, "", func(tx *store.Tx) error {
		if err := tx.ForgetSessions(ctx, name); err != nil {
			return err
		}
		return store.Administrators.Delete(ctx, tx, name, version)
	})
	return asInvalid(err)
}

// EndAccountSessions signs an administrator out everywhere.
func (d *Desk) EndAccountSessions(ctx context.Context, name string) error {
	if !d.May(Admin) {
		return ErrRight
	}
	found, err := store.Administrators.Get(ctx, d.scope, d.accountName(ctx, name))
	if err == nil {
		name = found.Value.Name
		_, err = d.change(ctx, Admin, "", func(tx *store.Tx) error {
			return errors.Join(tx.EndSessions(ctx, name), tx.Note(ctx, store.Deed{Kind: store.DeedSession, Item: name, What: "sign-out"}))
		})
	}
	return err
}

// errPerson is for what persons alone have.
var errPerson = fmt.Errorf("%w: only somebody who has signed in with a session can", ErrRight)

// Session is where somebody has signed in.
type Session struct {
	ID      string    `json:"id"`
	Made    time.Time `json:"made"`
	Seen    time.Time `json:"seen"`
	Until   time.Time `json:"until" doc:"It ends then at the latest"`
	From    string    `json:"from" doc:"Address"`
	Agent   string    `json:"agent" doc:"Browser, as it says"`
	Current bool      `json:"current" doc:"It is the one that asks"`
}

// Sessions lists the actor's own.
func (a *Actor) Sessions(ctx context.Context) ([]Session, error) {
	if a.Person == nil {
		return nil, errPerson
	}
	all, err := a.scope.Sessions(ctx, a.Person.Name)
	list := make([]Session, len(all))
	for i, s := range all {
		list[i] = Session{s.ID, s.Made, s.Seen, s.Until, s.Origin, s.Agent, s.ID == a.session.ID}
	}
	return list, err
}

// EndSession ends one of the actor's own sessions; "" is the present one.
func (a *Actor) EndSession(ctx context.Context, id string) error {
	if a.Person == nil {
		return errPerson
	}
	if id == "" {
		id = a.session.ID
	}
	return a.scope.EndSession(ctx, a.Person.Name, id)
}

// ChangePassword gives the actor another password, ends all sessions and begins a new one. The
// old password is guarded like one at the door: who found an open browser shall not guess it.
func (a *Actor) ChangePassword(ctx context.Context, old, password string, v Visitor) (*Actor, string, error) {
	if a.Person == nil {
		return nil, "", errPerson
	}
	name := a.Person.Name
	err := a.service.guarded(ctx, name, v, func() error {
		_, _, err := a.service.DB.Login(ctx, name, old)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil, "", &Invalid{errors.New("the old password is wrong")}
	}
	if err != nil {
		return nil, "", err
	}
	var fresh store.Administrator
	if err := fresh.SetPassword(ctx, password); err != nil {
		return nil, "", &Invalid{err}
	}
	var next store.Administrator
	_, err = a.scope.Change(ctx, a.who, "", func(tx *store.Tx) error {
		found, err := store.Administrators.In(ctx, tx, name)
		if err != nil {
			return err
		}
		next = found.Value
		next.KeepPassword(fresh)
		return errors.Join(tx.EndSessions(ctx, name), store.Administrators.Put(ctx, tx, next))
	})
	if err != nil {
		return nil, "", err
	}
	return a.service.begin(ctx, a.scope, next, v, time.Time{})
}

package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/roombridge/roombridge/bridge/store"
)

// maxCrowd is how many strangers' passwords wait to be looked at. Who has signed in from the same
// address before does not wait behind them.
const maxCrowd = 8

// LockedOut says that no password is looked at, or set, for a while.
type LockedOut struct {
	Wait time.Duration
	Sets bool // the password of a device was set too often
}

func (e *LockedOut) Error() string {
	if e.Sets {
		return "the password of this device was set too often: wait " + e.Wait.String()
	}
	return "too many wrong passwords: wait " + e.Wait.String()
}

// Visitor is who tries to sign in, as the network tells.
type Visitor struct {
	Origin string // address and port
	Agent  string // browser, as it says
}

// Person is who has signed in.
type Person struct {
	Name     string
	Label    string
	Role     string
	Language string
	Password bool // signs in with one
}

// SignIn checks a name and password and begins a session, whose text is what the browser presents
// from now on. It fails with ErrNotFound, whatever was wrong, or with LockedOut.
func (s *Service) SignIn(ctx context.Context, name, password string, v Visitor) (*Actor, string, error) {
	if s == nil {
		return nil, "", ErrNotFound
	}
	name = NormalName(name)
	var scope store.Scope
	var who store.Administrator
	err := s.guarded(ctx, name, v, func() (err error) {
		scope, who, err = s.DB.Login(ctx, name, password)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return s.begin(ctx, scope, who, v, time.Time{})
}

// guarded looks at a password of a name, unless too many wrong ones came.
func (s *Service) guarded(ctx context.Context, name string, v Visitor, look func() error) error {
	p := pair{sourceOf(v.Origin), name}
	known, err := s.DB.Known(ctx, name, p.source)
	if err != nil {
		return err
	}
	if !known {
		defer s.crowd.Add(-1)
		if s.crowd.Add(1) > maxCrowd {
			return &LockedOut{Wait: time.Second}
		}
	}
	wait, begun := s.guard.try(s.clock(), p, known)
	if wait > 0 {
		return &LockedOut{Wait: wait}
	}
	if err = look(); err == nil {
		s.guard.proved(p, known)
		return nil
	}
	if errors.Is(err, ErrNotFound) {
		s.suspicious(ctx, name, v, begun)
	}
	return err
}

// suspicious tells of a wrong password, and of the locks that it begins. A name that there is
// not is not written down: it may be a password in the wrong field.
func (s *Service) suspicious(ctx context.Context, name string, v Visitor, begun []lock) {
	tenant, shown := "", "(unknown)"
	if name == setupName {
		shown = "the one-time code"
	}
	if scope, err := s.DB.Whose(ctx, name); err == nil {
		tenant, shown = scope.ID(), name
	}
	e := store.NewEvent(time.Now(), "security.login", "a wrong password was given for "+shown)
	e.From, e.Data = v.Origin, map[string]string{"name": shown, "outcome": "refused"}
	s.tell(ctx, tenant, e)
	for _, l := range begun {
		e = store.NewEvent(time.Now(), "security.lock-out", fmt.Sprintf("locked out for %v after %d wrong passwords: %s", l.wait, l.failures, l.scope))
		e.From, e.Data = v.Origin, map[string]string{"name": shown, "scope": l.scope}
		s.tell(ctx, tenant, e)
	}
}

// tell writes down what an administrator may want to know; a tenant of "" or Site is the site.
func (s *Service) tell(ctx context.Context, tenant string, e store.Event) {
	if tenant == Site {
		tenant = ""
	}
	if s.Event != nil {
		s.Event(tenant, e)
		return
	}
	scope, err := s.DB.Tenant(tenant)
	if err != nil {
		scope = s.DB.Site()
	}
	_ = store.Events.Append(context.WithoutCancel(ctx), scope, e) // what cannot be written down hinders nobody
}

// begin gives a session to somebody who was recognised. It ends at until, if that is given, at the latest.
func (s *Service) begin(ctx context.Context, scope store.Scope, who store.Administrator, v Visitor, until time.Time) (*Actor, string, error) {
	session, text, err := scope.NewSession(ctx, who, store.Session{Source: sourceOf(v.Origin), Origin: v.Origin, Agent: v.Agent, Until: until})
	if err != nil {
		return nil, "", err
	}
	e := store.NewEvent(time.Now(), "security.login", who.Name+" signed in")
	e.From, e.Data = v.Origin, map[string]string{"name": who.Name, "outcome": "signed in"}
	s.tell(ctx, scope.ID(), e)
	return s.person(scope, who, session, text, v.Origin), text, nil
}

// person is the actor that an administrator is.
func (s *Service) person(scope store.Scope, who store.Administrator, session store.Session, text, origin string) *Actor {
	a := &Actor{
		service: s, scope: scope, rights: rightsOf(who.Role), who: store.Who{Name: who.Name, Origin: origin}, session: session,
		Person: &Person{Name: who.Name, Label: who.Label, Role: who.Role, Language: who.Language, Password: who.HasPassword()},
	}
	a.again = func(ctx context.Context) error { _, _, _, err := s.DB.Resume(ctx, text); return err }
	sum := sha256.Sum256([]byte("roombridge csrf\x00" + text))
	a.csrf = hex.EncodeToString(sum[:])
	return a
}

// rightsOf are those of a role. Whose records they are for is the scope's to say.
func rightsOf(role string) []Right {
	switch role {
	case store.RoleOperator, store.RoleAdministrator:
		return []Right{Admin}
	case store.RoleViewer:
		return []Right{Read}
	}
	return nil
}

// Resume recognises the session that a browser presents.
func (s *Service) Resume(ctx context.Context, text, origin string) (*Actor, error) {
	if s == nil {
		return nil, ErrNotFound
	}
	scope, who, session, err := s.DB.Resume(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.person(scope, who, session, text, origin), nil
}

// Holds tells whether the actor is still who they were: the session or token has not ended.
func (a *Actor) Holds(ctx context.Context) bool {
	return a.again == nil || !errors.Is(a.again(ctx), ErrNotFound) // a database that does not answer ends nobody's session
}

// CSRF is what a page sends with whatever changes something; "" for programs, which need none.
func (a *Actor) CSRF() string { return a.csrf }

// Language is that of a person.
func (a *Actor) Language() string {
	if a.Person == nil {
		return ""
	}
	return a.Person.Language
}

// Rights are what the actor may do.
func (a *Actor) Rights() (list []Right) {
	for _, r := range Rights {
		if a.May(r) {
			list = append(list, r)
		}
	}
	return list
}

// Role is a person's, or that which fits a program's rights best.
func (a *Actor) Role() string {
	switch {
	case a.Person != nil:
		return a.Person.Role
	case a.Operator() && a.May(Admin):
		return store.RoleOperator
	case a.May(Admin):
		return store.RoleAdministrator
	}
	return store.RoleViewer
}

// setupName stands for the one-time code where passwords are counted; nobody has that name.
const setupName = "(setup)"

// firstOperator is the administrator that setting up makes.
const firstOperator = "admin"

// Setup makes the first operator, from the gateway's own machine or with the code, and signs in. It fails
// with ErrSetup when the gateway is set up.
func (s *Service) Setup(ctx context.Context, password, language, code string, local bool, v Visitor) (*Actor, string, error) {
	if s == nil {
		return nil, "", ErrNotFound
	}
	if needed, err := s.NeedsSetup(ctx); err != nil || !needed {
		return nil, "", errors.Join(err, ErrSetup)
	}
	if !local {
		if err := s.guarded(ctx, setupName, v, func() error { return s.checkCode(code) }); err != nil {
			return nil, "", err
		}
	}
	who := store.Administrator{Name: firstOperator, Role: store.RoleOperator, Language: language}
	if err := who.SetPassword(ctx, password); err != nil {
		return nil, "", &Invalid{err}
	}
	by := store.Who{Name: firstOperator, Origin: v.Origin}
	_, err := s.DB.Site().Change(ctx, by, "first start", func(tx *store.Tx) error {
		if done, err := tx.Operated(ctx); err != nil || done {
			return errors.Join(err, ErrSetup)
		}
		return store.Administrators.Put(ctx, tx, who)
	})
	if err != nil {
		return nil, "", err
	}
	return s.begin(ctx, s.DB.Site(), who, v, time.Time{})
}

// ErrSetup is that of a gateway that has been set up.
var ErrSetup = errors.New("the gateway has been set up already")

// NeedsSetup tells whether no operator can sign in with a password yet.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) {
	if s == nil {
		return false, nil
	}
	done, err := s.DB.Operated(ctx)
	return !done, err
}

// NewCode makes a one-time code of 60 random bits, as people type it.
func NewCode() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	t := base32.StdEncoding.EncodeToString(b[:])
	return t[:4] + "-" + t[4:8] + "-" + t[8:12]
}

func (s *Service) checkCode(given string) error {
	plain := func(c string) [sha256.Size]byte {
		return sha256.Sum256([]byte(strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(c))))
	}
	want, got := plain(s.Code), plain(given)
	if s.Code == "" || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		return ErrNotFound
	}
	return nil
}

// NormalName is a name as it is kept and compared: keyboards write capitals and accents
// differently.
func NormalName(name string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(name))) }

func (s *Service) clock() time.Time {
	if s.now != nil {
		return s.now()
	}
	return time.Now()
}

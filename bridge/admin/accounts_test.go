package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/store"
)

const word = "một mật khẩu dài"

// accounts is a service with an operator "op" and administrators of a and b.
func accounts(t *testing.T) (*Service, map[string]*Desk) {
	t.Helper()
	s := newService(t)
	desks := map[string]*Desk{}
	for _, tenant := range []string{Site, "a", "b"} {
		d, err := s.Operator("").In(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		desks[tenant] = d
	}
	for tenant, put := range map[string]AccountPut{
		Site: {Name: "op", Role: store.RoleOperator, Password: word}, "a": {Name: "an", Role: store.RoleAdministrator, Password: word},
		"b": {Name: "binh", Role: store.RoleViewer, Password: word},
	} {
		if _, err := desks[tenant].PutAccount(t.Context(), put, 0); err != nil {
			t.Fatal(err)
		}
	}
	return s, desks
}

func from(n int) Visitor {
	return Visitor{Origin: fmt.Sprintf("198.51.%d.%d:4000", n/250, 1+n%250), Agent: "test"}
}

func enter(t *testing.T, s *Service, name string, v Visitor) (*Actor, string) {
	t.Helper()
	a, text, err := s.SignIn(t.Context(), name, word, v)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return a, text
}

// Who signs in has the rights of the role, in the tenant of the account.
func TestRoles(t *testing.T) {
	s, _ := accounts(t)
	for _, c := range []struct {
		name, tenant, role string
		rights             int
	}{{" OP", "", "operator", 4}, {"An", "a", "administrator", 4}, {"binh", "b", "viewer", 1}} {
		a, text := enter(t, s, c.name, from(1))
		again, err := s.Resume(t.Context(), text, "x")
		if err != nil || again.Name() != a.Name() || a.CSRF() == "" || again.CSRF() != a.CSRF() || !again.Holds(t.Context()) {
			t.Errorf("%s: %v", c.name, err)
		}
		if a.Tenant() != c.tenant || a.Role() != c.role || len(a.Rights()) != c.rights || a.Operator() != (c.tenant == "") || a.May(Numbers) != (c.rights > 1) {
			t.Errorf("%s: %q %s %v", c.name, a.Tenant(), a.Role(), a.Rights())
		}
		if strings.Contains(text, a.CSRF()) || strings.Contains(a.CSRF(), text) {
			t.Error("one tells the other")
		}
		if err := again.EndSession(t.Context(), ""); err != nil || a.Holds(t.Context()) {
			t.Errorf("signed out: %v", err)
		}
	}
	if a := actor(t, s, "a", Read); a.Role() != "viewer" || a.CSRF() != "" {
		t.Error("a token")
	}
}

// still is a clock that stands, so that nobody is locked out for less than a test takes.
func still() time.Time { return time.Unix(1_700_000_000, 0) }

// Thousands of guesses from everywhere find nothing, and do not keep somebody out of where they
// have signed in before; what was tried is written down, and no password in the wrong field.
func TestPasswordGuessing(t *testing.T) {
	s, desks := accounts(t)
	s.now = still
	home := Visitor{Origin: "192.0.2.1:1"}
	enter(t, s, "an", home)
	locked := 0
	for i := range 1000 {
		guess := fmt.Sprint("guess ", i)
		if i > 100 {
			guess = word // the right one, too late
		}
		_, _, err := s.SignIn(t.Context(), "an", guess, from(i%50))
		var l *LockedOut
		switch {
		case errors.As(err, &l):
			locked++
		case !errors.Is(err, ErrNotFound):
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if locked < 950 {
		t.Errorf("only %d of 1000 were not looked at", locked)
	}
	home.Origin = "192.0.2.1:2"
	enter(t, s, "an", home)
	if _, _, err := s.SignIn(t.Context(), word, "x", from(400)); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	kinds := map[string]int{}
	for _, d := range desks {
		p, err := d.Events(t.Context(), Happening{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Items {
			kinds[d.ID()+" "+e.Kind+" "+e.Data["outcome"]]++
			if text := fmt.Sprint(e.Text, e.Data); strings.Contains(text, word) || strings.Contains(text, "guess") {
				t.Errorf("tells a secret: %s", text)
			}
		}
	}
	if kinds["a security.login refused"] != 20 || kinds["a security.login signed in"] != 2 || kinds["a security.lock-out "] < 1 || kinds["- security.login refused"] != 1 {
		t.Errorf("%v", kinds)
	}
}

// Many at once are no way around a lock, nor are strangers in the way of whoever is known.
func TestGuessingAtOnce(t *testing.T) {
	s, _ := accounts(t)
	s.now = still
	results := make(chan error)
	for range 200 {
		go func() {
			_, _, err := s.SignIn(context.Background(), "an", "wrong", from(7))
			results <- err
		}()
	}
	looked := 0
	for range 200 {
		if err := <-results; errors.Is(err, ErrNotFound) {
			looked++
		}
	}
	if looked > freePair {
		t.Errorf("%d of one source were looked at", looked)
	}
}

// An unknown name is told like a known one, and locked like it.
func TestUnknownName(t *testing.T) {
	s, _ := accounts(t)
	for _, name := range []string{"an", "nobody"} {
		told := ""
		for range 7 {
			_, _, err := s.SignIn(t.Context(), name, "wrong", Visitor{Origin: "192.0.2." + fmt.Sprint(len(name)) + ":1"})
			var l *LockedOut
			told += fmt.Sprint(errors.Is(err, ErrNotFound), errors.As(err, &l), " ")
		}
		if want := strings.Repeat("true false ", 5) + strings.Repeat("false true ", 2); told != want {
			t.Errorf("%s: %s", name, told)
		}
	}
}

func TestGuard(t *testing.T) {
	var g guard
	now := time.Unix(1_700_000_000, 0)
	p := pair{sourceOf("192.0.2.1:1"), "an"}
	waits := []time.Duration{}
	for range 12 {
		wait, _ := g.try(now, p, false)
		if wait > 0 {
			t.Fatal("locked where it waited")
		}
		wait, _ = g.try(now, p, false)
		waits = append(waits, wait)
		now = now.Add(wait)
	}
	if waits[2] != 0 && waits[2] != firstLock || waits[len(waits)-1] != longest {
		t.Errorf("%v", waits)
	}
	if wait, _ := g.try(now, pair{p.source, "binh"}, true); wait != 0 {
		t.Errorf("a neighbour who is known waits %v", wait)
	}
	now = now.Add(24 * time.Hour)
	if wait, _ := g.try(now, p, false); wait != 0 {
		t.Errorf("a day later: %v", wait)
	}
	g.proved(p, false)
	if g.table.Len() != 1 { // the neighbour
		t.Errorf("%d are suspected", g.table.Len())
	}
	for i := range maxSuspect + 100 {
		g.try(now, pair{sourceOf(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)), fmt.Sprint(i)}, true)
	}
	if g.table.Len() > maxSuspect {
		t.Errorf("%d suspects", g.table.Len())
	}
	if a, b := sourceOf("[2001:db8:1:2:3::4]:5"), sourceOf("[2001:db8:1:2::9]:6"); a != b || sourceOf("x").IsValid() {
		t.Errorf("%v is not %v", a, b)
	}
}

// The first start: once, by the code or from this machine.
func TestSetup(t *testing.T) {
	s := newService(t)
	s.Code = NewCode()
	if len(s.Code) != 14 || s.Code == NewCode() {
		t.Errorf("code %q", s.Code)
	}
	for i := range 30 {
		var l *LockedOut
		if _, _, err := s.Setup(t.Context(), word, "vi", fmt.Sprint("AAAA-AAAA-AAA", i%10), false, from(1)); !errors.Is(err, ErrNotFound) && !errors.As(err, &l) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	var invalid *Invalid
	if _, _, err := s.Setup(t.Context(), "short", "vi", "", true, from(2)); !errors.As(err, &invalid) {
		t.Error(err)
	}
	if needed, err := s.NeedsSetup(t.Context()); err != nil || !needed {
		t.Errorf("%v", err)
	}
	a, _, err := s.Setup(t.Context(), word, "vi", strings.ToLower(strings.ReplaceAll(s.Code, "-", " ")), false, from(300))
	if err != nil || !a.Operator() || !a.May(Admin) || a.Name() != "admin" || a.Language() != "vi" {
		t.Fatalf("%v", err)
	}
	for _, local := range []bool{true, false} {
		if _, _, err := s.Setup(t.Context(), word, "", s.Code, local, from(3)); !errors.Is(err, ErrSetup) {
			t.Errorf("a second time: %v", err)
		}
	}
	enter(t, s, "admin", from(4))
}

// A tenant's administrator makes accounts of the tenant alone, and learns no other's names.
func TestAccounts(t *testing.T) {
	s, desks := accounts(t)
	an, _ := enter(t, s, "an", from(1))
	d, err := an.In(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	made, err := d.PutAccount(t.Context(), AccountPut{Name: "Binh", Role: store.RoleViewer, Password: word}, 0) // the name of another's
	if err != nil || made.Name != "binh@a" || !made.Password {
		t.Fatalf("%v %+v", err, made)
	}
	viewer, _ := enter(t, s, "binh@a", from(2))
	v, err := viewer.In(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range []error{
		second(v.Accounts(t.Context(), Query{})), second(v.Account(t.Context(), "an")), v.DeleteAccount(t.Context(), "an", AnyVersion),
		second(v.PutAccount(t.Context(), AccountPut{Name: "x", Role: store.RoleViewer}, 0)), v.EndAccountSessions(t.Context(), "an"),
	} {
		if !errors.Is(err, ErrRight) {
			t.Errorf("%d: a viewer may: %v", i, err)
		}
	}
	var invalid *Invalid
	for _, bad := range []AccountPut{
		{Name: "x", Role: store.RoleOperator}, {Name: "x y", Role: store.RoleViewer}, {Name: "", Role: store.RoleViewer},
		{Name: "x", Role: store.RoleViewer, Password: "short"}, {Name: "x@b", Role: store.RoleViewer, Password: word},
	} {
		if _, err := d.PutAccount(t.Context(), bad, AnyVersion); bad.Name != "x@b" && !errors.As(err, &invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := desks["a"].PutAccount(t.Context(), AccountPut{Name: "x@b", Role: store.RoleViewer}, AnyVersion); !errors.As(err, &invalid) {
		t.Errorf("a name of another tenant: %v", err)
	}
	for _, name := range []string{"operator", "cli"} {
		if _, err := desks[Site].PutAccount(t.Context(), AccountPut{Name: name, Role: store.RoleViewer}, AnyVersion); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Account(t.Context(), "binh"); err != nil {
		t.Errorf("its own by its short name: %v", err)
	}
	if _, err := d.PutAccount(t.Context(), AccountPut{Name: "binh@a", Role: store.RoleViewer, Label: "Bình"}, AnyVersion); err != nil || !viewer.Holds(t.Context()) {
		t.Errorf("a label ends a session: %v", err)
	}
	if err := d.EndAccountSessions(t.Context(), "binh"); err != nil || viewer.Holds(t.Context()) {
		t.Errorf("signed out by another: %v", err)
	}
	viewer, _ = enter(t, s, "binh@a", from(2))
	if err := d.DeleteAccount(t.Context(), "binh", AnyVersion); err != nil || viewer.Holds(t.Context()) {
		t.Errorf("removed: %v", err)
	}
	if _, err := desks[Site].Account(t.Context(), "op"); err != nil {
		t.Error(err)
	}
	if err := desks[Site].DeleteAccount(t.Context(), "op", AnyVersion); !errors.As(err, &invalid) {
		t.Errorf("the last operator: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// A new password ends all other sessions; a wrong old one is a guess.
func TestChangePassword(t *testing.T) {
	s, _ := accounts(t)
	a, text := enter(t, s, "an", from(1))
	other, _ := enter(t, s, "an", from(2))
	if list, err := a.Sessions(t.Context()); err != nil || len(list) != 2 || list[0].Current == list[1].Current {
		t.Errorf("%v %+v", err, list)
	}
	var invalid *Invalid
	var locked *LockedOut
	if _, _, err := a.ChangePassword(t.Context(), word, "short", from(1)); !errors.As(err, &invalid) {
		t.Error(err)
	}
	next, fresh, err := a.ChangePassword(t.Context(), word, word+"!", from(1))
	if err != nil || fresh == text || a.Holds(t.Context()) || other.Holds(t.Context()) || !next.Holds(t.Context()) {
		t.Errorf("%v", err)
	}
	for range 6 {
		_, _, err = next.ChangePassword(t.Context(), "guess", word, from(1))
	}
	if !errors.As(err, &locked) {
		t.Errorf("guessed without end: %v", err)
	}
	p := actor(t, s, "a", Admin)
	if _, _, err := p.ChangePassword(t.Context(), "", "", from(1)); !errors.Is(err, ErrRight) {
		t.Error(err)
	}
	if _, err := p.Sessions(t.Context()); !errors.Is(err, ErrRight) {
		t.Error(err)
	}
	if err := p.EndSession(t.Context(), "x"); !errors.Is(err, ErrRight) {
		t.Error(err)
	}
}

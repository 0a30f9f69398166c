package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"crypto/subtle"

	"golang.org/x/crypto/argon2"
)

// Roles of administrators.
const (
	RoleOperator      = "operator"      // of the site: everything
	RoleAdministrator = "administrator" // of a tenant: everything in it
	RoleViewer        = "viewer"        // looks
)

// Administrator is a person who signs in. Names are unique in the whole site.
type Administrator struct {
	Name     string `json:"name"`
	Label    string `json:"label,omitempty"`
	Role     string `json:"role"`
	Language string `json:"language,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
	Subject  string `json:"subject,omitempty"` // at the OIDC provider

	password password
}

// Administrators are kept in the scope that they administer.
var Administrators = &Collection[Administrator]{
	table: "administrators",
	form: func(a *Administrator) form {
		return form{a.Name, Fold(line(a.Name)), a.Name + " " + a.Label}
	},
	check: func(a *Administrator) error {
		if !slices.Contains([]string{RoleOperator, RoleAdministrator, RoleViewer}, a.Role) {
			return errors.New("store: the role is operator, administrator or viewer")
		}
		return nil
	},
	hide:    func(a *Administrator) map[string]string { return map[string]string{"password": string(a.password)} },
	restore: func(a *Administrator, s map[string]string) error { a.password = password(s["password"]); return nil },
}

// SetPassword hashes a password of 10 to 256 bytes.
func (a *Administrator) SetPassword(ctx context.Context, text string) (err error) {
	if len(text) < 10 || len(text) > 256 {
		return errors.New("store: a password has 10 to 256 characters")
	}
	a.password, err = hashPassword(ctx, text)
	return err
}

// KeepPassword takes over the password of the record that there was.
func (a *Administrator) KeepPassword(old Administrator) { a.password = old.password }

// HasPassword tells whether the administrator can sign in with one.
func (a *Administrator) HasPassword() bool { return a.password != "" }

// stamp tells by what somebody signs in, the password and the subject, and nothing of either.
// Sessions begun with another are over.
func (a *Administrator) stamp() string {
	return hashOf("stamp\x00" + string(a.password) + "\x00" + a.Subject)[:32]
}

// Proves tells whether a text is the administrator's password.
func (a *Administrator) Proves(ctx context.Context, text string) bool {
	return a.password.matches(ctx, text)
}

// settled looks at all administrators that a group of changes touches: operators and those
// who look at everything are the site's, others a tenant's; and the last operator who can
// sign in stays, or whoever comes first could set the gateway up anew.
func settled(ctx context.Context, tx *Tx) error {
	list, err := readEntries(ctx, tx.a, "grp = $2 AND kind = 'administrators'", tx.group)
	if err != nil {
		return err
	}
	lost := false
	for i := range list {
		before, after := operates(&list[i].before), list[i].after
		lost = lost || before && !operates(&after)
		if after.body == "" {
			continue
		}
		var a Administrator
		if err := json.Unmarshal([]byte(after.body), &a); err != nil {
			return err
		}
		if a.Role == RoleOperator && !tx.scope.IsSite() || a.Role == RoleAdministrator && tx.scope.IsSite() {
			return ErrRole
		}
	}
	if !lost {
		return nil
	}
	found, err := tx.scope.operated(ctx, tx.a)
	if err == nil && !found {
		err = ErrLastOperator
	}
	return err
}

// Errors of administrators.
var (
	ErrRole         = errors.New("store: operators are the site's, administrators a tenant's")
	ErrLastOperator = errors.New("store: this is the last operator who can sign in")
)

// operates tells whether a row is of an operator who can sign in with a password.
func operates(r *row) bool {
	var a Administrator
	return r.body != "" && r.secret != "" && json.Unmarshal([]byte(r.body), &a) == nil && a.Role == RoleOperator && !a.Disabled
}

// operated tells whether there is an operator who can sign in with a password.
func (s Scope) operated(ctx context.Context, a access) (found bool, err error) {
	rows, err := a.rows(ctx, "administrators", recordColumns, "secret <> ''")
	err = each(rows, err, func(scan func(...any) error) error {
		var r row
		err := r.scan(scan)
		found = found || operates(&r)
		return err
	})
	return found, err
}

// Operated tells whether an operator can sign in with a password: until then the gateway
// is to be set up.
func (db *DB) Operated(ctx context.Context) (bool, error) {
	return db.Site().operated(ctx, access{db.read, site})
}

// Operated is the same in a transaction of the site.
func (tx *Tx) Operated(ctx context.Context) (bool, error) { return tx.scope.operated(ctx, tx.a) }

// Subject finds the administrator whom an OIDC provider knows by a subject.
func (db *DB) Subject(ctx context.Context, subject string) (Scope, Administrator, error) {
	if !validKey(subject) {
		return Scope{}, Administrator{}, ErrNotFound
	}
	scope, name, err := db.bySubject(ctx, subject)
	if err != nil {
		return Scope{}, Administrator{}, err
	}
	found, err := Administrators.Get(ctx, scope, name)
	return scope, found.Value, err
}

// password is an argon2id hash in the form of the PHC: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
type password string

// The cost of a hash (RFC 9106, and OWASP's second choice): 19 MiB, some 25 ms. At most two
// are made at once, so that signing in cannot take the memory of calls.
const (
	hashMemory   = 19 * 1024 // KiB
	hashTime     = 2
	hashLanes    = 1
	hashSize     = 32
	hashSalt     = 16
	hashPrefix   = "$argon2id$v=19$m=19456,t=2,p=1$"
	hashesAtOnce = 2
)

var hashing = make(chan struct{}, hashesAtOnce)

// nobody is what is compared for names that there are not, so that these take as long.
var nobody = password(hashPrefix + "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

func hashPassword(ctx context.Context, text string) (password, error) {
	salt := make([]byte, hashSalt)
	_, _ = rand.Read(salt) // never fails
	sum, err := argon(ctx, text, salt)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding.EncodeToString
	return password(hashPrefix + enc(salt) + "$" + enc(sum)), nil
}

func argon(ctx context.Context, text string, salt []byte) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(text), salt, hashTime, hashMemory, hashLanes, hashSize), nil
}

// matches tells whether a text is the password. Without a hash nothing is.
func (p password) matches(ctx context.Context, text string) bool {
	is := p != ""
	if !is {
		p = nobody
	}
	rest, ok := strings.CutPrefix(string(p), hashPrefix)
	saltText, sumText, ok2 := strings.Cut(rest, "$")
	salt, err1 := base64.RawStdEncoding.DecodeString(saltText)
	want, err2 := base64.RawStdEncoding.DecodeString(sumText)
	if !ok || !ok2 || err1 != nil || err2 != nil || len(text) > 256 {
		return false
	}
	got, err := argon(ctx, text, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1 && is
}

// Token is a program's right to use the API.
type Token struct {
	ID      string    `json:"id"`
	Label   string    `json:"label,omitempty"`
	Scopes  []string  `json:"scopes"`
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires,omitzero"` // zero is never

	hash string // SHA-256 of what is presented: it has 256 random bits, which nobody guesses
}

// Tokens are kept in the scope that they are for.
var Tokens = &Collection[Token]{
	table: "tokens",
	form:  func(t *Token) form { return form{t.ID, Fold(line(t.Label)), t.ID + " " + t.Label} },
	check: func(t *Token) error {
		if len(t.Scopes) > 64 {
			return errors.New("store: a token has at most 64 scopes")
		}
		return nil
	},
	hide:    func(t *Token) map[string]string { return map[string]string{"hash": t.hash} },
	restore: func(t *Token, s map[string]string) error { t.hash = s["hash"]; return nil },
}

const tokenPrefix = "rb_"

// NewToken makes a token, and the text that is presented, which is shown once.
func NewToken(at time.Time, label string, scopes ...string) (t Token, text string) {
	var id [8]byte
	var secret [32]byte
	_, _ = rand.Read(id[:]) // never fails
	_, _ = rand.Read(secret[:])
	shown := hex.EncodeToString(secret[:])
	sum := sha256.Sum256([]byte(shown))
	t = Token{ID: hex.EncodeToString(id[:]), Label: label, Scopes: scopes, Made: at, hash: hex.EncodeToString(sum[:])}
	return t, fmt.Sprintf("%s%s_%s", tokenPrefix, t.ID, shown)
}

func splitToken(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	id, secret, ok2 := strings.Cut(rest, "_")
	return id, secret, ok && ok2 && len(id) == 16 && len(secret) == 64
}

package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"
)

// How long a session is good for.
const (
	SessionIdle = 8 * time.Hour      // since it was used last
	SessionLife = 7 * 24 * time.Hour // since it began, unless it says another time

	sessionPace = time.Minute         // how often its use is written down
	sessionKept = 30 * 24 * time.Hour // after its last use: it says from where somebody signed in
	maxSessions = 32                  // of one administrator; the one used least recently ends
)

// Session is an administrator who has signed in.
type Session struct {
	ID     string
	Name   string // of the administrator
	Made   time.Time
	Seen   time.Time
	Until  time.Time    // it ends then at the latest
	Source netip.Prefix // from where, as lock-outs tell sources apart
	Origin string       // address
	Agent  string       // browser, as it says
}

const sessionColumns = "id, name, hash, stamp, made, seen, until, ended, source, origin, agent"

// sessionRow is a session with what proves it.
type sessionRow struct {
	Session
	hash, stamp string
	ended       int64
}

func (r *sessionRow) scan(scan func(...any) error) error {
	var made, seen, until int64
	var source string
	err := scan(&r.ID, &r.Name, &r.hash, &r.stamp, &made, &seen, &until, &r.ended, &source, &r.Origin, &r.Agent)
	r.Made, r.Seen, r.Until = timeOf(made), timeOf(seen), timeOf(until)
	r.Source, _ = netip.ParsePrefix(source)
	return err
}

// alive tells whether the session may be used.
func (r *sessionRow) alive(now time.Time) bool {
	return r.ended == 0 && now.Before(r.Until) && now.Before(r.Seen.Add(SessionIdle))
}

// NewSession begins a session of an administrator, who has signed in, and gives it with the text that
// the browser presents. It ends after SessionLife, or at n.Until if that is given and before.
func (s Scope) NewSession(ctx context.Context, who Administrator, n Session) (Session, string, error) {
	if s.db == nil || s.tenant == "" {
		return n, "", ErrScope
	}
	var id [8]byte
	var secret [32]byte
	_, _ = rand.Read(id[:]) // never fails
	_, _ = rand.Read(secret[:])
	shown := hex.EncodeToString(secret[:])
	at := s.db.now().UTC().Truncate(time.Millisecond)
	n.ID, n.Name, n.Made, n.Seen, n.Origin, n.Agent = hex.EncodeToString(id[:]), who.Name, at, at, line(n.Origin), line(n.Agent)
	if end := at.Add(SessionLife); n.Until.IsZero() || n.Until.After(end) {
		n.Until = end
	}
	a := access{s.db.write, s.tenant}
	err := a.put(ctx, "sessions", sessionColumns, false,
		n.ID, n.Name, hashOf(shown), who.stamp(), millis(at), millis(at), millis(n.Until), 0, n.Source.String(), n.Origin, n.Agent)
	if err != nil {
		return n, "", err
	}
	_, err = a.set(ctx, "sessions", "ended = $2", "name = $3 AND ended = 0 AND id NOT IN (SELECT id FROM sessions "+
		"WHERE tenant = $1 AND name = $3 AND ended = 0 ORDER BY seen DESC, id LIMIT $4)", millis(at), n.Name, maxSessions)
	return n, n.ID + "_" + shown, err
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Resume finds the session that a browser presents, whose it is and where they belong. It is over
// when it ended, was not used for long, or the administrator is disabled, gone or has another password.
func (db *DB) Resume(ctx context.Context, text string) (Scope, Administrator, Session, error) {
	none := func(err error) (Scope, Administrator, Session, error) {
		return Scope{}, Administrator{}, Session{}, err
	}
	id, secret, ok := strings.Cut(text, "_")
	if !ok || len(id) != 16 || len(secret) != 64 {
		return none(ErrNotFound)
	}
	scope, err := db.owner(ctx, "sessions", id)
	if err != nil {
		return none(err)
	}
	list, err := scope.sessions(ctx, "id = $2", id)
	if err != nil {
		return none(err)
	}
	now := db.now()
	if len(list) == 0 || subtle.ConstantTimeCompare([]byte(hashOf(secret)), []byte(list[0].hash)) != 1 || !list[0].alive(now) {
		return none(ErrNotFound)
	}
	r := list[0]
	found, err := Administrators.Get(ctx, scope, r.Name)
	if err != nil {
		return none(err)
	}
	if found.Value.Disabled || found.Value.stamp() != r.stamp {
		return none(ErrNotFound)
	}
	if now.Sub(r.Seen) >= sessionPace {
		db.used(ctx, scope, id, now)
	}
	return scope, found.Value, r.Session, nil
}

// used writes down that a session is in use. What keeps that from being written, such as a full disk, keeps nobody
// from looking what it is.
func (db *DB) used(ctx context.Context, s Scope, id string, now time.Time) {
	if _, err := (access{db.write, s.tenant}).set(ctx, "sessions", "seen = $2", "id = $3 AND ended = 0", millis(now), id); err != nil && ctx.Err() == nil {
		db.log.Warn("the use of a session cannot be written down", "error", err)
	}
}

func (s Scope) sessions(ctx context.Context, where string, args ...any) (list []sessionRow, err error) {
	a, err := s.reader()
	if err != nil {
		return nil, err
	}
	rows, err := a.rows(ctx, "sessions", sessionColumns, where, args...)
	err = each(rows, err, func(scan func(...any) error) error {
		var r sessionRow
		list = append(list, r)
		return list[len(list)-1].scan(scan)
	})
	return list, err
}

// Sessions lists those that an administrator has, the last used first.
func (s Scope) Sessions(ctx context.Context, name string) (list []Session, err error) {
	all, err := s.sessions(ctx, "name = $2 AND ended = 0 ORDER BY seen DESC, id", line(name))
	now := time.Time{}
	if s.db != nil {
		now = s.db.now()
	}
	for _, r := range all {
		if r.alive(now) {
			list = append(list, r.Session)
		}
	}
	return list, err
}

// EndSession ends a session of an administrator.
func (s Scope) EndSession(ctx context.Context, name, id string) error {
	if s.db == nil || s.tenant == "" {
		return ErrScope
	}
	n, err := access{s.db.write, s.tenant}.set(ctx, "sessions", "ended = $2", "name = $3 AND id = $4 AND ended = 0", millis(s.db.now()), line(name), line(id))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// EndSessions ends all sessions of an administrator, with the change that makes it necessary.
func (tx *Tx) EndSessions(ctx context.Context, name string) error {
	_, err := tx.a.set(ctx, "sessions", "ended = $2", "name = $3 AND ended = 0", millis(tx.at), line(name))
	return err
}

// ForgetSessions deletes what is known of an administrator's sessions.
func (tx *Tx) ForgetSessions(ctx context.Context, name string) error {
	_, err := tx.a.remove(ctx, "sessions", "name = $2", line(name))
	return err
}

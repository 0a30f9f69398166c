package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Kinds of deeds.
const (
	DeedCall    = "calls"    // Item is the call's id
	DeedMeeting = "meetings" // Item is the room's full name
	DeedSession = "sessions" // Item is the administrator whose they are
)

// Deed is something that was done to what lives: a call was hung up, a meeting ended, somebody signed out. It
// stands in the audit trail with the changes of records, and is not taken back.
type Deed struct {
	Kind string
	Item string
	What string            // "hang-up", "mute", …
	More map[string]string // to whom, where to; no secrets. Bounded to maxMore members of one line
}

const maxMore = 16

// Note writes down what somebody did.
func (s Scope) Note(ctx context.Context, who Who, deeds ...Deed) error {
	if s.db == nil || s.tenant == "" || len(deeds) > maxAppend {
		return ErrScope
	}
	if len(deeds) == 0 {
		return nil
	}
	at := millis(s.db.now())
	return s.db.transaction(ctx, func(q *sql.Tx) error {
		a := access{q, s.tenant}
		for i := range deeds {
			if err := deeds[i].note(ctx, a, at, who); err != nil {
				return err
			}
		}
		return nil
	})
}

// Note writes down what was done in the transaction itself.
func (tx *Tx) Note(ctx context.Context, d Deed) error {
	return d.note(ctx, tx.a, millis(tx.at), tx.who)
}

func (d *Deed) note(ctx context.Context, a access, at int64, who Who) error {
	if !isDeed(d.Kind) || !validKey(d.Item) || len(d.More) > maxMore {
		return fmt.Errorf("%w: %s %q", ErrRecord, d.Kind, d.Item)
	}
	more, name := map[string]string{}, line(who.Name)
	words := []string{name, line(d.What), d.Kind, d.Item}
	for k, v := range d.More {
		if more[line(k)] = line(v); v != "" {
			words = append(words, line(v))
		}
	}
	body, err := json.Marshal(more)
	if err != nil {
		return err
	}
	slices.Sort(words[4:])
	after := row{id: d.Item, body: string(body)}
	return a.put(ctx, "changes", changeColumns, false,
		newID(), at, newID(), "", name, line(who.Origin), line(d.What), d.Kind, d.Item, clip(Fold(strings.Join(words, " "))), "", "", after.pack(), "")
}

func isDeed(kind string) bool { return kind == DeedCall || kind == DeedMeeting || kind == DeedSession }

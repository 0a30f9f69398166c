package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
)

func TestWatch(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		db := open()
		s := tenant(t, db, "a")
		var book number.Book
		plans, err := db.Plans(ctx, &book)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		running, stop := context.WithCancel(ctx)
		go func() { defer close(done); plans.Run(running) }()
		w := db.Watch()
		defer w.Close()
		change(t, db.Site(), func(tx *Tx) error {
			return Tenants.Put(ctx, tx, Tenant{Tenant: number.Tenant{ID: "a", Default: true}})
		})
		change(t, s, func(tx *Tx) error { return Rules.Put(ctx, tx, aRule(t, db, "1001", "board", "")) })
		heard := map[Notice]bool{}
		for !heard[Notice{"a", "rules"}] || !heard[Notice{"-", "tenants"}] {
			notices, err := w.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range notices {
				heard[n] = true
			}
		}
		for book.Directory().Decide(number.Call{Number: "1001"}).Room != "board" {
			if ctx.Err() != nil {
				t.Fatal("the plan is not taken over")
			}
			time.Sleep(time.Millisecond) // the plan is exchanged, and nobody is told
		}
		stop()
		<-done
	})
}

// What one node changes another hears, also after its connection to the server broke.
func TestNodesHearEachOther(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	url := newURL(t, "postgres")
	one, two := mustOpen(t, url), mustOpen(t, url)
	s := tenant(t, one, "a")
	w := two.Watch()
	defer w.Close()
	next := func(i int) {
		// The first notices may come before two listens: go on until one is heard.
		for n := 0; ; n++ {
			change(t, s, func(tx *Tx) error { return Rules.Put(ctx, tx, aRule(t, one, fmt.Sprint(i*1000+n), "x", "")) })
			wait, done := context.WithTimeout(ctx, 200*time.Millisecond)
			list, err := w.Next(wait)
			done()
			if err == nil && len(list) > 0 {
				return
			}
			if ctx.Err() != nil {
				t.Fatal("nothing is heard")
			}
		}
	}
	next(1)
	if _, err := one.write.ExecContext(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid() AND datname = current_database()"); err != nil {
		t.Fatal(err)
	}
	for {
		list, err := w.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 0 && list[0] == (Notice{}) {
			break // it tells that it may have missed something
		}
	}
	next(2)
}

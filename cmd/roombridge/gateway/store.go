package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

const (
	openTime  = time.Minute // for the database to answer, migrations included
	sweepPace = time.Hour
)

// keep is for how many days records are kept where tenants say nothing. Changes are kept for ever.
var keep = store.Keep{Calls: 365, Events: 90}

// kept is what survives a restart: the database, the number plans read from it, and the
// records written to it.
type kept struct {
	db      *store.DB
	book    number.Book
	plans   *store.Plans
	roster  *store.Roster
	records *records
	scratch string // a directory that goes with the gateway, where there is no other
}

func (g *Gateway) openStore() error {
	ctx, cancel := context.WithTimeout(context.Background(), openTime)
	defer cancel()
	url, err := g.storeURL()
	if err != nil {
		return err
	}
	k, log := &g.kept, g.log.With("part", "store")
	if k.db, err = store.Open(ctx, store.Config{URL: url, KeyFile: g.cfg.Store.KeyFile, Log: log}); err != nil {
		return fmt.Errorf("store.url: %w", err)
	}
	if err = k.firstTenant(ctx); err != nil {
		return err
	}
	if k.plans, err = k.db.Plans(ctx, &k.book); err != nil {
		return err
	}
	if k.roster, err = k.db.Roster(ctx, g.rosterChanged); err != nil {
		return err
	}
	k.records = newRecords(k.db, log)
	return nil
}

// storeURL is store.url with a file's place made absolute: a relative path begins in the
// state directory, so that it does not depend on where the gateway is started.
func (g *Gateway) storeURL() (string, error) {
	path, ok := strings.CutPrefix(g.cfg.Store.URL, "sqlite:")
	if !ok || filepath.IsAbs(path) {
		return g.cfg.Store.URL, nil
	}
	dir := g.stateDir()
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "roombridge"); err != nil {
			return "", err
		}
		g.kept.scratch = dir
		g.log.Warn("there is no state directory: numbers and records are lost when the gateway ends; set store.url or web.state_dir")
	}
	return "sqlite:" + filepath.Join(dir, path), nil
}

// defaultTenant is there from the first start, so that who has no customers needs to
// know nothing of tenants.
var defaultTenant = store.Tenant{Tenant: number.Tenant{ID: "default", Default: true}, Name: "Default"}

func (k *kept) firstTenant(ctx context.Context) error {
	page, err := store.Tenants.List(ctx, k.db.Site(), store.Query{Limit: 1})
	if err != nil || len(page.Items) > 0 {
		return err
	}
	_, err = k.db.Site().Change(ctx, store.Who{Name: "roombridge"}, "first start", func(tx *store.Tx) error {
		return store.Tenants.PutIf(ctx, tx, defaultTenant, 0)
	})
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrTaken) {
		return nil // another node was faster
	}
	return err
}

// serve keeps the plans as the database has them and writes records. The function it gives
// ends that, when all that has happened is written.
func (k *kept) serve() func() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { k.plans.Run(ctx) })
	wg.Go(func() { k.roster.Run(ctx) })
	wg.Go(func() { k.sweep(ctx) })
	wg.Go(func() { k.records.run(ctx) })
	return func() { cancel(); wg.Wait() }
}

// sweep deletes old records now and then.
func (k *kept) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepPace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if n, err := k.db.Sweep(ctx, now, keep); err != nil && ctx.Err() == nil {
				k.records.log.Error("old records stay", "error", err)
			} else if n > 0 {
				k.records.log.Info("old records deleted", "records", n)
			}
		}
	}
}

func (k *kept) close() {
	if k.db != nil {
		_ = k.db.Close()
	}
	if k.scratch != "" {
		_ = os.RemoveAll(k.scratch)
	}
}

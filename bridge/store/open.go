package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/roombridge/roombridge/bridge/number"
)

// Errors of the store.
var (
	ErrNotFound = errors.New("store: there is no such record")
	ErrConflict = errors.New("store: somebody else has changed it")
	ErrTaken    = errors.New("store: the name is taken")
	ErrInUse    = errors.New("store: other records need it")
	ErrFull     = errors.New("store: a limit is reached")
	ErrScope    = errors.New("store: not of this scope")
)

// Config says where the database is.
type Config struct {
	URL     string // "sqlite:PATH" or "postgres://…"
	KeyFile string // seals secrets; "" is PATH.key, or the database itself where it has no path
	Log     *slog.Logger
}

// DB is an open database.
type DB struct {
	engine  engine
	write   *sql.DB
	read    *sql.DB // the same as write where writers do not wait for each other
	sealer  sealer
	pinKey  number.Key
	node    string // tells this process's notices from others'
	log     *slog.Logger
	now     func() time.Time
	watches watches
	stop    context.CancelFunc
	stopped chan struct{}
}

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	dialect() goose.Dialect
	options() ([]goose.ProviderOption, error)
	// begin is run first in a transaction that changes a tenant's records, so that
	// one goes after the other.
	begin(ctx context.Context, tx *sql.Tx, tenant string) error
	// tell lets other nodes know, when the transaction commits.
	tell(ctx context.Context, tx *sql.Tx, payload string) error
	// listen hears what other nodes tell, until ctx ends.
	listen(ctx context.Context, log *slog.Logger, heard func(payload string))
	keyFile() string
}

//go:embed migrations/*.sql
var migrations embed.FS

// Open opens a database and brings it up to date. It is to be closed.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db := &DB{node: newNode(), log: cfg.Log, now: time.Now, stopped: make(chan struct{})}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if err := db.connect(cfg.URL); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := db.prepare(ctx, cfg.KeyFile); err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), db.closePools())
	}
	listening, stop := context.WithCancel(context.Background())
	db.stop = stop
	go func() {
		defer close(db.stopped)
		db.engine.listen(listening, db.log, db.heard)
	}()
	return db, nil
}

func (db *DB) connect(url string) (err error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		e, err := newSQLite(rest)
		if err != nil {
			return err
		}
		db.engine = e
		db.write, db.read, err = e.open()
		return err
	case "postgres", "postgresql":
		e, err := newPostgres(url)
		if err != nil {
			return err
		}
		db.engine = e
		db.write = e.open()
		db.read = db.write
		return nil
	}
	return errors.New("the URL is sqlite:PATH or postgres://…") // the URL itself may hold a password
}

func (db *DB) prepare(ctx context.Context, keyFile string) error {
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if keyFile == "" {
		keyFile = db.engine.keyFile()
	}
	key, err := db.masterKey(ctx, keyFile)
	if err != nil {
		return err
	}
	db.sealer, db.pinKey, err = derive(key)
	return err
}

func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options, err := db.engine.options()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(db.engine.dialect(), db.write, files, append(options, goose.WithLogger(goose.NopLogger()))...)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// PINKey seals the PINs of number plans and rooms.
func (db *DB) PINKey() number.Key { return db.pinKey }

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.write.PingContext(ctx) }

// Close waits for what is under way.
func (db *DB) Close() error {
	db.stop()
	<-db.stopped
	db.watches.close()
	return db.closePools()
}

func (db *DB) closePools() error {
	if db.read == db.write {
		return db.write.Close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}

func newNode() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

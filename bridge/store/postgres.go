package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// postgres is a server that several nodes share.
type postgres struct{ cfg *pgx.ConnConfig }

const (
	postgresConns = 8
	noticeChannel = "roombridge"
	listenAgain   = time.Second // after the connection that listens broke
)

func newPostgres(url string) (*postgres, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the postgres URL cannot be read") // the error may quote a password
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 10 * time.Second
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "roombridge"
	}
	return &postgres{cfg}, nil
}

func (p *postgres) open() *sql.DB {
	db := stdlib.OpenDB(*p.cfg)
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns / 2)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

func (p *postgres) dialect() goose.Dialect { return goose.DialectPostgres }

// options has nodes that start together migrate one after the other.
func (p *postgres) options() ([]goose.ProviderOption, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60), lock.WithUnlockTimeout(1, 60)) // every second, for a minute
	return []goose.ProviderOption{goose.WithSessionLocker(locker)}, err
}

func (p *postgres) begin(ctx context.Context, tx *sql.Tx, tenant string) error {
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "roombridge "+tenant)
	return err
}

func (p *postgres) tell(ctx context.Context, tx *sql.Tx, payload string) error {
	_, err := tx.ExecContext(ctx, "SELECT pg_notify($1, $2)", noticeChannel, payload)
	return err
}

func (p *postgres) keyFile() string { return "" }

// listen hears until ctx ends. After a connection broke anything may have happened,
// which an empty payload says.
func (p *postgres) listen(ctx context.Context, log *slog.Logger, heard func(string)) {
	for first := true; ctx.Err() == nil; first = false {
		err := p.listenOnce(ctx, func() {
			if !first {
				heard("")
			}
		}, heard)
		if ctx.Err() != nil {
			return
		}
		log.Warn("the database's notices are not heard", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

func (p *postgres) listenOnce(ctx context.Context, listening func(), heard func(string)) error {
	conn, err := pgx.ConnectConfig(ctx, p.cfg.Copy())
	if err != nil {
		return err
	}
	defer func() {
		bye, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(bye)
	}()
	if _, err = conn.Exec(ctx, "LISTEN "+noticeChannel); err != nil {
		return err
	}
	listening()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		heard(n.Payload)
	}
}

// postgresCode is the SQLSTATE of an error, or "".
func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

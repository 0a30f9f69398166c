package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqlite is a database in a file. One connection writes, a few read beside it (WAL).
type sqlite struct{ path string }

const (
	sqliteReaders = 4
	idleReader    = time.Minute // then a connection is closed, with its cache
)

func newSQLite(path string) (*sqlite, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New("sqlite: needs the path of a file")
	}
	abs, err := filepath.Abs(path)
	return &sqlite{abs}, err
}

func (s *sqlite) open() (write, read *sql.DB, err error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o750); err != nil {
		return nil, nil, err
	}
	// SQLite makes its other files with the mode of this one.
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if err = f.Close(); err != nil {
		return nil, nil, err
	}
	if write, err = sql.Open("sqlite", s.dsn("")); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if read, err = sql.Open("sqlite", s.dsn("query_only(1)")); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	read.SetMaxIdleConns(sqliteReaders)
	read.SetConnMaxIdleTime(idleReader)
	return write, read, nil
}

// dsn asks for what keeps acknowledged writes: a commit returns when the write-ahead log
// is on disk (synchronous=FULL), so that neither kill -9 nor loss of power takes it back.
func (s *sqlite) dsn(pragma string) string {
	q := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-2000)", "temp_store(2)",
	}, "_txlock": {"immediate"}}
	if pragma != "" {
		q["_pragma"] = append(q["_pragma"], pragma)
		q.Del("_txlock")
	}
	u := url.URL{Scheme: "file", Path: s.path, RawQuery: q.Encode()}
	return u.String()
}

func (s *sqlite) dialect() goose.Dialect                             { return goose.DialectSQLite3 }
func (s *sqlite) options() ([]goose.ProviderOption, error)           { return nil, nil }
func (s *sqlite) begin(context.Context, *sql.Tx, string) error       { return nil } // there is one writer
func (s *sqlite) tell(context.Context, *sql.Tx, string) error        { return nil } // there is one node
func (s *sqlite) listen(context.Context, *slog.Logger, func(string)) {}
func (s *sqlite) keyFile() string                                    { return s.path + ".key" }

package store

import (
	"database/sql"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/number"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"Đà Nẵng": "da nang", "ĐƯỜNG Nguyễn Văn Cừ": "duong nguyen van cu", "Straße Łódź Ærø": "strasse lodz aero",
		"plain 123": "plain 123", "ﬁn": "fin", "a\x00b": "a b", "two\nlines": "two lines", "ＡＢ": "ab", "e\u0301": "e",
	} {
		if got := Fold(text); got != want {
			t.Errorf("%q folds to %q, not %q", text, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Đà Nẵng\x00")
	f.Fuzz(func(t *testing.T, text string) {
		folded := Fold(text)
		if strings.ContainsRune(folded, 0) || Fold(folded) != folded && strings.ToValidUTF8(text, "") == text {
			t.Fatalf("%q folds to %q, and that to %q", text, folded, Fold(folded))
		}
	})
}

// The key of a database is a file beside it; another does not open it.
func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "db")
	file := filepath.Join(dir, "db.key")
	db := mustOpen(t, url)
	key := db.PINKey()
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", err, info)
	}
	if info, err := os.Stat(filepath.Join(dir, "db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", err, info)
	}
	if again := mustOpen(t, url); again.PINKey() != key {
		t.Error("the key is another one")
	}
	for name, spoil := range map[string]func() error{
		"another": func() error { return os.WriteFile(file, []byte(strings.Repeat("ab", 32)), 0o600) },
		"none":    func() error { return os.WriteFile(file, []byte("\n"), 0o600) },
		"gone":    func() error { return os.Remove(file) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if db, err := Open(t.Context(), Config{URL: url}); err == nil {
			t.Errorf("%s: the database opens", name)
			_ = db.Close()
		}
	}
}

func TestPostgresKeys(t *testing.T) {
	inner := newURL(t, "postgres")
	db := mustOpen(t, inner)
	if again := mustOpen(t, inner); again.PINKey() != db.PINKey() || db.PINKey() == (number.Key{}) {
		t.Error("the inner key is another one")
	}
	file := filepath.Join(t.TempDir(), "key")
	if _, err := Open(t.Context(), Config{URL: inner, KeyFile: file}); err == nil {
		t.Error("a database with an inner key takes a file")
	}
	outer := newURL(t, "postgres")
	one, err := Open(t.Context(), Config{URL: outer, KeyFile: file})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	if _, err := Open(t.Context(), Config{URL: outer}); err == nil {
		t.Error("a database with a key file opens without")
	}
	two, err := Open(t.Context(), Config{URL: outer, KeyFile: file})
	if err != nil || two.PINKey() != one.PINKey() {
		t.Fatal(err)
	}
	if err := two.Close(); err != nil {
		t.Error(err)
	}
}

func TestURLs(t *testing.T) {
	for _, url := range []string{"", "sqlite:", "sqlite::memory:", "mysql://x", "postgres://user:geheim@[", "postgres://user:geheim@127.0.0.1:1/x?connect_timeout=1"} {
		db, err := Open(t.Context(), Config{URL: url})
		if err == nil {
			_ = db.Close()
			t.Errorf("%q opens", url)
			continue
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("the error tells a password: %v", err)
		}
	}
}

// Only few functions run statements: what is put together in sql.go has the tenant in
// it, and the others are listed here with what they do.
func TestStatementsAreInFewPlaces(t *testing.T) {
	allowed := []string{
		"rows", "row", "put", "set", "remove", // sql.go
		"owner", "bySubject", "Known", // find who somebody is
		"DeviceOwners",                 // whose a device is, for operators alone
		"expireSessions", "expireGone", // whosever
		"meta", "setMeta", // the database's own
		"begin", "tell", "listenOnce", // PostgreSQL's locks and notices
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || slices.Contains(allowed, f.Name.Name) {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.SelectorExpr)
				if ok && slices.Contains([]string{"ExecContext", "QueryContext", "QueryRowContext", "Exec", "Query", "QueryRow", "PrepareContext"}, call.Sel.Name) {
					t.Errorf("%s: %s runs a statement", file, f.Name.Name)
				}
				return true
			})
		}
	}
}

// Nodes that start at once on an empty database come to the same tables and key.
func TestNodesStartTogether(t *testing.T) {
	url := newURL(t, "postgres")
	type opened struct {
		db  *DB
		err error
	}
	results := make(chan opened)
	const nodes = 4
	for range nodes {
		go func() {
			db, err := Open(t.Context(), Config{URL: url})
			results <- opened{db, err}
		}()
	}
	keys := map[number.Key]bool{}
	for range nodes {
		r := <-results
		if r.err != nil {
			t.Error(r.err)
			continue
		}
		keys[r.db.PINKey()] = true
		if err := r.db.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(keys) != 1 {
		t.Errorf("%d keys", len(keys))
	}
}

// What a commit relies on is in force on every connection, and readers only read.
func TestSQLitePragmas(t *testing.T) {
	db := mustOpen(t, newURL(t, "sqlite"))
	for name, pool := range map[string]*sql.DB{"write": db.write, "read": db.read} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
			var got string
			if err := pool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %q (%v), not %s", name, pragma, got, err, want)
			}
		}
	}
	if _, err := db.read.ExecContext(t.Context(), "DELETE FROM meta"); err == nil {
		t.Error("a reader writes")
	}
}

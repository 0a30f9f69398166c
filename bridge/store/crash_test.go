package store

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
)

var rounds = flag.Int("rounds", 50, "how often a writer is killed")

const writers = 4

// writeUntilKilled makes changes as fast as it can, and says each that was acknowledged.
func writeUntilKilled(url string) {
	ctx := context.Background()
	db, err := Open(ctx, Config{URL: url})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s := Scope{db, "a"}
	var out sync.Mutex
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for {
				id := newID()
				kind, err := "rule", error(nil)
				if rand.N(3) == 0 {
					kind, err = "call", Calls.Append(ctx, s, Call{ID: id, Began: time.Now(), Number: "1001"})
				} else {
					r := number.Rule{ID: id, Match: number.Match{Kind: number.Exact, Number: "1001"}}
					_, err = s.Change(ctx, Who{Name: "writer"}, "load", func(tx *Tx) error { return Rules.Put(ctx, tx, r) })
				}
				if err != nil {
					return // the server is gone
				}
				out.Lock()
				fmt.Println(kind, id) // a pipe without a buffer: once written, it is heard
				out.Unlock()
			}
		})
	}
	all.Wait()
}

// writer is the process that writes.
type writer struct {
	cmd   *exec.Cmd
	lines *bufio.Reader
	acked []string
}

func newWriter(t *testing.T, url string) *writer {
	t.Helper()
	w := &writer{cmd: exec.Command(os.Args[0])}
	w.cmd.Env = append(os.Environ(), "ROOMBRIDGE_TEST_WRITER="+url)
	w.cmd.Stderr = os.Stderr
	out, err := w.cmd.StdoutPipe()
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	w.lines = bufio.NewReader(out)
	return w
}

// read hears n acknowledgements, or all until the writer is gone where n is negative.
func (w *writer) read(t *testing.T, n int) {
	t.Helper()
	for ; n != 0; n-- {
		line, err := w.lines.ReadString('\n')
		if err == io.EOF && n < 0 {
			return
		}
		if err != nil {
			t.Fatalf("the writer ended by itself: %v", err)
		}
		w.acked = append(w.acked, strings.TrimSpace(line))
	}
}

// killed ends the writer at any moment, and gives what it was acknowledged.
func (w *writer) killed(t *testing.T, end func()) []string {
	t.Helper()
	w.read(t, 1+rand.N(40))
	end()
	w.read(t, -1)
	_ = w.cmd.Wait()
	return w.acked
}

// missing lists what was acknowledged and is not there.
func missing(t *testing.T, db *DB, acked []string) []string {
	t.Helper()
	there := make(map[string]bool)
	for _, table := range []string{"rules", "calls"} {
		for _, id := range texts(t, db, table, "id") {
			there[strings.TrimSuffix(table, "s")+" "+id] = true
		}
	}
	var gone []string
	for _, a := range acked {
		if !there[a] {
			gone = append(gone, a)
		}
	}
	return gone
}

func howOften() int {
	if testing.Short() {
		return min(*rounds, 5)
	}
	return *rounds
}

// A gateway that is killed under write load has lost nothing that it acknowledged: 50
// times on each engine (-rounds changes it).
func TestKilledWriter(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel() // they wait for the disk
			url := newURL(t, engine)
			db := mustOpen(t, url)
			tenant(t, db, "a")
			var acked []string
			for round := range howOften() {
				w := newWriter(t, url)
				acked = append(acked, w.killed(t, func() { _ = w.cmd.Process.Kill() })...)
				if gone := missing(t, db, acked); len(gone) > 0 {
					t.Fatalf("round %d: %d of %d acknowledged changes are gone: %v", round, len(gone), len(acked), gone)
				}
			}
			if n := unexplained(t, db); n > 0 {
				t.Errorf("%d rules have no entry in the audit trail", n)
			}
			t.Logf("%d acknowledged changes, all there", len(acked))
		})
	}
}

// unexplained counts rules without a change that made them.
func unexplained(t *testing.T, db *DB) (n int) {
	t.Helper()
	written := make(map[string]bool)
	for _, item := range texts(t, db, "changes", "item") {
		written[item] = true
	}
	for _, id := range texts(t, db, "rules", "id") {
		if !written[id] {
			n++
		}
	}
	return n
}

// texts is a column of a table.
func texts(t *testing.T, db *DB, table, column string) (list []string) {
	t.Helper()
	rows, err := access{db.read, "a"}.rows(t.Context(), table, column, "id <> ''")
	err = each(rows, err, func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		list = append(list, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The same when it is the server that is killed, with all its processes.
func TestKilledServer(t *testing.T) {
	t.Parallel()
	newURL(t, "postgres") // or skip
	srv, err := newServer()
	if err != nil {
		t.Fatal(err)
	}
	defer srv.remove()
	url := srv.database(t)
	tenant(t, mustOpen(t, url), "a")
	var acked []string
	for round := range min(howOften(), 4) {
		w := newWriter(t, url)
		acked = append(acked, w.killed(t, srv.kill)...)
		if err := srv.run(); err != nil {
			t.Fatal(err)
		}
		db := mustOpen(t, url)
		if gone := missing(t, db, acked); len(gone) > 0 {
			t.Fatalf("round %d: %d of %d acknowledged changes are gone: %v", round, len(gone), len(acked), gone)
		}
	}
	t.Logf("%d acknowledged changes, all there", len(acked))
}

// What SQLite's log holds is read again when the database is opened after a kill, with
// nobody else at it.
func TestReopenAfterKill(t *testing.T) {
	t.Parallel()
	url := newURL(t, "sqlite")
	db := mustOpen(t, url)
	tenant(t, db, "a")
	var acked []string
	for range min(howOften(), 10) {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		w := newWriter(t, url)
		acked = append(acked, w.killed(t, func() { _ = w.cmd.Process.Kill() })...)
		var err error
		if db, err = Open(t.Context(), Config{URL: url}); err != nil {
			t.Fatal(err)
		}
		if gone := missing(t, db, acked); len(gone) > 0 {
			t.Fatalf("%d of %d acknowledged changes are gone: %v", len(gone), len(acked), gone)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

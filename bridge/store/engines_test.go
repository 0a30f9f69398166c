package store

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// TestMain is also the process that writes until it is killed.
func TestMain(m *testing.M) {
	if url := os.Getenv("ROOMBRIDGE_TEST_WRITER"); url != "" {
		writeUntilKilled(url)
		return
	}
	code := m.Run()
	shared.stop()
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreTopFunction("os/exec.(*Cmd).watchCtx")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// onEach runs a test on both engines.
func onEach(t *testing.T, test func(t *testing.T, open func() *DB)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := newURL(t, engine)
			test(t, func() *DB { return mustOpen(t, url) })
		})
	}
}

func mustOpen(t testing.TB, url string) *DB {
	t.Helper()
	db, err := Open(t.Context(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// newURL is of an empty database.
func newURL(t testing.TB, engine string) string {
	t.Helper()
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "data", "roombridge.db")
	}
	shared.once.Do(shared.start)
	if shared.missing != "" {
		if os.Getenv("CI") != "" {
			t.Fatal(shared.missing)
		}
		t.Skip(shared.missing)
	}
	return shared.server.database(t)
}

// shared is the server of all tests but those that kill one.
var shared sharedServer

type sharedServer struct {
	once    sync.Once
	server  *server
	missing string
}

func (s *sharedServer) start() {
	var err error
	if s.server, err = newServer(); err != nil {
		s.missing = "no PostgreSQL: " + err.Error()
	}
}

func (s *sharedServer) stop() {
	if s.server != nil {
		s.server.remove()
	}
}

// server is a PostgreSQL of our own: in a temporary folder, at a socket there, without TCP.
type server struct {
	bin, dir string
	cred     *syscall.Credential // PostgreSQL does not run as root
	cmd      *exec.Cmd
	exited   chan struct{}
	log      bytes.Buffer
	n        int
	mu       sync.Mutex
}

func newServer() (*server, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return nil, fmt.Errorf("no initdb below /usr/lib/postgresql (deploy/setup.sh test)")
	}
	dir, err := os.MkdirTemp("/tmp", "rbpg") // a socket's path is short
	if err != nil {
		return nil, err
	}
	s := &server{bin: filepath.Dir(found[len(found)-1]), dir: dir}
	if err := s.unprivileged(); err != nil {
		return nil, err
	}
	out, err := s.command("initdb", "-D", dir+"/data", "-U", "roombridge", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		s.remove()
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return s, s.run()
}

// unprivileged finds somebody to run as, and gives them the folder.
func (s *server) unprivileged() error {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		s.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return os.Chown(s.dir, uid, gid)
	}
	return fmt.Errorf("nobody to run PostgreSQL as")
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred, Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd
}

// run starts the server and waits until it answers.
func (s *server) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	for {
		s.cmd = s.command("postgres", "-D", s.dir+"/data", "-k", s.dir, "-c", "listen_addresses=", "-c", "shared_buffers=16MB", "-c", "max_connections=60")
		s.cmd.Stderr = &s.log
		if err := s.cmd.Start(); err != nil {
			return err
		}
		exited := make(chan struct{})
		go func() { defer close(exited); _ = s.cmd.Wait() }()
		s.exited = exited
		err := s.answers(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// answers waits for the server. It fails when that ended: after a kill another may
// find memory in use for a moment.
func (s *server) answers(ctx context.Context) error {
	for {
		conn, err := pgx.Connect(ctx, s.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("%w: %s", err, s.log.String())
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", err, s.log.String())
		case <-time.After(20 * time.Millisecond): // the server says nowhere else that it is ready
		}
	}
}

func (s *server) url(database string) string {
	return "postgres:///" + database + "?host=" + s.dir + "&user=roombridge&sslmode=disable"
}

// database makes an empty one.
func (s *server) database(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	name := fmt.Sprint("test", s.n)
	conn, err := pgx.Connect(t.Context(), s.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return s.url(name)
}

// kill ends the server and all its processes at once.
func (s *server) kill() {
	pid := s.cmd.Process.Pid
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for f := range strings.FieldsSeq(string(children)) {
		if child, err := strconv.Atoi(f); err == nil {
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
	}
	<-s.exited
}

func (s *server) remove() {
	if s.exited != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		<-s.exited
	}
	_ = os.RemoveAll(s.dir)
}

package confine

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	maxFiles = 64
	maxStack = 2 << 20 // of threads that the C library makes
)

// Restrict bounds the calling thread, which must be locked, and the process.
// It gives the landlock ABI in force, 0 for none, and what could not be had.
// Readable files stay readable, beside those the process has mapped.
func Restrict(l Limits, readable []string) (landlock int, missing []string) {
	note := func(what string, err error) {
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s: %v", what, err))
		}
	}
	note("no_new_privs", unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	note("limits", limit(l))
	if l.Nice != 0 {
		note("nice", unix.Setpriority(unix.PRIO_PROCESS, 0, l.Nice))
	}
	files, err := mapped()
	note("mapped files", err)
	landlock, err = enter(append(files, readable...))
	note("landlock", err)
	return landlock, missing
}

func limit(l Limits) error {
	var all error
	for _, r := range []struct {
		what  int
		value uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_FSIZE, 0},
		{unix.RLIMIT_MSGQUEUE, 0},
		{unix.RLIMIT_NOFILE, maxFiles},
		{unix.RLIMIT_STACK, maxStack},
		{unix.RLIMIT_DATA, uint64(l.Memory)},
	} {
		if r.what == unix.RLIMIT_DATA && l.Memory <= 0 {
			continue
		}
		all = errors.Join(all, lower(r.what, r.value))
	}
	return all
}

// lower sets a limit that is not above the one in force.
func lower(what int, value uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(what, &now); err != nil {
		return err
	}
	value = min(value, now.Max)
	return unix.Setrlimit(what, &unix.Rlimit{Cur: value, Max: value})
}

// mapped gives the files that the process is made of: its binary and its
// shared libraries, which executing it anew must find again.
func mapped() ([]string, error) {
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	files := []string{"/etc/ld.so.cache", "/dev/null"}
	seen := make(map[string]bool)
	s := bufio.NewScanner(io.LimitReader(f, 4<<20))
	for s.Scan() {
		_, path, ok := strings.Cut(s.Text(), "/")
		path = "/" + path
		if !ok || seen[path] {
			continue
		}
		seen[path] = true
		files = append(files, path)
	}
	return files, s.Err()
}

// What landlock knows to forbid, by the ABI that brought it.
const (
	filesABI1 = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
		unix.LANDLOCK_ACCESS_FS_READ_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	filesABI2 = unix.LANDLOCK_ACCESS_FS_REFER
	filesABI3 = unix.LANDLOCK_ACCESS_FS_TRUNCATE
	netABI4   = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	filesABI5 = unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	scopeABI6 = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
)

func rules(abi int) unix.LandlockRulesetAttr {
	a := unix.LandlockRulesetAttr{Handled_access_fs: filesABI1}
	if abi >= 2 {
		a.Handled_access_fs |= filesABI2
	}
	if abi >= 3 {
		a.Handled_access_fs |= filesABI3
	}
	if abi >= 4 {
		a.Handled_access_net = netABI4
	}
	if abi >= 5 {
		a.Handled_access_fs |= filesABI5
	}
	if abi >= 6 {
		a.Scoped = scopeABI6
	}
	return a
}

// attrSize is the part of the attributes used here; a kernel that knows less
// takes it as long as the rest is zero.
const attrSize = 24

// enter puts the calling thread into a landlock domain in which nothing but
// the given files can be opened, and those only to be read and executed.
func enter(files []string) (int, error) {
	abi, _, code := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if code != 0 {
		return 0, code
	}
	attr := rules(int(abi))
	set, _, code := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), attrSize, 0)
	if code != 0 {
		return 0, code
	}
	defer unix.Close(int(set))
	for _, f := range files {
		if err := permit(int(set), f); err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("%s: %w", f, err)
		}
	}
	if _, _, code := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, set, 0, 0); code != 0 {
		return 0, code
	}
	return int(abi), nil
}

func permit(set int, path string) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	rule := unix.LandlockPathBeneathAttr{Allowed_access: unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE, Parent_fd: int32(fd)}
	_, _, code := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(set), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if code != 0 {
		return code
	}
	return nil
}

package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Config is what a Server offers.
type Config struct {
	Algorithms []Algorithm   // in the order of the challenges; none is SHA-256, then MD5
	NoQOP      bool          // challenges ask for no quality of protection, which terminals of RFC 2069 do not know
	Lifetime   time.Duration // of nonces; 0 is five minutes
	Remembered int           // nonces of which is known how often they were used; 0 is 16384
}

// Server makes challenges and knows which answers are fresh. Nonces are not
// kept: they hold their time and prove themselves. Only those that somebody
// with a password used are remembered, by their counts.
type Server struct {
	cfg    Config
	key    []byte
	opaque string
	used   map[nonceID]*window
	floor  time.Time // nonces made until then are forgotten, and so are stale
}

// A nonce is its time, 8 random bytes, and a MAC over both and its scope.
const (
	macSize   = 16
	nonceSize = len(nonceID{}) + macSize
)

type nonceID [16]byte

func (id nonceID) made() time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(id[:8]))) }

// New makes a server with a key of its own, so that nonces end with it.
func New(cfg Config) *Server {
	if len(cfg.Algorithms) == 0 {
		cfg.Algorithms = []Algorithm{SHA256, MD5}
	}
	if cfg.Lifetime == 0 {
		cfg.Lifetime = 5 * time.Minute
	}
	if cfg.Remembered == 0 {
		cfg.Remembered = 16384
	}
	return &Server{cfg: cfg, key: random(32), opaque: hex.EncodeToString(random(8)), used: make(map[nonceID]*window)}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// Challenges are the values of WWW-Authenticate or Proxy-Authenticate, one for
// each algorithm (RFC 8760 2.3). scope says for whom the nonce is good: nobody
// else may answer with it. With old only MD5 is asked for, where that is taken.
func (s *Server) Challenges(now time.Time, realm, scope string, stale, old bool) []string {
	old = old && slices.Contains(s.cfg.Algorithms, MD5)
	nonce := s.nonce(now, realm, scope)
	list := make([]string, 0, len(s.cfg.Algorithms))
	for _, a := range s.cfg.Algorithms {
		if old && a != MD5 {
			continue
		}
		c := `Digest realm="` + quoted(realm) + `", nonce="` + nonce + `", opaque="` + s.opaque + `", algorithm=` + string(a)
		if !s.cfg.NoQOP {
			c += `, qop="auth"`
		}
		if stale {
			c += ", stale=true"
		}
		list = append(list, c)
	}
	return list
}

func quoted(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) }

func (s *Server) nonce(now time.Time, realm, scope string) string {
	var id nonceID
	binary.BigEndian.PutUint64(id[:8], uint64(now.UnixNano()))
	copy(id[8:], random(8))
	return hex.EncodeToString(append(id[:], s.mac(id, realm, scope)...))
}

func (s *Server) mac(id nonceID, realm, scope string) []byte {
	m := hmac.New(sha256.New, s.key)
	_, _ = m.Write(id[:])
	_, _ = m.Write([]byte(realm + "\x00" + scope))
	return m.Sum(nil)[:macSize]
}

// Takes tells whether an answer is of a kind that was asked for.
func (s *Server) Takes(a *Answer) bool {
	return slices.Contains(s.cfg.Algorithms, a.Algorithm) && (a.QOP || s.cfg.NoQOP)
}

// Ours tells whether the nonce of an answer was given to who uses it, and is in
// its time. Whoever cannot hear our answers has none.
func (s *Server) Ours(now time.Time, realm, scope string, a *Answer) bool {
	_, ok := s.open(now, realm, scope, a.Nonce)
	return ok
}

func (s *Server) open(now time.Time, realm, scope, nonce string) (id nonceID, ok bool) {
	raw, err := hex.DecodeString(nonce)
	if err != nil || len(raw) != nonceSize {
		return id, false
	}
	id = nonceID(raw)
	if !hmac.Equal(raw[len(id):], s.mac(id, realm, scope)) {
		return id, false
	}
	made := id.made()
	return id, now.Sub(made) <= s.cfg.Lifetime && !made.After(now) && made.After(s.floor)
}

// Fresh tells whether an answer that proved its password may be used, and notes
// that it was: its nonce is ours and was not used so before. Without a quality of
// protection a nonce is good for one use.
func (s *Server) Fresh(now time.Time, realm, scope string, a *Answer) bool {
	id, ok := s.open(now, realm, scope, a.Nonce)
	if !ok {
		return false
	}
	w := s.used[id]
	if w == nil {
		w = &window{}
		s.remember(now, id, w)
	}
	if !a.QOP {
		fresh := !w.spent && w.top == 0
		w.spent = true
		return fresh
	}
	return !w.spent && w.take(a.Count)
}

// remember makes room where there is none: what is out of its time goes, else
// the oldest quarter, whose nonces are stale from now on.
func (s *Server) remember(now time.Time, id nonceID, w *window) {
	if len(s.used) >= s.cfg.Remembered {
		made := make([]time.Time, 0, len(s.used))
		for id := range s.used {
			made = append(made, id.made())
		}
		slices.SortFunc(made, time.Time.Compare)
		s.floor = made[len(made)/4]
		if old := now.Add(-s.cfg.Lifetime); old.After(s.floor) {
			s.floor = old
		}
		for id := range s.used {
			if !id.made().After(s.floor) {
				delete(s.used, id)
			}
		}
	}
	if id.made().After(s.floor) {
		s.used[id] = w
	}
}

// window knows which of the last 64 counts of a nonce were used.
type window struct {
	top   uint32
	seen  uint64 // bit n is the count top-n
	spent bool   // used without a count
}

func (w *window) take(n uint32) bool {
	switch {
	case n == 0:
		return false
	case n > w.top:
		w.seen = w.seen<<min(n-w.top, 64) | 1
		w.top = n
		return true
	case w.top-n >= 64:
		return false
	}
	bit := uint64(1) << (w.top - n)
	fresh := w.seen&bit == 0
	w.seen |= bit
	return fresh
}

package ras

import (
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
)

// Security says how a password is proved.
type Security string

// Ways to prove a password.
const (
	SecurityNone  Security = "none"
	SecurityMD5   Security = "md5"    // the password token, in requests
	SecurityH2351 Security = "h235.1" // HMAC-SHA1-96 over every message, both ways
	SecurityAuto  Security = "auto"   // what the gatekeeper asks for
)

// signer secures the messages to one peer.
type signer struct {
	how           Security
	user          string // who we are to the MD5 token
	password      string
	local, remote string // identifiers of H.235.1
	random        *int64 // never the same twice in a second
}

// encode gives a message with its tokens.
func (s *signer) encode(now time.Time, m *h225.RasMessage) ([]byte, error) {
	h, ok := headerOf(m)
	if !ok || s == nil {
		return per.Marshal(m)
	}
	switch s.how {
	case SecurityMD5:
		t, err := passwordToken(s.user, s.password, now)
		if err != nil {
			return nil, err
		}
		*h.crypto = append(*h.crypto, t)
	case SecurityH2351:
		p := pattern()
		*s.random++
		*h.crypto = append(*h.crypto, hashToken(s.local, s.remote, *s.random&0x7fffffff, now, p))
		b, err := per.Marshal(m)
		if err != nil {
			return nil, err
		}
		return b, seal(b, s.password, p)
	}
	return per.Marshal(m)
}

// verdict is what the tokens of a message prove.
type verdict uint8

const (
	proofAbsent verdict = iota // there is none that counts
	proofGood
	proofTime   // made at another time than now
	proofReplay // seen before, or another host's
	proofWrong  // made with another password
)

var verdictText = [...]string{"no token", "good", "made at another time; the clocks differ", "sent before, or by another host", "wrong password"}

func (v verdict) String() string { return verdictText[v] }

// skew is how far clocks may be apart. Room terminals often know summer time wrong.
const skew = 2*time.Hour + 10*time.Second

// Tokens of one user that are remembered against replays. One of MD5 may come again, so
// that every second of the time it is good for counts at most once.
const (
	maxSeen  = 64   // of H.235.1
	maxHosts = 4096 // of MD5
)

// proof is what a message proved.
type proof struct {
	verdict  verdict
	how      Security
	user     string // whose password it was
	password string
	sender   string // sendersID of H.235.1
}

// verifier checks tokens. Those of kinds that it does not know are skipped, as Icon
// terminals send some that nobody asked for.
type verifier struct {
	self []string // our identifiers, from which nothing comes
	seen map[string][]stamp
	used map[string]map[uint32]netip.Addr // by user and time: who sent an MD5 token first
}

type stamp struct {
	at     uint32
	random int64
}

// check looks for a proof of one of the users' passwords in a message of a host. names are
// whom it may come from besides those that its tokens name.
func (v *verifier) check(now time.Time, host netip.Addr, raw []byte, m *h225.RasMessage, names []string, password func(user string) (string, bool)) proof {
	h, ok := headerOf(m)
	if !ok {
		return proof{}
	}
	best := proof{}
	if t := hashed(*h.crypto); t != nil {
		best = proof{verdict: proofWrong, how: SecurityH2351}
		if t.HashedVals.SendersID != nil {
			best.sender = *t.HashedVals.SendersID
			if slices.Contains(v.self, best.sender) {
				return best // sent back to us
			}
			names = append([]string{clean(best.sender, maxAlias)}, names...)
		}
		for _, user := range names[:min(len(names), maxAliases)] {
			if p, ok := password(user); ok && provesMessage(raw, t, p) {
				best.user, best.password = user, p
				random := int64(0)
				if t.HashedVals.Random != nil {
					random = *t.HashedVals.Random
				}
				best.verdict = v.timely(now, user, stamp{*t.HashedVals.TimeStamp, random})
				break
			}
		}
		return best
	}
	for i := range *h.crypto {
		t := (*h.crypto)[i].CryptoEPPwdHash
		if t == nil || t.Token.AlgorithmOID != oidMD5 {
			continue
		}
		user := clean(t.Alias.Text(), maxAlias)
		best = proof{verdict: proofWrong, how: SecurityMD5, user: user}
		if p, ok := password(user); ok && provesPassword(t, p) {
			best.verdict, best.password = v.first(now, host, user, t.TimeStamp), p
		}
		break
	}
	return best
}

func near(now time.Time, at uint32) verdict {
	if d := now.Sub(time.Unix(int64(at), 0)); d > skew || d < -skew {
		return proofTime
	}
	return proofGood
}

// first refuses an MD5 token that is old, or that another host has sent. It proves no
// message, so the same host may use it again, in the next message of the same second.
func (v *verifier) first(now time.Time, host netip.Addr, user string, at uint32) verdict {
	if near(now, at) != proofGood {
		return proofTime
	}
	hosts := v.used[key(user)]
	if by, ok := hosts[at]; ok {
		if by != host {
			return proofReplay
		}
		return proofGood
	}
	if len(hosts) >= maxHosts {
		forgetOldest(now, hosts)
	}
	if hosts == nil {
		if v.used == nil {
			v.used = make(map[string]map[uint32]netip.Addr)
		}
		hosts = make(map[uint32]netip.Addr)
		v.used[key(user)] = hosts
	}
	hosts[at] = host
	return proofGood
}

// forgetOldest drops the tokens whose time is over, and the oldest when that frees no room.
func forgetOldest(now time.Time, hosts map[uint32]netip.Addr) {
	oldest, full := uint32(math.MaxUint32), len(hosts)
	for at := range hosts {
		oldest = min(oldest, at)
		if near(now, at) != proofGood {
			delete(hosts, at)
		}
	}
	if len(hosts) == full {
		delete(hosts, oldest)
	}
}

// timely refuses what is old or was seen before.
func (v *verifier) timely(now time.Time, user string, s stamp) verdict {
	if near(now, s.at) != proofGood {
		return proofTime
	}
	list := v.seen[key(user)]
	for _, old := range list {
		if old == s {
			return proofReplay
		}
	}
	if len(list) >= maxSeen {
		list = list[1:]
	}
	if v.seen == nil {
		v.seen = make(map[string][]stamp)
	}
	v.seen[key(user)] = append(list, s)
	return proofGood
}

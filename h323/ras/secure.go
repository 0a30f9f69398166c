package ras

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h235"
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
	// proofSeveral is made with a password that several tenants have for the name, of whom none is likely.
	proofSeveral
	proofLocked // not looked at, after too many wrong ones
)

var verdictText = [...]string{"no token", "good", "made at another time; the clocks differ", "sent before, or by another host", "wrong password",
	"several tenants have a device of this name and password", "locked out after wrong passwords"}

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
	tenant   string // whose password it was
	user     string // and of which of its terminals
	name     string // by which that was found
	password string
	sender   string  // sendersID of H.235.1
	tried    []claim // whose passwords it is not, of proofWrong and proofSeveral
}

// verifier checks tokens. Those of kinds that it does not know are skipped, as Icon
// terminals send some that nobody asked for.
type verifier struct {
	self []string // our identifiers, from which nothing comes
	all  bool     // as many passwords are tried as may be, so that no time tells how many there are
	seen map[string][]stamp
	used map[string]map[uint32]netip.Addr // by tenant, user and time: who sent an MD5 token first
}

type stamp struct {
	at     uint32
	random int64
}

// Credential is a terminal that may register by an alias.
type Credential struct {
	Tenant   string // whose it is; "" is the operator's
	Device   string // its name in the list of devices; "" is the alias
	Password string
	// Likely tells that it is this one where others have the same password: it was last heard from there.
	Likely bool
}

// maxCandidates bounds whose passwords are tried for one message.
const maxCandidates = 16

// claim is a terminal that a message may be of, found by a name.
type claim struct {
	Credential
	name string
}

// check looks for a proof of one of the candidates' passwords in a message of a host. names are whom it may come from
// besides those that its tokens name.
func (v *verifier) check(now time.Time, host netip.Addr, raw []byte, m *h225.RasMessage, names []string, candidates func(name string) []Credential) proof {
	h, ok := headerOf(m)
	if !ok {
		return proof{}
	}
	if t := hashed(*h.crypto); t != nil {
		return v.checkMessage(now, raw, t, names, candidates)
	}
	for i := range *h.crypto {
		t := (*h.crypto)[i].CryptoEPPwdHash
		if t == nil || t.Token.AlgorithmOID != oidMD5 {
			continue
		}
		name := clean(t.Alias.Text(), maxAlias)
		p, user := v.claimed([]string{name}, candidates, func(password string) bool { return provesPassword(t, password) })
		p.how = SecurityMD5
		if p.verdict == proofGood {
			p.verdict = v.first(now, host, user, t.TimeStamp)
		}
		return p
	}
	return proof{}
}

// checkMessage is check of a message that is proved as a whole (H.235.1).
func (v *verifier) checkMessage(now time.Time, raw []byte, t *h235.CryptoTokenCryptoHashedToken, names []string,
	candidates func(name string) []Credential) proof {
	sender := ""
	if t.HashedVals.SendersID != nil {
		sender = *t.HashedVals.SendersID
		if slices.Contains(v.self, sender) {
			return proof{verdict: proofWrong, how: SecurityH2351, sender: sender} // sent back to us
		}
		names = append([]string{clean(sender, maxAlias)}, names...)
	}
	names = names[:min(len(names), maxAliases)]
	p, user := v.claimed(names, candidates, func(password string) bool { return provesMessage(raw, t, password) })
	p.how, p.sender = SecurityH2351, sender
	if p.verdict == proofGood {
		random := int64(0)
		if t.HashedVals.Random != nil {
			random = *t.HashedVals.Random
		}
		p.verdict = v.timely(now, user, stamp{*t.HashedVals.TimeStamp, random})
	}
	return p
}

// claimed finds the terminal whose password is proved. user is as whom its tokens are remembered.
func (v *verifier) claimed(names []string, candidates func(name string) []Credential, proves func(password string) bool) (p proof, user string) {
	var tried, right []claim
	for _, name := range names {
		for _, c := range candidates(name) {
			same := func(o claim) bool { return o.Tenant == c.Tenant && o.Password == c.Password }
			if len(tried) == maxCandidates || slices.ContainsFunc(tried, same) {
				continue
			}
			tried = append(tried, claim{c, name})
			if proves(c.Password) {
				right = append(right, claim{c, name})
			}
		}
	}
	for n := len(tried); v.all && n < maxCandidates; n++ {
		proves("")
	}
	if several(right) {
		if right = slices.DeleteFunc(right, func(c claim) bool { return !c.Likely }); len(right) == 0 || several(right) {
			return proof{verdict: proofSeveral, name: names[0], tried: tried}, ""
		}
	}
	if len(right) == 0 {
		return proof{verdict: proofWrong, tried: tried}, ""
	}
	c := right[0]
	p = proof{verdict: proofGood, tenant: c.Tenant, user: cmp.Or(c.Device, c.name), name: c.name, password: c.Password}
	return p, c.Tenant + "\x00" + key(p.user)
}

// several tells whether claims are of more than one tenant.
func several(list []claim) bool {
	return slices.ContainsFunc(list, func(c claim) bool { return c.Tenant != list[0].Tenant })
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
	hosts := v.used[user]
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
		v.used[user] = hosts
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
	list := v.seen[user]
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
	v.seen[user] = append(list, s)
	return proofGood
}

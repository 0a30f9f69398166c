package ras

import (
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
	proofReplay // seen before
	proofWrong  // made with another password
)

var verdictText = [...]string{"no token", "good", "made at another time; the clocks differ", "sent before", "wrong password"}

func (v verdict) String() string { return verdictText[v] }

// skew is how far clocks may be apart. Room terminals often know summer time wrong.
const skew = 2*time.Hour + 10*time.Second

// maxSeen is how many tokens of one user are remembered against replays.
const maxSeen = 64

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
}

type stamp struct {
	at     uint32
	random int64
}

// check looks for a proof of one of the users' passwords in a message. names are whom
// it may come from besides those that its tokens name.
func (v *verifier) check(now time.Time, raw []byte, m *h225.RasMessage, names []string, password func(user string) (string, bool)) proof {
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
			best.verdict, best.password = near(now, t.TimeStamp), p
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

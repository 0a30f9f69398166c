package ras

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h235"
	"github.com/roombridge/roombridge/h323/per"
)

// Identifiers of H.235: the MD5 token, and what H.235.1 calls A (all fields are hashed), T
// (the token that says when and for whom) and U (HMAC-SHA1-96).
const (
	oidNone per.OID = "0.0"
	oidMD5  per.OID = "1.2.840.113549.2.5"
	oidA    per.OID = "0.0.8.235.0.2.1"
	oidT    per.OID = "0.0.8.235.0.2.5"
	oidU    per.OID = "0.0.8.235.0.2.6"
)

// hashSize is the length of the hash of H.235.1, octets.
const hashSize = 12

var errPattern = errors.New("ras: the place of the hash is not unique")

// unix is a time as H.235 writes it.
func unix(t time.Time) h235.TimeStamp { return h235.TimeStamp(t.Unix()) }

// passwordToken proves the password of a user (H.235.0 8.2.2). Everybody hashes user
// and password with a NUL behind them, as Cisco does.
func passwordToken(user, password string, now time.Time) (h225.CryptoH323Token, error) {
	hash, err := passwordHash(user+"\x00", password+"\x00", unix(now))
	return h225.CryptoH323Token{CryptoEPPwdHash: &h225.CryptoH323TokenCryptoEPPwdHash{
		Alias: AliasOf(user), TimeStamp: unix(now),
		Token: h235.Hashed{AlgorithmOID: oidMD5, Hash: per.BitString{Bytes: hash, Len: 8 * len(hash)}},
	}}, err
}

// passwordHash is MD5 over a ClearToken with the password, which is not sent itself.
func passwordHash(user, password string, at h235.TimeStamp) ([]byte, error) {
	b, err := per.Marshal(&h235.ClearToken{TokenOID: oidNone, TimeStamp: &at, Password: &password, GeneralID: &user})
	sum := md5.Sum(b)
	return sum[:], err
}

// provesPassword tells whether a token was made with the password. The standard has no
// NUL behind the strings.
func provesPassword(t *h225.CryptoH323TokenCryptoEPPwdHash, password string) bool {
	user := t.Alias.Text()
	for _, end := range []string{"\x00", ""} {
		hash, err := passwordHash(user+end, password+end, t.TimeStamp)
		if err == nil && subtle.ConstantTimeCompare(hash, t.Token.Hash.Bytes) == 1 {
			return true
		}
	}
	return false
}

// hashToken is the token of H.235.1, with a pattern where the hash belongs.
func hashToken(local, remote string, random int64, now time.Time, pattern []byte) h225.CryptoH323Token {
	at := unix(now)
	t := h235.ClearToken{TokenOID: oidT, TimeStamp: &at, Random: &random}
	if local != "" {
		t.SendersID = &local
	}
	if remote != "" {
		t.GeneralID = &remote
	}
	return h225.CryptoH323Token{NestedcryptoToken: &h235.CryptoToken{CryptoHashedToken: &h235.CryptoTokenCryptoHashedToken{
		TokenOID: oidA, HashedVals: t,
		Token: h235.Hashed{AlgorithmOID: oidU, Hash: per.BitString{Bytes: pattern, Len: 8 * hashSize}},
	}}}
}

// seal puts the hash in the place of the pattern (H.235.1 7.2).
func seal(b []byte, password string, pattern []byte) error {
	if bytes.Count(b, pattern) != 1 {
		return errPattern
	}
	place := b[bytes.Index(b, pattern):][:hashSize]
	clear(place)
	copy(place, messageHash(b, password))
	return nil
}

// messageHash is HMAC-SHA1-96 with the hash of the password as key.
func messageHash(b []byte, password string) []byte {
	k := sha1.Sum([]byte(password))
	mac := hmac.New(sha1.New, k[:])
	mac.Write(b)
	return mac.Sum(nil)[:hashSize]
}

// hashed gives the token of H.235.1 in a message, of any version of its identifiers.
func hashed(list []h225.CryptoH323Token) *h235.CryptoTokenCryptoHashedToken {
	for i := range list {
		n := list[i].NestedcryptoToken
		if n == nil || n.CryptoHashedToken == nil {
			continue
		}
		t := n.CryptoHashedToken
		if sameOID(t.TokenOID, oidA) && sameOID(t.HashedVals.TokenOID, oidT) && sameOID(t.Token.AlgorithmOID, oidU) &&
			t.Token.Hash.Len == 8*hashSize && t.HashedVals.TimeStamp != nil {
			return t
		}
	}
	return nil
}

// sameOID compares identifiers of H.235, in which the sixth arc is the version.
func sameOID(a, b per.OID) bool {
	const version = len("0.0.8.235.0.")
	return len(a) == len(b) && a[:version] == b[:version] && a[version+1:] == b[version+1:]
}

// provesMessage tells whether the message's hash was made with the password. Its octets
// may occur elsewhere in the message too, so each place is tried.
func provesMessage(raw []byte, t *h235.CryptoTokenCryptoHashedToken, password string) bool {
	hash := t.Token.Hash.Bytes
	b := bytes.Clone(raw)
	for at, tries := 0, 0; tries < 4; tries++ {
		i := bytes.Index(b[at:], hash)
		if i < 0 {
			return false
		}
		at += i
		clear(b[at : at+hashSize])
		if hmac.Equal(messageHash(b, password), hash) {
			return true
		}
		copy(b[at:], hash)
		at++
	}
	return false
}

// pattern is what no message holds by chance.
func pattern() []byte {
	b := make([]byte, hashSize)
	_, _ = rand.Read(b) // never fails
	return b
}

package number

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
)

// Mask is what is shown of a PIN. In an import it means the PIN that the rule has.
const Mask = "****"

// Bounds of PINs, digits.
const (
	MinPIN = 4
	MaxPIN = maxTyped
)

// Errors of PINs.
var (
	errPIN    = errors.New("a PIN has 4 to 16 digits")
	errKept   = errors.New("a masked PIN keeps the one that the rule had, and it had none")
	errSealed = errors.New("not a sealed PIN")
)

// Key seals PINs. It is kept apart from what is sealed.
//
// A PIN has so few digits that no password hash protects it: ten thousand guesses are
// made in minutes however slow one is, and a slow one would let callers who guess keep
// our processors busy. So a PIN is kept as a message authentication code (HMAC-SHA-256 with
// a salt of its own): without the key nothing can be tried, with it a try costs a
// microsecond. Guessing at the door is stopped by locking out.
type Key [32]byte

// PIN opens a room. What was typed is not kept, and it prints as ****.
type PIN struct {
	sealed string // version, salt, code
	typed  string // until Settle seals it
	keep   bool   // until Settle finds the one that the rule had
}

const (
	sealVersion = "h1"
	saltSize    = 8
	codeSize    = 16
)

// Seal makes a PIN of what was typed.
func (k Key) Seal(typed string) (PIN, error) {
	if len(typed) < MinPIN || len(typed) > MaxPIN || !isDigits(typed) {
		return PIN{}, errPIN
	}
	var salt [saltSize]byte
	_, _ = rand.Read(salt[:]) // never fails
	return PIN{sealed: sealVersion + "." + hex.EncodeToString(salt[:]) + "." + hex.EncodeToString(k.code(salt[:], typed))}, nil
}

// Opens tells whether what was typed is the PIN, in a time that tells nothing of it.
func (k Key) Opens(p PIN, typed string) bool {
	salt, code, ok := p.parts()
	return ok && len(typed) <= MaxPIN && subtle.ConstantTimeCompare(k.code(salt, typed), code) == 1
}

func (k Key) code(salt []byte, typed string) []byte {
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte("roombridge pin\x00"))
	mac.Write(salt)
	mac.Write([]byte(typed))
	return mac.Sum(nil)[:codeSize]
}

func (p PIN) parts() (salt, code []byte, ok bool) {
	f := strings.Split(p.sealed, ".")
	if len(f) != 3 || f[0] != sealVersion {
		return nil, nil, false
	}
	salt, err1 := hex.DecodeString(f[1])
	code, err2 := hex.DecodeString(f[2])
	return salt, code, err1 == nil && err2 == nil && len(salt) == saltSize && len(code) == codeSize
}

// SealedPIN reads what Sealed gave; empty is no PIN.
func SealedPIN(s string) (PIN, error) {
	p := PIN{sealed: s}
	if _, _, ok := p.parts(); s != "" && !ok {
		return PIN{}, errSealed
	}
	return p, nil
}

// TypedPIN is a PIN that is yet to be settled: digits, Mask to keep what there is, or
// empty for none.
func TypedPIN(s string) (PIN, error) {
	switch {
	case s == "":
		return PIN{}, nil
	case s == Mask:
		return PIN{keep: true}, nil
	case len(s) < MinPIN || len(s) > MaxPIN || !isDigits(s):
		return PIN{}, errPIN
	}
	return PIN{typed: s}, nil
}

// Sealed is the form to keep.
func (p PIN) Sealed() string { return p.sealed }

// Set tells whether there is a PIN.
func (p PIN) Set() bool { return p != PIN{} }

// String implements fmt.Stringer.
func (p PIN) String() string {
	if p.Set() {
		return Mask
	}
	return ""
}

// GoString keeps %#v from showing what is inside.
func (p PIN) GoString() string { return `number.PIN("` + p.String() + `")` }

// LogValue implements slog.LogValuer.
func (p PIN) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalText gives the mask.
func (p PIN) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is TypedPIN.
func (p *PIN) UnmarshalText(b []byte) (err error) {
	*p, err = TypedPIN(string(b))
	return err
}

// Settle is the PIN to keep in place of an older one, which stays as it is where it
// is the same.
func (p PIN) Settle(old PIN, k Key) (PIN, error) {
	switch {
	case p.keep && !old.Set():
		return PIN{}, errKept
	case p.keep:
		return old, nil
	case p.typed == "":
		return p, nil
	case k.Opens(old, p.typed):
		return old, nil
	}
	return k.Seal(p.typed)
}

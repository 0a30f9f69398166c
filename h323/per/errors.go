package per

import (
	"errors"
	"fmt"
)

// What can be wrong with an encoding or a value.
var (
	ErrTruncated   = errors.New("ends early")
	ErrRange       = errors.New("value out of range")
	ErrSize        = errors.New("length out of range")
	ErrAlphabet    = errors.New("character outside the permitted alphabet")
	ErrOID         = errors.New("malformed object identifier")
	ErrDepth       = errors.New("nested too deeply")
	ErrBudget      = errors.New("needs too much memory for its size")
	ErrFragment    = errors.New("malformed fragment")
	ErrNoChoice    = errors.New("no alternative chosen")
	ErrEnumerated  = errors.New("unknown enumeration value")
	ErrAddition    = errors.New("extension additions out of order")
	ErrUnsupported = errors.New("not representable")
)

// Error tells what is wrong and where.
type Error struct {
	Bit int // position in the encoding, in bits from its start
	Err error
}

func (e *Error) Error() string { return fmt.Sprintf("per: bit %d: %v", e.Bit, e.Err) }

// Unwrap gives the kind of error.
func (e *Error) Unwrap() error { return e.Err }

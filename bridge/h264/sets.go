package h264

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
)

// Bounds of a ParameterSets: real streams have one or two of each.
const (
	maxSPS     = 8
	maxPPS     = 32
	maxSetSize = 1024
)

// ParameterSets remembers the parameter sets of one stream by their ids. The
// zero value is ready.
type ParameterSets struct {
	sps []storedSPS
	pps []storedPPS
}

type storedSPS struct {
	id     uint8
	nal    []byte
	sps    SPS
	parsed bool
}

type storedPPS struct {
	id, sps uint8
	nal     []byte
}

// Add keeps an SPS or PPS NAL unit, replacing the one with its id, and tells
// whether it is new or differs. It copies the unit. Units that are too large,
// too many or unreadable are an error. A set that is known costs nothing.
func (s *ParameterSets) Add(nal []byte) (changed bool, err error) {
	if len(nal) > maxSetSize {
		return false, fmt.Errorf("%w: parameter set of %d bytes", ErrSyntax, len(nal))
	}
	switch Type(nal) {
	case TypeSPS:
		return s.addSPS(nal)
	case TypePPS:
		return s.addPPS(nal)
	}
	return false, ErrSyntax
}

func (s *ParameterSets) addSPS(nal []byte) (bool, error) {
	if len(nal) < 4 {
		return false, ErrSyntax
	}
	r := newBitReader(nal[4:])
	id := uint8(r.ueMax(31))
	if r.over {
		return false, ErrSyntax
	}
	at := s.findSPS(id)
	if at == nil {
		if len(s.sps) == maxSPS {
			return false, fmt.Errorf("%w: too many SPS", ErrSyntax)
		}
		s.sps = append(s.sps, storedSPS{id: id})
		at = &s.sps[len(s.sps)-1]
	} else if bytes.Equal(at.nal, nal) {
		return false, nil
	}
	// A set of a profile that we cannot read is kept for those who can.
	sps, err := ParseSPS(nal)
	at.sps, at.parsed = sps, err == nil
	at.nal = append(at.nal[:0], nal...)
	return true, nil
}

func (s *ParameterSets) addPPS(nal []byte) (bool, error) {
	r := newBitReader(nal[1:])
	id, sps := uint8(r.ueMax(255)), uint8(r.ueMax(31))
	if r.over {
		return false, ErrSyntax
	}
	at := s.findPPS(id)
	if at == nil {
		if len(s.pps) == maxPPS {
			return false, fmt.Errorf("%w: too many PPS", ErrSyntax)
		}
		s.pps = append(s.pps, storedPPS{id: id})
		at = &s.pps[len(s.pps)-1]
	} else if bytes.Equal(at.nal, nal) {
		return false, nil
	}
	at.sps = sps
	at.nal = append(at.nal[:0], nal...)
	return true, nil
}

// AddSprop keeps the sets of an sprop-parameter-sets value (RFC 6184 8.1):
// NAL units in base64 with commas between. It keeps those it can and gives
// the first error.
func (s *ParameterSets) AddSprop(value string) error {
	var first error
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	for i, part := range strings.SplitN(value, ",", maxSPS+maxPPS+1) {
		if i == maxSPS+maxPPS {
			note(fmt.Errorf("%w: too many parameter sets", ErrSyntax))
			break
		}
		part = strings.TrimRight(strings.TrimSpace(part), "=")
		if part == "" {
			continue // a trailing comma
		}
		nal, err := base64.RawStdEncoding.DecodeString(part)
		if err == nil {
			_, err = s.Add(nal)
		}
		if err != nil {
			note(fmt.Errorf("sprop-parameter-sets: %w", err))
		}
	}
	return first
}

// SPS gives the readable sequence parameter set of an id.
func (s *ParameterSets) SPS(id uint8) (SPS, bool) {
	if at := s.findSPS(id); at != nil && at.parsed {
		return at.sps, true
	}
	return SPS{}, false
}

// forPPS gives the sequence parameter set that a picture
// parameter set belongs to, nil when one of the two is not known.
func (s *ParameterSets) forPPS(id uint8) *storedSPS {
	pps := s.findPPS(id)
	if pps == nil {
		return nil
	}
	return s.findSPS(pps.sps)
}

// For gives the NAL units of the parameter sets that slices with a picture
// parameter set's id need, nil when one of the two is not known.
func (s *ParameterSets) For(pps uint8) (sps, picture []byte) {
	seq := s.forPPS(pps)
	if seq == nil {
		return nil, nil
	}
	return seq.nal, s.findPPS(pps).nal
}

// Empty tells whether nothing is known.
func (s *ParameterSets) Empty() bool { return len(s.sps) == 0 && len(s.pps) == 0 }

// Reset forgets everything.
func (s *ParameterSets) Reset() { s.sps, s.pps = s.sps[:0:0], s.pps[:0:0] }

func (s *ParameterSets) findSPS(id uint8) *storedSPS {
	for i := range s.sps {
		if s.sps[i].id == id {
			return &s.sps[i]
		}
	}
	return nil
}

func (s *ParameterSets) findPPS(id uint8) *storedPPS {
	for i := range s.pps {
		if s.pps[i].id == id {
			return &s.pps[i]
		}
	}
	return nil
}

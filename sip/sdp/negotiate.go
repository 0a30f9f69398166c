package sdp

import "github.com/roombridge/roombridge/bridge/media"

// Answer answers an offer of the far end.
func (s *State) Answer(offer *Description) ([]byte, media.Session, error) {
	return nil, media.Session{}, &Mismatch{Code: WarnMisc, Text: "nothing to negotiate"}
}

// Offer gives our full current offer; while one is pending, that one again.
func (s *State) Offer() ([]byte, error) { return nil, ErrOfferPending }

// ApplyAnswer completes our pending offer.
func (s *State) ApplyAnswer(answer *Description) (media.Session, error) {
	return media.Session{}, ErrNoOfferPending
}

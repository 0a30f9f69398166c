package control

import (
	"time"

	"github.com/roombridge/roombridge/h323/h245"
)

// FastOffer gives the channels that a Setup of ours proposes (H.323 8.1.7.1), in
// order of preference.
func (s *Session) FastOffer() []*h245.OpenLogicalChannel { return nil }

// FastAnswered takes the channels that the far end chose of FastOffer's. An empty
// list is a refusal. With an error nothing has changed, and H.245 has to open channels.
func (s *Session) FastAnswered(now time.Time, list []*h245.OpenLogicalChannel) error { return nil }

// FastAnswer chooses among the channels that a Setup of theirs proposes, and gives
// what the answer carries. Nil refuses fast connect: H.245 has to open channels.
func (s *Session) FastAnswer(now time.Time, offer []*h245.OpenLogicalChannel) []*h245.OpenLogicalChannel {
	return nil
}

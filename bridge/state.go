package bridge

// State is where a call stands. It only moves forward.
type State uint8

// States of a call.
const (
	StateRouting   State = iota // created, not yet answered or ringing
	StateRinging                // the called side is being alerted
	StateConnected              // answered; the terminal has its seat
	StateEnded
)

func (s State) String() string {
	switch s {
	case StateRouting:
		return "routing"
	case StateRinging:
		return "ringing"
	case StateConnected:
		return "connected"
	}
	return "ended"
}

// advance gives the state after a step, and whether the step is legal: a call
// never goes back, and nothing follows the end.
func (s State) advance(to State) (State, bool) {
	if s == StateEnded || to <= s {
		return s, false
	}
	return to, true
}

// Direction of a call, seen from the gateway.
type CallDirection uint8

// Calls come in from a terminal or go out to one.
const (
	Inbound CallDirection = iota
	Outbound
)

func (d CallDirection) String() string {
	if d == Outbound {
		return "out"
	}
	return "in"
}

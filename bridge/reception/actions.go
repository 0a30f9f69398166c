package reception

import (
	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

// Actions of a Machine.
type (
	// Action is something that the driver does.
	Action interface{ action() }
	// Show is a screen.
	Show struct{ bridge.Notice }
	// Say says a sound, if there is one, and speaks prompts one after the other, in place of what is being
	// said; neither is silence.
	Say struct {
		Sound   []int16
		Lang    string
		Prompts []voices.Prompt
	}
	// Speak makes words a sound; Machine.Spoken takes it, in a moment at most.
	Speak struct{ Words []speech.Words }
	// Find routes a number; Machine.Found takes the answer.
	Find struct{ Number string }
	// Enter tries a PIN; Machine.Entered takes the answer.
	Enter struct {
		Route bridge.Route
		PIN   string
	}
	// Knock asks for a place; Machine.Decided takes the answer.
	Knock struct{ Route bridge.Route }
	// Call calls the route's far end; Machine.Called takes the answer.
	Call struct{ Route bridge.Route }
	// Withdraw takes the question back.
	Withdraw struct{}
	// Reach tells where the person is.
	Reach struct {
		Stage bridge.Stage
		Route bridge.Route
	}
	// Admit ends it: the call goes into the room.
	Admit struct{ Route bridge.Route }
	// Refuse ends it: the call is over.
	Refuse struct{ *bridge.Refusal }
)

func (Show) action()     {}
func (Say) action()      {}
func (Speak) action()    {}
func (Find) action()     {}
func (Enter) action()    {}
func (Knock) action()    {}
func (Call) action()     {}
func (Withdraw) action() {}
func (Reach) action()    {}
func (Admit) action()    {}
func (Refuse) action()   {}

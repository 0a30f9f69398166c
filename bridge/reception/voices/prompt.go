package voices

// Prompt is one of the sounds that people hear in reception.
type Prompt uint8

// Prompts, in the order in which they may come.
const (
	Welcome Prompt = iota
	Number
	UnknownNumber
	PIN
	ShortPIN
	WrongPIN
	LockedOut
	Turn // a PIN is looked at when it is its turn
	Lobby
	Locked
	Full
	Calling
	Goodbye
	prompts
)

// names are those of files, without ".wav".
var names = [prompts]string{
	Welcome: "welcome", Number: "number", UnknownNumber: "unknown-number", PIN: "pin", ShortPIN: "short-pin", WrongPIN: "wrong-pin",
	LockedOut: "locked-out", Turn: "turn", Lobby: "lobby", Locked: "locked", Full: "full", Calling: "calling", Goodbye: "goodbye",
}

func (p Prompt) String() string { return names[p] }

// Prompts are all of them.
func Prompts() []Prompt {
	list := make([]Prompt, prompts)
	for i := range list {
		list[i] = Prompt(i)
	}
	return list
}

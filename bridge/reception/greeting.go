package reception

import (
	"fmt"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

// greet has the greeting spoken, and prompts behind it. Machine.Spoken goes on.
func (m *Machine) greet(now time.Time, prompts ...voices.Prompt) {
	m.spoke, m.awaits, m.then = now, true, prompts
	m.do(Speak{m.greeting()})
}

// greeting is what is said to somebody who is welcomed: the rule's greeting in its own language, and where
// they are going.
func (m *Machine) greeting() []speech.Words {
	r := &m.route
	list := []speech.Words{{Tenant: r.Tenant, Recording: r.GreetingSound, Lang: m.own, Text: r.Greeting}}
	if room, _ := bridge.TenantOf(r.Room); room != "" && r.Dial == nil {
		list = append(list, speech.Words{Tenant: r.Tenant, Lang: m.lang, Text: fmt.Sprintf(m.words().entering, room)})
	}
	return list
}

// Spoken takes the sound of the greeting; where there is none a prompt welcomes. What was typed
// meanwhile goes before it.
func (m *Machine) Spoken(now time.Time, sound []int16) []Action {
	switch {
	case !m.awaits:
		return nil
	case len(sound) == 0:
		m.speak(now, append([]voices.Prompt{voices.Welcome}, m.then...)...)
	default:
		m.awaits = false
		m.spoke = now.Add(lasting(sound))
		m.do(Say{Sound: sound, Lang: m.lang, Prompts: m.then})
		if m.state == welcomes {
			m.due = later(m.due, m.spoke.Add(afterwards))
		}
	}
	return m.taken()
}

// lasting is how long a sound is.
func lasting(sound []int16) time.Duration { return time.Duration(len(sound)) * time.Second / rate }

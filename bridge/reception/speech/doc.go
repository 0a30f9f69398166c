// Package speech makes the sounds that no prompt is: greetings and names of rooms. A greeting is a recording of
// the tenant's, or its text is spoken by espeak-ng, a program that gets the text and nothing else. Sounds are made
// ahead where it is known that they will be needed, kept, and never waited for longer than who asks wants to
// ([docs/reception.md]).
package speech

// Package room is the embedded WebRTC room: it seats browsers and terminals
// together and implements bridge.Engine with pion/webrtc, which no other
// package imports.
//
// # Words
//
// A participant is a browser (visitor) or a terminal (seat). What its camera
// or screen sends is a picture of one or more layers, each a relay.Track. A
// viewer is one place where a picture is shown: a slot of a browser or the
// view of a terminal; it is a relay.Splice in front of a relay.Out. The floor
// says who speaks. The mixer is the room's sound, made by its media worker.
//
// # Who waits for whom
//
// A room's state is behind one mutex that is held for moments only. Media
// never takes it: callbacks from flows, workers and RTCP write atomics and
// wake the room's goroutine, which decides ten times a second and whenever it
// is woken. Negotiation runs on the goroutine that brings the page's message,
// under the visitor's own lock.
package room

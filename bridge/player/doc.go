// Package player is an engine whose room is a room terminal: it plays a
// picture and sound to whoever is on the other side of a call, and watches,
// hears, records and measures what comes back. `roombridge dial` is made of
// it, and tests of the gateway use it as the far end.
//
// What goes out and what comes in are leaves that take time as an argument:
//
//	camera, speaker   paced by one goroutine for each seat
//	eye, ear          sinks on the goroutine of the stream's flow
package player

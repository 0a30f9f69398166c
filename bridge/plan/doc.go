// Package plan decides how each view of a meeting is served: whether packets
// are relayed, transcoded or composed by the meeting's media worker, what stands
// where, how it is encoded, who shares an encoder, and why, in words for people.
//
// Everything here is a value that is given the time (nanoseconds of any clock).
// Nothing does input or output.
package plan

// Package inspect takes a message of H.323 apart for people: what a capture shows of
// H.225.0 call signalling, H.245 or RAS becomes a value that prints as JSON, with the
// messages inside, and can be encoded again. `roombridge decode` is its command.
package inspect

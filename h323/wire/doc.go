// Package wire is what lies below the messages of H.323 on a TCP connection: TPKT
// (RFC 1006), which cuts the stream into packets, and the messages of Q.931 as
// H.225.0 7 uses them, with their information elements.
//
// Reading is tolerant where terminals are known to err, and keeps what it does not
// know; writing keeps to the letter.
package wire

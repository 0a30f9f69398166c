// Package ras is registration, admission and status of H.225.0: the protocol between
// endpoints and gatekeepers, over UDP.
//
//   - [Client] registers the gateway with an existing gatekeeper and asks it for calls.
//   - [Gatekeeper] is a small gatekeeper of our own: terminals register with it, and can
//     then call and be called by alias. It is direct: call signalling passes it by.
//   - [Service] holds one or both, with their sockets.
//
// Client and Gatekeeper are pure: datagrams and the time go in, datagrams come out. They
// share requests, which are repeated until answered, and replies, which are kept so that a
// repeated request is answered the same.
//
// Passwords are proved by the MD5 token (H.235.0 8.2) or, over whole messages and both
// ways, by HMAC-SHA1-96 (H.235.1).
package ras

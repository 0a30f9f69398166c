// Package registrar is the registrar of SIP (RFC 3261 10.3) with digest
// authentication: who is registered, where, and by which way it is called.
//
// It is pure: what a request says and the time go in, the answer and what
// happened come out. Package sip reads and writes the messages, package digest
// makes challenges.
//
// Guessing passwords is slowed down by lockout.Users, which knows sources and users
// but keeps no more of them than fit its table.
package registrar

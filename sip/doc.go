// Package sip is the SIP front-end: it answers and places calls of room
// terminals over UDP, TCP and TLS and brings each to the core as a leg.
//
// From bottom to top:
//
//	socket   udp.go, stream.go, frame.go   bytes in and out, bounded, idle peers closed
//	message  parse.go, respond.go          tolerant reader, answers built from requests
//	tx       clienttx.go, servertx.go      RFC 3261 17 state machines of sipgo over our sockets
//	router   router.go, refuse.go          out-of-dialog rules, finds the leg of a message
//	leg      leg.go, uas.go, uac.go, …     one goroutine per dialog, fed in the order of arrival
//
// The parts that decide (dialog, session timer, glare, digits, numbers,
// causes) are plain values without goroutines; time is an argument.
//
// Of sipgo the message types, the parser and the transaction state machines
// are used. Its transport layer is not: it keeps an entry for each source
// address it ever heard, starts a goroutine for each message (so ACK and BYE
// can overtake each other), answers no keep-alive over UDP and cannot bound
// connections; its dialogs know neither PRACK nor session timers.
package sip

// Package h323 is the H.323 front-end: it answers and places calls of room terminals
// over TCP and brings each to the core as a leg. From bottom to top:
//
//	connection  conn.go, listen.go                   TPKTs in and out, bounded, slow far ends given up
//	message     message.go, send.go                  Q.931 with H.225.0 in it
//	leg         leg.go, incoming.go, outgoing.go, …  one goroutine a call, fed in the order of arrival
//	H.245       transport.go, separate.go            its ways: tunnelled, a connection of its own
//
// What H.245 says is decided in h323/control, and what a message says of numbers,
// names and causes by plain functions (dialled.go, caller.go, causes.go). Below lie
//
//   - [github.com/roombridge/roombridge/h323/wire]: TPKT and Q.931, what a TCP connection carries
//   - h323/per: aligned PER, the encoding of the messages within
//   - h323/h225, h323/h245, h323/h235, h323/h460: the messages as Go types
//   - h323/ras: registration and admission, with gatekeepers and as one
//   - h323/asn1gen: the tool that writes those types from the ASN.1 modules of the ITU-T
//
// per.Unmarshal and per.Marshal read and write a message. Optional components are
// pointers, or slices that are nil, or a true bool for NULL; all extension additions
// are optional, because older versions leave them out. Of a CHOICE one field is set.
// Every message prints as JSON.
//
// The modules are not in the project. Where they are needed, the environment variable
// ITU_ASN1 names their folder:
//
//	ITU_ASN1=/path/to/itu-asn1 go generate ./h323/...
//
// Tests look for them, and for recorded messages, in ../shared beside the project
// unless ITU_ASN1 and H323_CORPUS say where they are.
package h323

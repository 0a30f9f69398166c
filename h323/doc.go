// Package h323 is where H.323 terminals meet the gateway. Its parts, from the wire up:
//
//   - [github.com/roombridge/roombridge/h323/wire]: TPKT and Q.931, what a TCP connection carries
//   - h323/per: aligned PER, the encoding of the messages within
//   - h323/h225, h323/h245, h323/h235, h323/h460: the messages as Go types
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

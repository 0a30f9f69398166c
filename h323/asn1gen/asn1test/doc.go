// Package asn1test compares generated types with an independent implementation: it
// makes random values of them as their ASN.1 module allows, and has Erlang's asn1
// application decode and encode the same messages.
package asn1test

// Package example holds types that asn1gen wrote from a module made for tests of it
// and of the encoding rules. Nothing else uses it.
package example

//go:generate go run .. -asn . -module EXAMPLE -plan asn1gen.txt

// Package asn1 reads ASN.1 modules (X.680) as far as those of H.323 go: SEQUENCE,
// CHOICE, ENUMERATED, SEQUENCE OF and SET OF, strings and numbers with their
// constraints, extension markers and addition groups, imports, parameterised types
// whose parameters are open types, and TYPE-IDENTIFIER.&Type. Anything else is an
// error that names the line.
package asn1

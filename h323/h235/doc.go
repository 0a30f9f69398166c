// Package h235 holds the types of H.235.0, tokens and keys of secured signalling.
//
// ENCRYPTED, SIGNED and HASHED carry what they are about, if at all, as octets: a
// signature is made over those and not over what they mean.
package h235

//go:generate go run ../asn1gen -asn $ITU_ASN1 -module H235-SECURITY-MESSAGES -plan asn1gen.txt

// Package h245 holds the messages of H.245 version 15, the control channel of a call.
// [MultimediaSystemControlMessage] is what one encoding holds.
package h245

//go:generate go run ../asn1gen -asn $ITU_ASN1 -module MULTIMEDIA-SYSTEM-CONTROL -plan asn1gen.txt

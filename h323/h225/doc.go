// Package h225 holds the messages of H.225.0 version 7: [H323UserInformation], which
// a Q.931 message carries in its user-user information element, and [RasMessage].
package h225

//go:generate go run ../asn1gen -asn $ITU_ASN1 -module H323-MESSAGES -plan asn1gen.txt -import H235-SECURITY-MESSAGES=github.com/roombridge/roombridge/h323/h235 -import MULTIMEDIA-SYSTEM-CONTROL=github.com/roombridge/roombridge/h323/h245

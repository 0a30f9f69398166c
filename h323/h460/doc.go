// Package h460 holds the parameters by which H.460.18 and H.460.19 lead signalling and
// media through address translators. They travel encoded in generic data.
package h460

//go:generate go run ../asn1gen -asn $ITU_ASN1 -module MEDIA-TRAVERSAL -plan media.asn1gen.txt -import H323-MESSAGES=github.com/roombridge/roombridge/h323/h225 -import MULTIMEDIA-SYSTEM-CONTROL=github.com/roombridge/roombridge/h323/h245
//go:generate go run ../asn1gen -asn $ITU_ASN1 -module SIGNALLING-TRAVERSAL -plan signalling.asn1gen.txt -import H323-MESSAGES=github.com/roombridge/roombridge/h323/h225

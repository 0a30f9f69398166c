// Package per is the aligned variant of the packed encoding rules of ASN.1
// (X.691, basic ALIGNED PER) as H.225.0, H.245 and H.235 need it.
//
// Types know how to read and write themselves by calling a [Decoder] or an
// [Encoder]; the tool in h323/asn1gen writes those methods. Both keep the
// first error and do nothing afterwards, so that code of a type is a plain
// list of its parts.
//
// A decoder trusts nothing: it never reads beyond its input, nests to a fixed
// depth, and its allocations are bounded by a multiple of the input's size.
// What a newer version of a message adds is kept as [Addition] values and
// written back in its place.
package per

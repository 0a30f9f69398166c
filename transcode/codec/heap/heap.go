// Package heap tells the C library how to keep memory for codecs, where it is glibc.
package heap

//go:build cgo && linux

package heap

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
static int tell(int arenas, int mapped, int kept) {
	return mallopt(M_ARENA_MAX, arenas) && mallopt(M_MMAP_THRESHOLD, mapped) && mallopt(M_TRIM_THRESHOLD, kept);
}
#else
static int tell(int arenas, int mapped, int kept) { return 0; }
#endif
*/
import "C"

// What is larger than a small picture is given back to the system when it is freed, and so
// is what more than keep bytes are free at the end of the heap.
const (
	arenas = 2
	mapped = 512 << 10
	keep   = 1 << 20
)

// Tidy has pictures given back to the system when they are freed, and no heap for each
// thread: as people come and go, those would keep what lies between what is used
// still. It is called before threads begin that use codecs, and tells whether
// the library takes it.
func Tidy() bool { return C.tell(arenas, mapped, keep) == 1 }

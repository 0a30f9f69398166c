//go:build !purego

#include "textflag.h"

// The 80 words of a block go to memory, and the rounds read them from there. So
// a lane needs three registers only, and four lanes fit beside the four
// registers that make words. The words of the next block are made between the
// rounds of this one, because the processor does not look far enough ahead to
// find them by itself.
//
// There are two memories, at BX for the rounds and at R10 for the next words,
// aligned for SHA1NEXTE. Of each a lane has 320 bytes of words, then a, b, c, d
// and then e from before the block.
#define LANE 352
#define ABCD 320
#define E    336

// The order of words and of the bytes in them, both reversed.
DATA reverse<>+0(SB)/8, $0x08090a0b0c0d0e0f
DATA reverse<>+8(SB)/8, $0x0001020304050607
GLOBL reverse<>(SB), RODATA|NOPTR, $16

#define LOAD(p, i, w, lane) \
	VMOVDQU (16*i)(p), w;        \
	VPSHUFB reverse<>(SB), w, w; \
	VMOVDQA w, (lane+16*i)(R10)

// LOADS begins with the words of the message itself.
#define LOADS(p, lane) \
	LOAD(p, 0, X12, lane); \
	LOAD(p, 1, X13, lane); \
	LOAD(p, 2, X14, lane); \
	LOAD(p, 3, X15, lane)

// WORD makes four words from those 16, 12, 8 and 4 before.
#define WORD(i, w16, w12, w8, w4, lane) \
	SHA1MSG1 w12, w16;     \
	VPXOR    w8, w16, w16; \
	SHA1MSG2 w4, w16;      \
	VMOVDQA  w16, (lane+16*(i))(R10)

#define WORDS(i, lane) \
	WORD(i+0, X12, X13, X14, X15, lane); \
	WORD(i+1, X13, X14, X15, X12, lane); \
	WORD(i+2, X14, X15, X12, X13, lane); \
	WORD(i+3, X15, X12, X13, X14, lane)

#define SCHEDULE(p, lane) \
	LOADS(p, lane);    \
	WORDS(4, lane);    \
	WORDS(8, lane);    \
	WORDS(12, lane);   \
	WORDS(16, lane)

// FIRST is rounds 0 to 3. The state before them is kept for LAST.
#define FIRST(abcd, e0, e1, lane) \
	VMOVDQA   abcd, (lane+ABCD)(BX); \
	VMOVDQA   e0, (lane+E)(BX);      \
	VPADDD    (lane)(BX), e0, e0;    \
	VMOVDQA   abcd, e1;              \
	SHA1RNDS4 $0, e0, abcd

// QUAD is rounds 4i to 4i+3. e1 is abcd from before the last four rounds,
// whose a becomes e; afterwards e0 is that for the next four.
#define QUAD(i, f, abcd, e0, e1, lane) \
	SHA1NEXTE (lane+16*i)(BX), e1; \
	VMOVDQA   abcd, e0;            \
	SHA1RNDS4 $f, e1, abcd

// LAST adds the state from before the block.
#define LAST(abcd, e0, lane) \
	SHA1NEXTE (lane+E)(BX), e0; \
	VPADDD    (lane+ABCD)(BX), abcd, abcd

// ODD and EVEN are QUAD in turns, in one lane and in four.
#define ODD1(i, f)  QUAD(i, f, X0, X1, X2, 0)
#define EVEN1(i, f) QUAD(i, f, X0, X2, X1, 0)
#define ODD4(i, f) \
	QUAD(i, f, X0, X1, X2, 0*LANE);  \
	QUAD(i, f, X3, X4, X5, 1*LANE);  \
	QUAD(i, f, X6, X7, X8, 2*LANE);  \
	QUAD(i, f, X9, X10, X11, 3*LANE)
#define EVEN4(i, f) \
	QUAD(i, f, X0, X2, X1, 0*LANE);  \
	QUAD(i, f, X3, X5, X4, 1*LANE);  \
	QUAD(i, f, X6, X8, X7, 2*LANE);  \
	QUAD(i, f, X9, X11, X10, 3*LANE)

// GET and PUT move a state; a is in the highest word of abcd, e in that of e0.
#define GET(at, abcd, e0) \
	VMOVDQU  at(AX), abcd;      \
	VPSHUFD  $0x1b, abcd, abcd; \
	VMOVD    (at+16)(AX), e0;   \
	VPSLLDQ  $12, e0, e0
#define PUT(at, abcd, e0) \
	VPSHUFD $0x1b, abcd, abcd;    \
	VMOVDQU abcd, at(AX);         \
	VPEXTRD $3, e0, (at+16)(AX)

// func blocks1(h *state, p *byte, n int)
TEXT ·blocks1(SB), 0, $368-24
	MOVQ h+0(FP), AX
	MOVQ p+8(FP), SI
	MOVQ n+16(FP), CX
	LEAQ 15(SP), BX
	ANDQ $~15, BX
	MOVQ BX, R10
	GET(0, X0, X1)

loop:
	SCHEDULE(SI, 0)
	FIRST(X0, X1, X2, 0)
	ODD1(1, 0)
	EVEN1(2, 0)
	ODD1(3, 0)
	EVEN1(4, 0)
	ODD1(5, 1)
	EVEN1(6, 1)
	ODD1(7, 1)
	EVEN1(8, 1)
	ODD1(9, 1)
	EVEN1(10, 2)
	ODD1(11, 2)
	EVEN1(12, 2)
	ODD1(13, 2)
	EVEN1(14, 2)
	ODD1(15, 3)
	EVEN1(16, 3)
	ODD1(17, 3)
	EVEN1(18, 3)
	ODD1(19, 3)
	LAST(X0, X1, 0)
	ADDQ $64, SI
	DECQ CX
	JNZ  loop
	PUT(0, X0, X1)
	RET

// func blocks4(h *[4]state, p *[4]*byte, n int)
TEXT ·blocks4(SB), 0, $2832-24
	MOVQ h+0(FP), AX
	MOVQ p+8(FP), DX
	MOVQ n+16(FP), CX
	MOVQ 0(DX), SI
	MOVQ 8(DX), DI
	MOVQ 16(DX), R8
	MOVQ 24(DX), R9
	LEAQ 15(SP), R10
	ANDQ $~15, R10
	LEAQ (4*LANE)(R10), BX
	GET(0, X0, X1)
	GET(20, X3, X4)
	GET(40, X6, X7)
	GET(60, X9, X10)
	SCHEDULE(SI, 0*LANE)
	SCHEDULE(DI, 1*LANE)
	SCHEDULE(R8, 2*LANE)
	SCHEDULE(R9, 3*LANE)
	MOVQ $64, R11

loop:
	XCHGQ   BX, R10
	XORQ    DX, DX
	DECQ    CX
	CMOVQEQ DX, R11 // behind the last block the same again, for nothing
	ADDQ    R11, SI
	ADDQ    R11, DI
	ADDQ    R11, R8
	ADDQ    R11, R9

	FIRST(X0, X1, X2, 0*LANE)
	FIRST(X3, X4, X5, 1*LANE)
	FIRST(X6, X7, X8, 2*LANE)
	FIRST(X9, X10, X11, 3*LANE)
	LOADS(SI, 0*LANE)
	ODD4(1, 0)
	WORDS(4, 0*LANE)
	EVEN4(2, 0)
	WORDS(8, 0*LANE)
	ODD4(3, 0)
	WORDS(12, 0*LANE)
	EVEN4(4, 0)
	WORDS(16, 0*LANE)
	ODD4(5, 1)
	LOADS(DI, 1*LANE)
	EVEN4(6, 1)
	WORDS(4, 1*LANE)
	ODD4(7, 1)
	WORDS(8, 1*LANE)
	EVEN4(8, 1)
	WORDS(12, 1*LANE)
	ODD4(9, 1)
	WORDS(16, 1*LANE)
	EVEN4(10, 2)
	LOADS(R8, 2*LANE)
	ODD4(11, 2)
	WORDS(4, 2*LANE)
	EVEN4(12, 2)
	WORDS(8, 2*LANE)
	ODD4(13, 2)
	WORDS(12, 2*LANE)
	EVEN4(14, 2)
	WORDS(16, 2*LANE)
	ODD4(15, 3)
	LOADS(R9, 3*LANE)
	EVEN4(16, 3)
	WORDS(4, 3*LANE)
	ODD4(17, 3)
	WORDS(8, 3*LANE)
	EVEN4(18, 3)
	WORDS(12, 3*LANE)
	ODD4(19, 3)
	WORDS(16, 3*LANE)
	LAST(X0, X1, 0*LANE)
	LAST(X3, X4, 1*LANE)
	LAST(X6, X7, 2*LANE)
	LAST(X9, X10, 3*LANE)
	TESTQ R11, R11
	JNZ   loop

	PUT(0, X0, X1)
	PUT(20, X3, X4)
	PUT(40, X6, X7)
	PUT(60, X9, X10)
	RET

// func hasSHA() bool
TEXT ·hasSHA(SB), NOSPLIT, $0-1
	XORL AX, AX
	CPUID
	CMPL AX, $7
	JLT  no
	MOVL $7, AX
	XORL CX, CX
	CPUID
	SHRL $29, BX
	ANDL $1, BX
	MOVB BX, ret+0(FP)
	RET

no:
	MOVB $0, ret+0(FP)
	RET

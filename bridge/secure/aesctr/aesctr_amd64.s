//go:build !purego

#include "textflag.h"

// Counters are kept in dwords as the processor counts. This picks the low two
// bytes of a vector's highest dword, in network order, for the end of a block.
DATA number<>+0(SB)/8, $0x8080808080808080
DATA number<>+8(SB)/8, $0x0c0d808080808080
GLOBL number<>(SB), RODATA|NOPTR, $16

// The numbers of four blocks.
DATA first<>+0(SB)/8, $0
DATA first<>+8(SB)/8, $0
DATA first<>+16(SB)/8, $0
DATA first<>+24(SB)/8, $0x0000000100000000
DATA first<>+32(SB)/8, $0
DATA first<>+40(SB)/8, $0x0000000200000000
DATA first<>+48(SB)/8, $0
DATA first<>+56(SB)/8, $0x0000000300000000
GLOBL first<>(SB), RODATA|NOPTR, $64

// NEXT makes a round key in X0 from the last one.
#define NEXT(rcon, at) \
	AESKEYGENASSIST $rcon, X0, X1; \
	PSHUFD $0xff, X1, X1; \
	MOVO   X0, X2;        \
	PSLLDQ $4, X2;        \
	PXOR   X2, X0;        \
	MOVO   X0, X2;        \
	PSLLDQ $8, X2;        \
	PXOR   X2, X0;        \
	PXOR   X1, X0;        \
	MOVOU  X0, at(BX)

// func expand(key *[16]byte, keys *[176]byte)
TEXT ·expand(SB), NOSPLIT, $0-16
	MOVQ  key+0(FP), AX
	MOVQ  keys+8(FP), BX
	MOVOU (AX), X0
	MOVOU X0, (BX)
	NEXT(0x01, 16)
	NEXT(0x02, 32)
	NEXT(0x04, 48)
	NEXT(0x08, 64)
	NEXT(0x10, 80)
	NEXT(0x20, 96)
	NEXT(0x40, 112)
	NEXT(0x80, 128)
	NEXT(0x1b, 144)
	NEXT(0x36, 160)
	RET

// BLOCK makes the next counter block, with the first round key added.
#define BLOCK(x) \
	MOVO   X10, x; \
	PSHUFB X11, x; \
	PXOR   X9, x;  \
	PADDL  X12, X10

#define ROUND(op, at) \
	MOVOU at(AX), X8; \
	op    X8, X0;     \
	op    X8, X1;     \
	op    X8, X2;     \
	op    X8, X3;     \
	op    X8, X4;     \
	op    X8, X5;     \
	op    X8, X6;     \
	op    X8, X7

#define OUT(x, at) \
	MOVOU at(DI), X8; \
	PXOR  X8, x;      \
	MOVOU x, at(DI)

// func xorAESNI(keys *[176]byte, iv *[16]byte, data *byte, groups, count int)
TEXT ·xorAESNI(SB), NOSPLIT, $0-40
	MOVQ    keys+0(FP), AX
	MOVQ    iv+8(FP), BX
	MOVQ    data+16(FP), DI
	MOVQ    groups+24(FP), CX
	MOVQ    count+32(FP), DX
	MOVOU   (BX), X9
	MOVOU   (AX), X8
	PXOR    X8, X9
	MOVD    DX, X10
	PSHUFD  $0, X10, X10
	MOVOU   number<>(SB), X11
	PCMPEQL X12, X12
	PSRLL   $31, X12 // ones

group:
	BLOCK(X0)
	BLOCK(X1)
	BLOCK(X2)
	BLOCK(X3)
	BLOCK(X4)
	BLOCK(X5)
	BLOCK(X6)
	BLOCK(X7)
	ROUND(AESENC, 16)
	ROUND(AESENC, 32)
	ROUND(AESENC, 48)
	ROUND(AESENC, 64)
	ROUND(AESENC, 80)
	ROUND(AESENC, 96)
	ROUND(AESENC, 112)
	ROUND(AESENC, 128)
	ROUND(AESENC, 144)
	ROUND(AESENCLAST, 160)
	OUT(X0, 0)
	OUT(X1, 16)
	OUT(X2, 32)
	OUT(X3, 48)
	OUT(X4, 64)
	OUT(X5, 80)
	OUT(X6, 96)
	OUT(X7, 112)
	ADDQ $128, DI
	DECQ CX
	JNZ  group
	RET

// BLOCKS makes the next four counter blocks, with the first round key added.
#define BLOCKS(z) \
	VPSHUFB Z11, Z9, z; \
	VPXORQ  Z8, z, z;   \
	VPADDD  Z10, Z9, Z9

#define ROUNDS(op, key) \
	op key, Z0, Z0; \
	op key, Z1, Z1; \
	op key, Z2, Z2; \
	op key, Z3, Z3

// STREAM makes 256 bytes of the key stream in Z0 to Z3.
#define STREAM \
	BLOCKS(Z0);                \
	BLOCKS(Z1);                \
	BLOCKS(Z2);                \
	BLOCKS(Z3);                \
	ROUNDS(VAESENC, Z17);      \
	ROUNDS(VAESENC, Z18);      \
	ROUNDS(VAESENC, Z19);      \
	ROUNDS(VAESENC, Z20);      \
	ROUNDS(VAESENC, Z21);      \
	ROUNDS(VAESENC, Z22);      \
	ROUNDS(VAESENC, Z23);      \
	ROUNDS(VAESENC, Z24);      \
	ROUNDS(VAESENC, Z25);      \
	ROUNDS(VAESENCLAST, Z26)

#define OUTS(z, at) \
	VPXORQ    at(DI), z, z; \
	VMOVDQU64 z, at(DI)

// REST is OUTS for the bytes that are left, which may be none.
#define REST(z, at) \
	MOVQ       CX, R8;            \
	CMPQ       CX, R10;           \
	CMOVQGT    R10, R8;           \
	SUBQ       R8, CX;            \
	BZHIQ      R8, R9, R8;        \
	KMOVQ      R8, K1;            \
	VMOVDQU8.Z at(DI), K1, Z4;    \
	VPXORQ     Z4, z, z;          \
	VMOVDQU8   z, K1, at(DI)

// func xorVAES(keys *[176]byte, iv *[16]byte, data *byte, n int)
TEXT ·xorVAES(SB), NOSPLIT, $0-32
	MOVQ            keys+0(FP), AX
	MOVQ            iv+8(FP), BX
	MOVQ            data+16(FP), DI
	MOVQ            n+24(FP), CX
	VBROADCASTI32X4 (BX), Z8
	VBROADCASTI32X4 (AX), Z16
	VBROADCASTI32X4 16(AX), Z17
	VBROADCASTI32X4 32(AX), Z18
	VBROADCASTI32X4 48(AX), Z19
	VBROADCASTI32X4 64(AX), Z20
	VBROADCASTI32X4 80(AX), Z21
	VBROADCASTI32X4 96(AX), Z22
	VBROADCASTI32X4 112(AX), Z23
	VBROADCASTI32X4 128(AX), Z24
	VBROADCASTI32X4 144(AX), Z25
	VBROADCASTI32X4 160(AX), Z26
	VPXORQ          Z16, Z8, Z8
	VMOVDQU64       first<>(SB), Z9
	MOVL            $4, DX
	VPBROADCASTD    DX, Z10
	VBROADCASTI32X4 number<>(SB), Z11
	MOVQ            $-1, R9
	MOVQ            $64, R10

loop:
	STREAM
	CMPQ CX, $256
	JLT  rest
	OUTS(Z0, 0)
	OUTS(Z1, 64)
	OUTS(Z2, 128)
	OUTS(Z3, 192)
	ADDQ $256, DI
	SUBQ $256, CX
	JNZ  loop
	VZEROUPPER
	RET

rest:
	REST(Z0, 0)
	REST(Z1, 64)
	REST(Z2, 128)
	REST(Z3, 192)
	VZEROUPPER
	RET

package h26x

import "errors"

// How a walk through a picture ends.
var (
	errEnd   = errors.New("h26x: end of the picture")
	errInter = errors.New("h26x: a macroblock is not intra")
)

// kind261 is what a macroblock type of H.261 says (table 2).
type kind261 uint8

const (
	intra261 kind261 = 1 << iota
	quant261
	moved261
	coded261 // there is a coded block pattern
)

// Tables of H.261.
var (
	// addresses are differences of macroblock addresses; the last is stuffing (table 1).
	addresses = numbered(11, 1, `1 011 010 0011 0010 00011 00010 0000111 0000110 00001011 00001010 00001001
		00001000 00000111 00000110 0000010111 0000010110 0000010101 0000010100 0000010011 0000010010
		00000100011 00000100010 00000100001 00000100000 00000011111 00000011110 00000011101 00000011100
		00000011011 00000011010 00000011001 00000011000 00000001111`)
	// kinds261 has, of those with motion, the ones without the loop filter first.
	kinds261 = func() *vlc {
		v := newVLC(10)
		for c, k := range map[string]kind261{
			"0001": intra261, "0000001": intra261 | quant261, "1": coded261, "00001": coded261 | quant261,
			"000000001": moved261, "00000001": moved261 | coded261, "0000000001": moved261 | quant261 | coded261,
			"001": moved261, "01": moved261 | coded261, "000001": moved261 | quant261 | coded261,
		} {
			v.add(c, int(k))
		}
		return v
	}()
	// patterns are coded block patterns (table 4).
	patterns = numbered(9, 1, `01011 01001 001101 1101 0010111 0010011 00011111 1100 0010110 0010010 00011110 10011
		00011011 00010111 00010011 1011 0010101 0010001 00011101 10001 00011001 00010101 00010001 001111 00001111
		00001101 000000011 01111 00001011 00000111 000000111 1010 0010100 0010000 00011100 001110 00001110 00001100
		000000010 10000 00011000 00010100 00010000 01110 00001010 00000110 000000110 10010 00011010 00010110
		00010010 01101 00001001 00000101 000000101 01100 00001000 00000100 000000100 111 01010 01000 001100`)
	// coefficients261 give the run; those of the first coefficient of
	// a block have no end of block (table 5).
	firstCoefficient = table5("1", "")
	coefficients261  = table5("11", "10")
)

const (
	endOfBlock = lastCoefficient
	escape261  = escape263
)

// table5 makes a table of coefficients with the codes of run 0, level 1 and
// of the end of a block.
func table5(one, end string) *vlc {
	v := coefficients(13, escape261, "000001", [][]string{{
		one + ` 0100 00101 0000110 00100110 00100001 0000001010 000000011101 000000011000 000000010011 000000010000
			0000000011010 0000000011001 0000000011000 0000000010111`,
		"011 000110 00100101 0000001100 000000011011 0000000010110 0000000010101",
		"0101 0000100 0000001011 000000010100 0000000010100", "00111 00100100 000000011100 0000000010011",
		"00110 0000001111 000000010010", "000111 0000001001 0000000010010", "000101 000000011110",
		"000100 000000010101", "0000111 000000010001", "0000101 0000000010001", "00100111 0000000010000",
		"00100011", "00100010", "00100000", "0000001110", "0000001101", "0000001000", "000000011111", "000000011010",
		"000000011001", "000000010111", "000000010110", "0000000011111", "0000000011110", "0000000011101",
		"0000000011100", "0000000011011",
	}})
	if end != "" {
		v.add(end, endOfBlock)
	}
	return v
}

// walk261 goes through the GOBs and macroblocks of a picture of H.261.
type walk261 struct {
	reader
	picture   Picture261
	intraOnly bool // stop where something is not intra
	group     uint8
	address   int // of the macroblock before, 0 at the beginning of a GOB
	quant     uint8
	vector    pair // of the macroblock before
}

// begin reads the picture header (4.2.1).
func (w *walk261) begin() error {
	if w.u(20) != 0x10 {
		return ErrSyntax
	}
	w.pos += 5 + 3 // TR; split screen, document camera, freeze release
	w.picture = Picture261{176, 144}
	if w.flag() {
		w.picture = Picture261{352, 288}
	}
	w.pos += 2
	w.spare()
	if w.over() || w.peek(16) != 1 {
		return ErrSyntax
	}
	return nil
}

// next passes a GOB header, and gives the place where it stands, or a
// macroblock, and gives the place behind it.
func (w *walk261) next() (Cut, error) {
	if w.group > 0 {
		w.stuffing()
	}
	switch {
	case w.peek(16) == 1 && w.left() >= 20:
		return w.gob()
	case w.group == 0:
		return Cut{}, ErrSyntax
	case w.ended():
		return Cut{}, errEnd
	}
	return w.macroblock()
}

// stuffing passes macroblock stuffing.
func (w *walk261) stuffing() {
	for w.peek(11) == 0xf && w.left() >= 11 {
		w.pos += 11
	}
}

// ended tells whether nothing but zeros is left.
func (w *walk261) ended() bool {
	return w.left() <= 0 || w.left() < 16 && w.peek(16) == 0
}

// more tells whether another macroblock of the GOB follows.
func (w *walk261) more() bool {
	ahead := *w
	ahead.stuffing()
	return ahead.peek(16) != 1 && !ahead.ended()
}

// gob reads a GOB header (4.2.2).
func (w *walk261) gob() (Cut, error) {
	at := Cut{Bit: w.pos, Start: true}
	w.pos += 16
	number := uint8(w.u(4))
	w.quant = uint8(w.u(5))
	w.spare()
	if number <= w.group || number > 12 || w.quant == 0 || w.over() {
		return at, ErrSyntax
	}
	w.group, w.address, w.vector = number, 0, pair{}
	return at, nil
}

// macroblock reads one (4.2.3).
func (w *walk261) macroblock() (Cut, error) {
	step := addresses.read(&w.reader)
	if step == noCode || w.address+step > macroblocks261 {
		return Cut{}, w.failure(ErrSyntax)
	}
	w.address += step
	read := kinds261.read(&w.reader)
	if read == noCode {
		return Cut{}, w.failure(ErrSyntax)
	}
	kind := kind261(read)
	if w.intraOnly && (kind&intra261 == 0 || step > 1) {
		return Cut{}, w.failure(errInter)
	}
	if kind&quant261 != 0 {
		if w.quant = uint8(w.u(5)); w.quant == 0 {
			return Cut{}, w.failure(ErrSyntax)
		}
	}
	if !w.motion(kind, step) || !w.blocks(kind) || w.over() {
		return Cut{}, w.failure(ErrSyntax)
	}
	return Cut{Bit: w.pos, GOB: w.group, MBA: uint16(w.address), Quant: w.quant, HMV: w.vector.h, VMV: w.vector.v}, nil
}

// failure gives the reason, which is the end of the data where more was read than there is.
func (w *walk261) failure(err error) error {
	if w.left() < 16 {
		w.pos = len(w.data)*8 + 1
		return ErrSyntax
	}
	return err
}

// motion reads the vector (4.2.3.4), and is false for no code.
func (w *walk261) motion(kind kind261, step int) bool {
	before := w.vector
	w.vector = pair{}
	if kind&moved261 == 0 {
		return true
	}
	if step != 1 || w.address%11 == 1 {
		before = pair{}
	}
	var okH, okV bool
	w.vector.h, okH = w.reader.vector(before.h, 16)
	w.vector.v, okV = w.reader.vector(before.v, 16)
	return okH && okV
}

// blocks reads the coded blocks (4.2.3.5, 4.2.4), and is false for no code.
func (w *walk261) blocks(kind kind261) bool {
	pattern := 0
	switch {
	case kind&intra261 != 0:
		pattern = 0x3f
	case kind&coded261 != 0:
		if pattern = patterns.read(&w.reader); pattern == noCode {
			return false
		}
	}
	for i := 5; i >= 0; i-- {
		if pattern>>i&1 == 1 && !w.block(kind&intra261 != 0) {
			return false
		}
	}
	return true
}

func (w *walk261) block(intra bool) bool {
	table, n := firstCoefficient, 0
	if intra {
		w.pos += 8
		table, n = coefficients261, 1
	}
	for {
		c := table.read(&w.reader)
		table = coefficients261
		switch c {
		case noCode:
			return false
		case endOfBlock:
			return true
		case escape261:
			c = int(w.u(6))
			w.pos += 8
		default:
			w.pos++ // sign
		}
		if n += c + 1; n > 64 {
			return false
		}
	}
}

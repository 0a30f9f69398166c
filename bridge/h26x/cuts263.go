package h26x

// Cut is a place where a picture may be cut, and what was in effect there: a picture or
// GOB start code, or else the beginning of a macroblock.
type Cut struct {
	Bit   int  // offset in the frame, bits
	Start bool // a start code stands here; the fields below are 0

	GOB      uint8
	MBA      uint16 // H.263: of the macroblock that begins here; H.261: of the one before (1 to 33)
	Quant    uint8
	HMV, VMV int8 // H.263: the predictor of the macroblock; H.261: the vector of the one before
}

// Tables of macroblocks. The values of the first two are the macroblock's type
// times 4 plus the chrominance pattern (H.263 tables 7 and 8).
var (
	mcbpcIntra = chrominance(9, map[int]string{
		typeIntra: "1 001 010 011", typeIntraQ: "0001 000001 000010 000011",
	})
	mcbpcInter = chrominance(13, map[int]string{
		typeInter: "1 0011 0010 000101", typeInterQ: "011 0000111 0000110 000000101",
		typeFour: "010 0000101 0000100 00000101", typeFourQ: "00000000010 0000000001100 0000000001110 0000000001111",
		typeIntra: "00011 00000100 00000011 0000011", typeIntraQ: "000100 000000100 000000011 000000010",
	})
	// cbpy is for intra macroblocks; others have the opposite (table 13).
	cbpy = numbered(6, 0, "0011 00101 00100 1001 00011 0111 000010 1011 00010 000011 0101 1010 0100 1000 0110 11")
	// coefficients263 gives last*64 + run (table 16).
	coefficients263 = coefficients(12, escape263, "0000011", [][]string{{
		"10 1111 010101 0010111 00011111 000100101 000100100 0000100001 0000100000 00000000111 00000000110 00000100000",
		"110 010100 00011110 0000001111 00000100001 000001010000", "1110 00011101 0000001110 000001010001",
		"01101 000100011 0000001101", "01100 000100010 000001010010", "01011 0000001100 000001010011",
		"010011 0000001011 000001010100", "010010 0000001010", "010001 0000001001", "010000 0000001000",
		"0010110 000001010101", "0010101", "0010100", "00011100", "00011011", "000100001", "000100000", "000011111",
		"000011110", "000011101", "000011100", "000011011", "000011010", "00000100010", "00000100011", "000001010110",
		"000001010111",
	}, {
		"0111 000011001 00000000101", "001111 00000000100", "001110", "001101", "001100", "0010011", "0010010",
		"0010001", "0010000", "00011010", "00011001", "00011000", "00010111", "00010110", "00010101", "00010100",
		"00010011", "000011000", "000010111", "000010110", "000010101", "000010100", "000010011", "000010010",
		"000010001", "0000000111", "0000000110", "0000000101", "0000000100", "00000100100", "00000100101",
		"00000100110", "00000100111", "000001011000", "000001011001", "000001011010", "000001011011", "000001011100",
		"000001011101", "000001011110", "000001011111",
	}})
)

// Macroblock types of H.263 (table 9), and what stands for stuffing.
const (
	typeInter = iota
	typeInterQ
	typeFour
	typeIntra
	typeIntraQ
	typeFourQ
	stuffing263
)

// Values in the tables of coefficients beside run and last.
const (
	lastCoefficient = 64
	escape263       = 128
)

// maxColumns is the width of 16CIF, macroblocks.
const maxColumns = 88

// pair is a motion vector.
type pair struct{ h, v int8 }

// walk263 goes through the macroblocks of a picture of H.263 without its options.
type walk263 struct {
	reader
	picture    Picture263
	columns    int
	rowsPerGOB int
	quant      uint8
	row, col   int
	alone      bool             // nothing above the row may be used to predict: it begins a GOB with a header
	above      [maxColumns]pair // vectors of the row above
	vectors    [maxColumns]pair // of this row
}

// Cuts263 appends to dst the places where a whole picture of H.263 can be cut, the
// first of which is its beginning. Pictures with optional modes or
// PLUSPTYPE are an error: RFC 2190 knows them not, or not well.
func Cuts263(dst []Cut, frame []byte) ([]Cut, error) {
	w := walk263{reader: reader{data: frame}}
	return w.cuts(dst)
}

func (w *walk263) cuts(dst []Cut) ([]Cut, error) {
	if err := w.begin(); err != nil {
		return dst, err
	}
	dst = append(dst, Cut{Start: true})
	for rows := w.picture.Height / 16; w.row < rows; w.row++ {
		header, err := w.nextRow()
		if err != nil {
			return dst, err
		}
		if header >= 0 {
			dst = append(dst, Cut{Bit: header, Start: true})
		}
		begin := w.row == 0 || header >= 0
		for w.col = 0; w.col < w.columns; w.col++ {
			if !begin {
				dst = append(dst, w.cut())
			}
			begin = false
			if err := w.macroblock(); err != nil {
				return dst, err
			}
		}
	}
	return dst, nil
}

// begin reads the picture header (5.1).
func (w *walk263) begin() error {
	p, err := w.picture263()
	if err != nil || p.Extended || p.Vectors || p.Arithmetic || p.Advanced || p.PB {
		return ErrSyntax
	}
	w.picture = p
	w.columns, w.rowsPerGOB = p.Width/16, 1
	switch {
	case p.Height > 800:
		w.rowsPerGOB = 4
	case p.Height > 400:
		w.rowsPerGOB = 2
	}
	w.quant = uint8(w.u(5))
	if w.flag() { // CPM
		return ErrSyntax
	}
	w.spare()
	if w.quant == 0 || w.over() {
		return ErrSyntax
	}
	return nil
}

// nextRow reads a GOB header where one stands, and gives its place or -1.
func (w *walk263) nextRow() (header int, err error) {
	w.alone = w.row == 0
	if w.row == 0 || w.row%w.rowsPerGOB != 0 {
		w.above = w.vectors
		return -1, nil
	}
	w.above = w.vectors
	stuffing := 0
	for w.peek(17) == 0 && stuffing < 8 && w.left() > 17 {
		w.pos++
		stuffing++
	}
	if w.peek(17) != 1 {
		w.pos -= stuffing
		return -1, nil
	}
	header = w.pos
	w.pos += 17
	number := int(w.u(5))
	w.pos += 2 // GFID
	w.quant = uint8(w.u(5))
	if number != w.row/w.rowsPerGOB || w.quant == 0 {
		return -1, ErrSyntax
	}
	w.alone = true
	return header, nil
}

// cut describes the place before the next macroblock.
func (w *walk263) cut() Cut {
	p := w.predict()
	return Cut{
		Bit: w.pos, GOB: uint8(w.row / w.rowsPerGOB), MBA: uint16(w.row%w.rowsPerGOB*w.columns + w.col),
		Quant: w.quant, HMV: p.h, VMV: p.v,
	}
}

// predict is the predictor of the next macroblock's vector (6.1.1).
func (w *walk263) predict() pair {
	var left, right pair
	if w.col > 0 {
		left = w.vectors[w.col-1]
	}
	if w.alone {
		return left
	}
	if w.col+1 < w.columns {
		right = w.above[w.col+1]
	}
	up := w.above[w.col]
	return pair{median(left.h, up.h, right.h), median(left.v, up.v, right.v)}
}

func median(a, b, c int8) int8 { return max(min(a, b), min(max(a, b), c)) }

// macroblock reads one (5.3).
func (w *walk263) macroblock() error {
	predicted := w.predict()
	w.vectors[w.col] = pair{}
	table := mcbpcIntra
	if !w.picture.Intra {
		table = mcbpcInter
	}
	kind := stuffing263 * 4
	for kind == stuffing263*4 {
		if !w.picture.Intra && w.flag() { // COD
			return w.bounds()
		}
		if kind = table.read(&w.reader); kind == noCode || w.over() {
			return ErrSyntax
		}
	}
	pattern := cbpy.read(&w.reader)
	if pattern == noCode {
		return ErrSyntax
	}
	pattern, kind = pattern<<2|kind&3, kind>>2
	intra := kind == typeIntra || kind == typeIntraQ
	if !intra {
		pattern ^= 0x3c
	}
	if kind == typeInterQ || kind == typeIntraQ {
		w.dquant()
	}
	switch {
	case kind == typeFour || kind == typeFourQ:
		return ErrSyntax // of advanced prediction alone
	case !intra:
		var okH, okV bool
		v := &w.vectors[w.col]
		v.h, okH = w.vector(predicted.h, 32)
		v.v, okV = w.vector(predicted.v, 32)
		if !okH || !okV {
			return ErrSyntax
		}
	}
	return w.blocks(intra, pattern)
}

// dquant reads DQUANT (5.3.6).
func (w *walk263) dquant() {
	change := [4]int{-1, -2, 1, 2}[w.u(2)]
	w.quant = uint8(min(max(int(w.quant)+change, 1), 31))
}

// blocks reads the six blocks of a macroblock (5.4); bit 5 of pattern is the first's.
func (w *walk263) blocks(intra bool, pattern int) error {
	for i := 5; i >= 0; i-- {
		if intra {
			w.pos += 8
		}
		if pattern>>i&1 == 0 {
			continue
		}
		if err := w.block(intra); err != nil {
			return err
		}
	}
	return w.bounds()
}

func (w *walk263) block(intra bool) error {
	n := 0
	if intra {
		n = 1
	}
	for {
		c := coefficients263.read(&w.reader)
		switch {
		case c == noCode:
			return ErrSyntax
		case c == escape263:
			c = int(w.u(7)) // LAST, RUN
			w.pos += 8
		default:
			w.pos++ // sign
		}
		if n += c&63 + 1; n > 64 {
			return ErrSyntax
		}
		if c&lastCoefficient != 0 {
			return nil
		}
	}
}

func (w *walk263) bounds() error {
	if w.over() {
		return ErrSyntax
	}
	return nil
}

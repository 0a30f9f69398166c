package h26x

// Picture263 is the beginning of a picture header of H.263 (5.1).
type Picture263 struct {
	Width, Height int // 0 when the header does not repeat them
	Format        uint8
	Intra         bool
	Extended      bool // it has a PLUSPTYPE: H.263-1998 or later
	Vectors       bool // unrestricted motion vectors
	Arithmetic    bool // syntax-based arithmetic coding
	Advanced      bool // advanced prediction
	PB            bool // PB-frames
}

// sizes263 are the picture sizes of source formats 1 to 5 (table 5).
var sizes263 = [8]struct{ w, h int }{1: {128, 96}, 2: {176, 144}, 3: {352, 288}, 4: {704, 576}, 5: {1408, 1152}}

// Size263 gives the size of a source format, as PTYPE and RFC 2190 number
// them; 0 for one that is not a standard one.
func Size263(format uint8) (w, h int) {
	s := sizes263[format&7]
	return s.w, s.h
}

// extendedFormat in PTYPE says that PLUSPTYPE follows; customFormat there, that
// a size follows.
const (
	extendedFormat = 7
	customFormat   = 6
)

// StartsPicture263 tells whether bytes begin with a picture start code.
func StartsPicture263(b []byte) bool {
	return len(b) >= 3 && b[0] == 0 && b[1] == 0 && b[2]&0xfc == 0x80
}

// ParsePicture263 reads the beginning of a picture that stands at the first bit.
func ParsePicture263(b []byte) (Picture263, error) {
	r := reader{data: b}
	p, err := r.picture263()
	if err != nil || r.over() {
		return Picture263{}, ErrSyntax
	}
	return p, nil
}

// picture263 reads up to and with PTYPE or PLUSPTYPE and its size.
func (r *reader) picture263() (Picture263, error) {
	if r.u(22) != 0x20 {
		return Picture263{}, ErrSyntax
	}
	r.pos += 8 // TR
	if r.u(2) != 2 {
		return Picture263{}, ErrSyntax
	}
	r.pos += 3 // split screen, document camera, freeze release
	p := Picture263{Format: uint8(r.u(3))}
	if p.Format == extendedFormat {
		return r.extended263(p)
	}
	p.Width, p.Height = Size263(p.Format)
	p.Intra = !r.flag()
	p.Vectors, p.Arithmetic, p.Advanced, p.PB = r.flag(), r.flag(), r.flag(), r.flag()
	if p.Width == 0 {
		return p, ErrSyntax
	}
	return p, nil
}

// extended263 reads PLUSPTYPE (5.1.4).
func (r *reader) extended263(p Picture263) (Picture263, error) {
	p.Extended = true
	full := r.u(3)
	if full > 1 {
		return p, ErrSyntax
	}
	if full == 1 { // OPPTYPE
		p.Format = uint8(r.u(3))
		r.pos++ // custom picture clock
		p.Vectors, p.Arithmetic, p.Advanced = r.flag(), r.flag(), r.flag()
		r.pos += 11
	}
	kind := r.u(3) // MPPTYPE
	p.Intra, p.PB = kind == 0, kind == 2
	r.pos += 6
	if full == 0 {
		return p, nil
	}
	p.Width, p.Height = Size263(p.Format)
	if r.flag() { // CPM
		r.pos += 2
	}
	if p.Format == customFormat { // CPFMT
		r.pos += 4
		p.Width = (int(r.u(9)) + 1) * 4
		r.pos++
		p.Height = int(r.u(9)) * 4
	}
	if p.Width == 0 || p.Height == 0 {
		return p, ErrSyntax
	}
	return p, nil
}

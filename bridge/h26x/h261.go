package h26x

// Picture261 is what the header of a picture of H.261 says (4.2.1).
type Picture261 struct {
	Width, Height int
}

// StartsPicture261 tells whether bytes begin with a picture start code.
func StartsPicture261(b []byte) bool {
	return len(b) >= 3 && b[0] == 0 && b[1] == 1 && b[2]&0xf0 == 0
}

// ParsePicture261 reads the header of a picture that stands at the first bit.
func ParsePicture261(b []byte) (Picture261, error) {
	w := walk261{reader: reader{data: b}}
	if err := w.begin(); err != nil {
		return Picture261{}, err
	}
	return w.picture, nil
}

// Intra261 tells whether all macroblocks of a picture are there and intra, so
// that a decoder can start with it. Nothing in its header says so. Where whole is not
// set, only the beginning of the picture is given, and is asked about. Pictures that are not intra
// cost next to nothing: their first macroblock that shows it ends the search.
func Intra261(b []byte, whole bool) bool {
	w := walk261{reader: reader{data: b}, intraOnly: true}
	return w.begin() == nil && w.intra(whole)
}

func (w *walk261) intra(whole bool) bool {
	n := 0
	for {
		cut, err := w.next()
		switch {
		case err == errEnd:
			return n == w.picture.macroblocks() || !whole && n > 0
		case err == errInter:
			return false
		case err != nil:
			return !whole && n > 0 && w.over()
		case !cut.Start:
			n++
		case n%macroblocks261 != 0:
			return false // of the GOB before, some are left out
		}
	}
}

// macroblocks261 is how many macroblocks a GOB has.
const macroblocks261 = 33

func (p Picture261) macroblocks() int { return p.Width / 16 * p.Height / 16 }

// Cuts261 appends to dst the places where a whole picture of H.261 can be cut, the first of
// which is its beginning. RFC 4587 3.2 forbids cuts between a GOB header and its first macroblock.
func Cuts261(dst []Cut, frame []byte) ([]Cut, error) {
	w := walk261{reader: reader{data: frame}}
	if err := w.begin(); err != nil {
		return dst, err
	}
	dst = append(dst, Cut{Start: true})
	first := true // the first GOB goes with the picture header
	for {
		cut, err := w.next()
		switch {
		case err == errEnd:
			return dst, nil
		case err != nil:
			return dst, err
		case cut.Start:
			if !first {
				dst = append(dst, cut)
			}
			first = false
		case w.more():
			dst = append(dst, cut)
		}
	}
}

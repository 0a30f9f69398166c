package payload

import "github.com/roombridge/roombridge/bridge/h26x"

// h263Format puts pictures of H.263 together. Terminals send RFC 2190 where
// RFC 4629 was agreed and the other way round, so the beginning of every picture is looked
// at to see which it is. After a hole all is left out up to the next start
// code, from which a decoder can go on.
type h263Format struct {
	old  bool // RFC 2190
	lost bool // no start code came since a hole
}

// read takes a payload apart.
func (h *h263Format) read(payload []byte) (h26x.Payload263, bool) {
	if h.old {
		return h26x.Read2190(payload)
	}
	return h26x.Read4629(payload)
}

func (h *h263Format) place(payload []byte) place {
	if rfc2190, rfc4629 := h26x.Begins263(payload); rfc2190 || rfc4629 {
		h.old = rfc2190
	}
	p, ok := h.read(payload)
	switch {
	case !ok:
		return anywhere
	case p.Picture():
		return beginning
	}
	return inside
}

func (h *h263Format) add(f *building, payload []byte) {
	p, ok := h.read(payload)
	if !ok {
		f.damaged = f.damaged || len(payload) > 0
		return
	}
	first := len(f.data) == 0
	h.lost = h.lost || f.hole
	if p.Start && (!first || p.Picture() || h.restore(f, &p)) {
		if h.lost {
			f.stuff()
		}
		h.lost = false
	}
	if h.lost || first && !p.Start || first && len(f.data) == 0 && !p.Picture() {
		h.lost, f.damaged = true, true
		return
	}
	if p.Zeros {
		f.join([]byte{0, 0}, 0, 0)
	}
	f.join(p.Body, p.Skip, p.Leave)
	f.content = true
}

// restore puts the copy of the picture's header where the beginning was lost (RFC
// 4629 5.1), and tells whether there was one.
func (h *h263Format) restore(f *building, p *h26x.Payload263) bool {
	if len(p.Header) < 4 || p.Header[0]&0xfc != 0x80 {
		return false
	}
	f.append([]byte{0, 0})
	f.join(p.Header, 0, p.HeaderLeave)
	f.stuff()
	f.damaged = true
	return true
}

func (h *h263Format) end(f *building) {
	h.lost = false
	p, err := h26x.ParsePicture263(f.data)
	f.key = err == nil && p.Intra
}

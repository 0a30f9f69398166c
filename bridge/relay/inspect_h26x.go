package relay

import "github.com/roombridge/roombridge/bridge/h26x"

// inspectH263 reads the header of a picture that begins here, in the format of RFC 2190 or of RFC
// 4629, whichever it is: terminals mix them up. A picture whose header was lost is no keyframe.
func inspectH263(payload []byte) (key bool, w, h int) {
	p, ok := h26x.Payload263Picture(payload)
	return ok && p.Intra, p.Width, p.Height
}

// inspectH261 reads the header of a picture that begins here. Nothing in it tells
// a keyframe, and of the header of RFC 4587 I speaks of the whole stream, and is 0 in most. So
// the macroblocks of this packet are looked at: a keyframe is a picture that begins with
// nothing but intra macroblocks, leaving none out. One that is not costs a look at
// its first macroblock or two.
func inspectH261(payload []byte) (key bool, w, h int) {
	p, intra, _ := h26x.Payload261Picture(payload)
	return intra, p.Width, p.Height
}

package sdp

import "github.com/roombridge/roombridge/bridge/media"

// sizeNames are the spellings of a standard size in a=fmtp.
var sizeNames = [len(media.StandardSizes)][]string{
	{"cif16", "16cif"}, {"cif4", "4cif"}, {"cif"}, {"qcif"}, {"sqcif"},
}

// fillSizes reads what receivers of H.261 and H.263 say of themselves: a list
// of sizes with their picture intervals (RFC 4629 8.1.1, RFC 4587 6.1; for RFC
// 2190 by common practice the same), or a level, and the bit rate of older
// drafts. Custom sizes and annexes are passed over: nothing of the kind is sent.
func (p *payload) fillSizes() {
	var mpi [len(media.StandardSizes)]uint8
	for i, names := range sizeNames {
		for _, name := range names {
			if n := p.params.number(name); n >= 1 && n <= media.MaxMPI && mpi[i] == 0 {
				mpi[i] = uint8(n)
			}
		}
	}
	p.Sizes = media.SizesOf(mpi)
	p.Bitrate = min(p.params.number("maxbr"), maxHundreds) * 100
	if l, ok := p.readLevel(); ok && p.Codec == media.H263P {
		if p.Sizes == (media.Sizes{}) {
			p.Sizes = l.sizes
		}
		if p.Bitrate == 0 || p.Bitrate > l.bitrate {
			p.Bitrate = l.bitrate
		}
	}
}

// maxHundreds bounds bit rates in units of 100 bit/s.
const maxHundreds = 10_000_000

// h263Level is what a level promises of standard sizes (ITU-T H.263 table X.2).
type h263Level struct {
	level   int
	sizes   media.Sizes
	bitrate int
}

var h263Levels = [...]h263Level{
	{10, media.Sizes{SQCIF: 2, QCIF: 2}, 64_000},
	{20, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 2}, 128_000},
	{30, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1}, 384_000},
	{40, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1}, 2_048_000},
	{45, media.Sizes{SQCIF: 2, QCIF: 2}, 128_000},
	{50, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1}, 4_096_000},
	{60, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1}, 8_192_000},
	{70, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1, CIF4: 1}, 16_384_000},
}

func (p *payload) readLevel() (h263Level, bool) {
	n := p.params.number("level")
	for _, l := range h263Levels {
		if l.level == n {
			return l, true
		}
	}
	return h263Level{}, false
}

// fillVPx reads the limits of VP8 (RFC 7741 6.1) and VP9 (RFC 9628 6.1). Profiles
// of VP9 beyond 0 have deeper or finer pictures, which are not ours.
func (p *payload) fillVPx() {
	if id := p.params["profile-id"]; p.Codec == media.VP9 && id != "" && id != "0" {
		p.Codec = ""
		return
	}
	fs, fr := p.params.number("max-fs"), p.params.number("max-fr")
	p.VideoMax = media.Limits{MaxFS: fs, MaxMBPS: min(fs, 1<<20) * min(fr, 1<<10), FPS: fr}
}

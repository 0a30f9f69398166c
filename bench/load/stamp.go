package load

// A stamp stands at the end of every full packet's payload. Each of its bytes
// is a letter, so that no start code arises and no emulation prevention is
// needed (ITU-T H.264 7.4.1): '@' to 'O' are four bits each.
const (
	stampMagic = "ROOMBENCH"
	stampSize  = len(stampMagic) + 16 + 8 + 8
)

// stamp says when a packet was to be sent, by whom, and which it is.
type stamp struct {
	plan   int64  // planned time of its burst
	source uint32 // of Source.id
	seq    uint32 // counts the source's packets from 0
}

// put writes a stamp at the end of a payload of at least stampSize bytes.
func (s stamp) put(payload []byte) {
	b := payload[len(payload)-stampSize:]
	copy(b, stampMagic)
	letters(b[9:25], uint64(s.plan))
	letters(b[25:33], uint64(s.source))
	letters(b[33:41], uint64(s.seq))
}

func letters(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = '@' | byte(v&15)
		v >>= 4
	}
}

// readStamp reads a payload's stamp, if it ends with one.
func readStamp(payload []byte) (s stamp, ok bool) {
	if len(payload) < stampSize {
		return s, false
	}
	b := payload[len(payload)-stampSize:]
	if string(b[:9]) != stampMagic {
		return s, false
	}
	plan, a := number(b[9:25])
	source, c := number(b[25:33])
	seq, d := number(b[33:41])
	return stamp{int64(plan), uint32(source), uint32(seq)}, a && c && d
}

func number(b []byte) (v uint64, ok bool) {
	for _, c := range b {
		if c&0xf0 != '@' {
			return 0, false
		}
		v = v<<4 | uint64(c&15)
	}
	return v, true
}

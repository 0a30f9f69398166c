package damage

import "bytes"

// bits writes bit strings.
type bits struct {
	b []byte
	n int // bits used of the last byte, 0 is all
}

func (w *bits) put(value uint64, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.n == 0 {
			w.b = append(w.b, 0)
		}
		w.b[len(w.b)-1] |= byte(value>>i&1) << (7 - w.n)
		w.n = (w.n + 1) % 8
	}
}

// ue writes numbers as Exp-Golomb codes (ITU-T H.264 9.1).
func (w *bits) ue(values ...int) {
	for _, v := range values {
		n := 0
		for (v+1)>>n > 1 {
			n++
		}
		w.put(0, n)
		w.put(uint64(v+1), n+1)
	}
}

// unit ends a NAL unit: stop bit, and bytes against false start codes (ITU-T H.264 7.4.1).
func (w *bits) unit(header ...byte) []byte {
	w.put(1, 1)
	out, zeros := bytes.Clone(header), 0
	for _, c := range w.b {
		if zeros == 2 && c <= 3 {
			out, zeros = append(out, 3), 0
		}
		if out = append(out, c); c == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}

// sps264 is a sequence parameter set of Constrained Baseline (ITU-T H.264 7.3.2.1.1).
func sps264(id, width, height int) []byte {
	w := bits{}
	w.put(66, 8)
	w.put(0xc0, 8)
	w.put(62, 8)
	w.ue(id, 0, 2, 1) // frame numbers, picture order, reference frames
	w.put(0, 1)
	w.ue((width+15)/16-1, (height+15)/16-1)
	w.put(0b1100, 4) // frames only, direct 8x8, no cropping, no VUI
	return w.unit(0x67)
}

// pps264 is a picture parameter set (ITU-T H.264 7.3.2.2).
func pps264(id, sps int) []byte {
	w := bits{}
	w.ue(id, sps)
	w.put(0, 2)
	w.ue(0, 0, 0)
	w.put(0, 3)
	w.ue(0, 0, 0)
	w.put(0b100, 3)
	return w.unit(0x68)
}

// sps265 is a sequence parameter set of Main profile (ITU-T H.265 7.3.2.2.1).
func sps265(id, width, height int) []byte {
	w := bits{}
	w.put(0b0000_000_1, 8)
	w.put(0x21, 8) // Main, high tier
	w.put(0x60000000, 32)
	w.put(0x900000000000, 48)
	w.put(186, 8)
	w.ue(id, 1, width, height)
	w.put(0, 1)
	w.ue(0, 0, 4)
	w.put(1, 1)
	w.ue(4, 0, 0)
	w.ue(0, 3, 0, 3, 0, 0) // coding and transform blocks
	w.put(0, 4)
	w.ue(0)
	w.put(0, 5)
	return w.unit(0x42, 0x01)
}

// sequenceAV1 is a packet with a sequence header (AV1 specification 5.5) alone.
func sequenceAV1(width, height int) []byte {
	w := bits{}
	w.put(0b000_0_0, 5) // Main, moving
	w.put(0, 2)         // no timing, no display delay
	w.put(0, 5)         // one operating point
	w.put(0, 12)
	w.put(31, 5) // no limit of level
	w.put(1, 1)  // high tier
	w.put(15, 4)
	w.put(15, 4)
	w.put(uint64(width-1), 16)
	w.put(uint64(height-1), 16)
	w.put(0, 1)    // no frame numbers
	w.put(0, 8)    // none of the tools, no order hints
	w.put(0b11, 2) // screen content, as each frame says
	w.put(0, 3)
	w.put(1, 9)                              // colours, no film grain, stop bit
	const aggregation, header = 0x18, 1 << 3 // RTP payload format for AV1 4.4: one OBU, which begins a sequence
	return append([]byte{aggregation, header}, w.b...)
}

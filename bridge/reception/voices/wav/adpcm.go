package wav

import "encoding/binary"

// Blocks that Encode makes. Each begins with a sample of 16 bits and the step's index.
const (
	blockBytes   = 512
	blockSamples = (blockBytes-4)*2 + 1
)

// steps and turns are the tables of IMA ADPCM.
var steps = [...]int{
	7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143,
	157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552,
	1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487,
	12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
}

var turns = [8]int{-1, -1, -1, -1, 2, 4, 6, 8}

// predictor is the state of both sides.
type predictor struct{ value, index int }

// take follows one code of four bits.
func (p *predictor) take(code byte) int16 {
	step := steps[p.index]
	d := step >> 3
	if code&4 != 0 {
		d += step
	}
	if code&2 != 0 {
		d += step >> 1
	}
	if code&1 != 0 {
		d += step >> 2
	}
	if code&8 != 0 {
		d = -d
	}
	p.value = min(max(p.value+d, -32768), 32767)
	p.index = min(max(p.index+turns[code&7], 0), len(steps)-1)
	return int16(p.value)
}

// code gives the code that leads nearest to a sample, and follows it.
func (p *predictor) code(sample int16) byte {
	d, step := int(sample)-p.value, steps[p.index]
	var c byte
	if d < 0 {
		c, d = 8, -d
	}
	for bit := byte(4); bit > 0; bit >>= 1 {
		if d >= step {
			c |= bit
			d -= step
		}
		step >>= 1
	}
	p.take(c)
	return c
}

// decodeADPCM decodes blocks of so many bytes; the last may be shorter.
func decodeADPCM(b []byte, align, most int) ([]int16, error) {
	if align < 8 {
		return nil, ErrFormat
	}
	var pcm []int16
	for len(b) >= 4 {
		block := b[:min(align, len(b))]
		b = b[len(block):]
		if len(pcm)+2*len(block) > most+2*align {
			return nil, ErrLong
		}
		p := predictor{int(int16(binary.LittleEndian.Uint16(block))), min(int(block[2]), len(steps)-1)}
		pcm = append(pcm, int16(p.value))
		for _, c := range block[4:] {
			pcm = append(pcm, p.take(c&15), p.take(c>>4))
		}
	}
	return pcm, nil
}

// encodeADPCM fills the last block up with silence.
func encodeADPCM(pcm []int16) (b []byte) {
	index := 0
	for len(pcm) > 0 {
		block := make([]int16, blockSamples)
		pcm = pcm[copy(block, pcm):]
		p := predictor{int(block[0]), index}
		b = binary.LittleEndian.AppendUint16(b, uint16(block[0]))
		b = append(b, byte(index), 0)
		for i := 1; i < blockSamples; i += 2 {
			low := p.code(block[i])
			b = append(b, low|p.code(block[i+1])<<4)
		}
		index = p.index
	}
	return b
}

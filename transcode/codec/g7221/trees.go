package g7221

import "math/bits"

// tree finds what a code word stands for: a node has a place for either bit,
// which holds the next node or, negative, the value found.
type tree [][2]int16

// grow makes the tree of a table of code words. Where several values share a
// code word it means the first of them.
func grow(codes []uint32) tree {
	t := tree{{}}
	for value, c := range codes {
		t = t.plant(c, ^int16(value))
	}
	return t
}

func (t tree) plant(code uint32, leaf int16) tree {
	node := int16(0)
	for n := length(code) - 1; n > 0; n-- {
		bit := code >> n & 1
		if t[node][bit] == 0 {
			t = append(t, [2]int16{})
			t[node][bit] = int16(len(t) - 1)
		}
		node = t[node][bit]
	}
	if place := &t[node][code&1]; *place == 0 {
		*place = leaf
	}
	return t
}

// read gives the value of the next code word. It ends after as many bits as
// the longest code word has, whatever they are.
func (t tree) read(r *reader) int {
	node := int16(0)
	for {
		if node = t[node][r.bit()]; node < 0 {
			return int(^node)
		}
	}
}

// length is a code word's number of bits.
func length(code uint32) int { return bits.Len32(code) - 1 }

var (
	envelopeTrees = func() (t [len(envelopeCodes)]tree) {
		for i := range envelopeCodes {
			t[i] = grow(envelopeCodes[i][:])
		}
		return t
	}()
	vectorTrees = func() (t [noise]tree) {
		for i := range vectorCodes {
			t[i] = grow(vectorCodes[i])
		}
		return t
	}()
)

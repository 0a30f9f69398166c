package h26x

import "strings"

// chrominance makes a table of MCBPC: four codes for each macroblock type.
func chrominance(bits int, types map[int]string) *vlc {
	v := newVLC(bits)
	v.add("000000001", stuffing263*4)
	for kind, codes := range types {
		for i, c := range strings.Fields(codes) {
			v.add(c, kind*4+i)
		}
	}
	return v
}

// coefficients makes a table of transform coefficients. By last and run, each text has
// the codes of the levels from 1 up, without their sign. The level is not told.
func coefficients(bits, escape int, escapeCode string, codes [][]string) *vlc {
	v := newVLC(bits)
	v.add(escapeCode, escape)
	for last, runs := range codes {
		for run, levels := range runs {
			for _, c := range strings.Fields(levels) {
				v.add(c, last*lastCoefficient+run)
			}
		}
	}
	return v
}

package h26x

import (
	"testing"
)

// TestTables holds that no code begins another, by the share of all bit
// patterns that the codes take.
func TestTables(t *testing.T) {
	for name, c := range map[string]struct {
		v     *vlc
		codes int
	}{
		"MCBPC intra": {mcbpcIntra, 9}, "MCBPC inter": {mcbpcInter, 25}, "CBPY": {cbpy, 16}, "TCOEF": {coefficients263, 103},
		"MVD": {vectors, 33}, "MBA": {addresses, 34}, "MTYPE": {kinds261, 10}, "CBP": {patterns, 63},
		"first TCOEFF": {firstCoefficient, 64}, "TCOEFF": {coefficients261, 65},
	} {
		found := 0
		for at := 0; at < len(c.v.codes); {
			code := c.v.codes[at]
			if code.size == 0 {
				at++
				continue
			}
			span := 1 << (c.v.bits - int(code.size))
			for i := range span {
				if at%span != 0 || c.v.codes[at+i] != code {
					t.Fatalf("%s: codes overlap at %b", name, at+i)
				}
			}
			at += span
			found++
		}
		if found != c.codes {
			t.Errorf("%s: %d codes", name, found)
		}
	}
}

func TestPicture263(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		want  Picture263
		ok    bool
	}{
		"CIF intra":       {[]byte{0, 0, 0x80, 0x02, 0x0c, 0x00}, Picture263{Width: 352, Height: 288, Format: 3, Intra: true}, true},
		"QCIF inter":      {[]byte{0, 0, 0x80, 0x02, 0x0a, 0x00}, Picture263{Width: 176, Height: 144, Format: 2}, true},
		"no format":       {[]byte{0, 0, 0x80, 0x02, 0x00, 0x00}, Picture263{}, false},
		"reserved format": {[]byte{0, 0, 0x80, 0x02, 0x18, 0x00}, Picture263{}, false},
		"no start code":   {[]byte{0, 0, 0x84, 0x02, 0x0c, 0x00}, Picture263{}, false},
		"marker missing":  {[]byte{0, 0, 0x80, 0x00, 0x0c, 0x00}, Picture263{}, false},
		"cut":             {[]byte{0, 0, 0x80, 0x02}, Picture263{}, false},
		"nothing":         {nil, Picture263{}, false},
	} {
		if p, err := ParsePicture263(c.bytes); err == nil != c.ok || p != c.want {
			t.Errorf("%s: %+v %v", name, p, err)
		}
	}
}

// TestPicture263Extended reads what FFmpeg makes of sizes that have no name.
func TestPicture263Extended(t *testing.T) {
	for i, frame := range encode(t, "320x240", "-c:v h263p -f h263") {
		p, err := ParsePicture263(frame)
		if err != nil || !p.Extended || p.Intra != (i == 0) || p.Width != 320 || p.Height != 240 {
			t.Errorf("picture %d: %+v %v", i, p, err)
		}
		if _, err := Cuts263(nil, frame); err == nil {
			t.Error("a picture that RFC 2190 does not know was cut")
		}
	}
}

func FuzzCuts263(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x02, 0x1d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		ParsePicture263(b)
		cuts, err := Cuts263(nil, b)
		checkCuts(t, cuts, err, len(b))
	})
}

func FuzzCuts261(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		ParsePicture261(b)
		if Intra261(b, true) && !Intra261(b, false) {
			t.Error("an intra picture does not begin as one")
		}
		cuts, err := Cuts261(nil, b)
		checkCuts(t, cuts, err, len(b))
	})
}

// FuzzPayload reads what may be an RTP payload.
func FuzzPayload(f *testing.F) {
	f.Add([]byte{0, 0x60, 0, 0, 0, 0, 0x80, 2, 0x0c, 0, 0x10, 0xff})
	f.Add([]byte{4, 0, 0x80, 2, 0x1c, 0x4e, 0, 0x08, 1, 0x13, 0xcf, 0xff})
	f.Add([]byte{1, 0, 0, 0, 0, 1, 0, 0x0e, 0, 1, 0x14, 0x31, 0x80, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		rfc2190, rfc4629 := Begins263(b)
		if _, ok := Payload263Picture(b); rfc2190 && rfc4629 || ok && !rfc2190 && !rfc4629 {
			t.Error("a picture of both formats, or of none")
		}
		old, _ := Read2190(b)
		other, _ := Read4629(b)
		if len(old.Body) > len(b) || len(other.Body)+len(other.Header) > len(b) {
			t.Error("more than there is")
		}
		if _, intra, ok := Payload261Picture(b); intra && !ok {
			t.Error("an intra picture that does not begin")
		}
	})
}

func checkCuts(t *testing.T, cuts []Cut, err error, size int) {
	for i, c := range cuts {
		if i > 0 && c.Bit <= cuts[i-1].Bit || err == nil && c.Bit > size*8 || c.HMV < -32 || c.HMV > 31 || c.Quant > 31 {
			t.Fatalf("cut %d of %d bytes: %+v", i, size, c)
		}
	}
	if len(cuts) > 88*72 {
		t.Fatalf("%d cuts", len(cuts))
	}
}

func BenchmarkCuts(b *testing.B) {
	for name, c := range map[string]struct {
		args string
		cuts func([]Cut, []byte) ([]Cut, error)
	}{
		"H.263": {"-c:v h263 -b:v 512k -f h263", Cuts263}, "H.261": {"-c:v h261 -b:v 512k -f h261", Cuts261},
	} {
		b.Run(name, func(b *testing.B) {
			frame := encode(b, "352x288", c.args)[6]
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			var cuts []Cut
			for b.Loop() {
				cuts, _ = c.cuts(cuts[:0], frame)
			}
		})
	}
}

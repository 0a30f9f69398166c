//go:build cgo && !nocodecs

package h264

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	bitstream "github.com/roombridge/roombridge/bridge/h264"
)

// card draws a picture with edges, gradients and some noise.
func card(w, h int) []byte {
	p := make([]byte, w*h*3/2)
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	for y := range h {
		for x := range w {
			v := 40 + x*100/w + y*60/h
			if (x/16+y/16)%3 == 0 {
				v += 40
			}
			p[y*w+x] = byte(v + r.IntN(4))
		}
	}
	for i := range p[w*h:] {
		p[w*h+i] = byte(118 + i%20)
	}
	return p
}

func stream(units [][]byte) (b []byte) {
	for _, u := range units {
		b = append(append(b, 0, 0, 0, 1), u...)
	}
	return b
}

func psnr(a, b []byte) float64 {
	var sum float64
	for i := range a {
		sum += math.Pow(float64(a[i])-float64(b[i]), 2)
	}
	return 10 * math.Log10(255*255/max(sum/float64(len(a)), 1e-9))
}

var sizes = []struct {
	w, h  int
	level uint8
}{{176, 144, 10}, {352, 288, 11}, {352, 288, 12}, {640, 360, 30}, {768, 448, 22}, {1024, 576, 31}, {1280, 720, 31}, {1920, 1080, 40}}

// Each size in each profile decodes to what was encoded, keeps to the slices'
// bound and says what it is in its SPS.
func TestStill(t *testing.T) {
	for _, profile := range []uint8{66, 77, 100} {
		for _, s := range sizes {
			picture := card(s.w, s.h)
			units, err := EncodeStill(StillConfig{Width: s.w, Height: s.h, Profile: profile, Level: s.level, MaxNAL: 1200}, picture)
			if err != nil {
				t.Fatalf("%+v: %v", s, err)
			}
			if sps := units[0]; sps[0]&0x1f != typeSPS || sps[1] != profile || sps[3] != s.level || profile == 66 && sps[2]&0x40 == 0 {
				t.Errorf("%+v, profile %d: SPS % x", s, profile, sps[:4])
			}
			total, largest := measure(units)
			if largest > 1200 {
				t.Errorf("%+v: a unit of %d bytes", s, largest)
			}
			if units[1][0]&0x1f != typePPS || units[2][0]&0x1f != typeIDR || total < 500 {
				t.Errorf("%+v: %d units, %d bytes", s, len(units), total)
			}
			checkDecodes(t, units, picture, s.w, s.h)
		}
	}
}

func checkDecodes(t *testing.T, units [][]byte, picture []byte, w, h int) {
	t.Helper()
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, _, _, err := d.Picture(); err == nil {
		t.Error("a picture before the first")
	}
	r, err := d.Decode(stream(units))
	if err != nil || r != (Result{Frames: 1, Keyframes: 1}) {
		t.Fatalf("%+v, %v", r, err)
	}
	got, gw, gh, err := d.Picture()
	if err != nil || gw != w || gh != h {
		t.Fatalf("%dx%d, %v", gw, gh, err)
	}
	if p := psnr(picture, got); p < 32 {
		t.Errorf("%dx%d: PSNR %.1f dB", w, h, p)
	}
}

// What follows a still says "as before": the gateway makes such pictures, and
// the decoder shows the still on.
func TestStillGoesOn(t *testing.T) {
	for _, profile := range []uint8{66, 77, 100} {
		picture := card(640, 360)
		units, err := EncodeStill(StillConfig{Width: 640, Height: 360, Profile: profile, Level: 30, MaxNAL: 1200}, picture)
		if err != nil {
			t.Fatal(err)
		}
		skips, err := bitstream.NewSkips(units[0], units[1])
		if err != nil {
			t.Fatalf("profile %d: %v", profile, err)
		}
		d, err := NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if _, err := d.Decode(stream(units)); err != nil {
			t.Fatal(err)
		}
		first, _, _, err := d.Picture()
		if err != nil {
			t.Fatal(err)
		}
		first = bytes.Clone(first)
		for i := range 40 {
			nal, err := skips.Next(nil)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := d.Decode(stream([][]byte{nal})); err != nil || r != (Result{Frames: 1}) {
				t.Fatalf("profile %d, picture %d: %+v, %v", profile, i, r, err)
			}
			got, _, _, err := d.Picture()
			if err != nil || !bytes.Equal(got, first) {
				t.Fatalf("profile %d: picture %d differs, %v", profile, i, err)
			}
		}
	}
}

func TestStillSize(t *testing.T) {
	picture := card(640, 360)
	for _, most := range []int{60000, 20000, 8000} {
		units, err := EncodeStill(StillConfig{Width: 640, Height: 360, Profile: 66, Level: 30, MaxSize: most, MaxNAL: 1400}, picture)
		if err != nil {
			t.Fatal(err)
		}
		if total, _ := measure(units); total > most {
			t.Errorf("%d bytes, %d are allowed", total, most)
		}
	}
	if _, err := EncodeStill(StillConfig{Width: 640, Height: 360, Profile: 66, Level: 30, MaxSize: 100}, picture); err == nil {
		t.Error("a picture in 100 bytes")
	}
}

// Loss, damage and rubbish are counted; the decoder goes on.
func TestDamage(t *testing.T) {
	picture := card(352, 288)
	units, err := EncodeStill(StillConfig{Width: 352, Height: 288, Profile: 66, Level: 13, MaxNAL: 600}, picture)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Decode(nil); err == nil {
		t.Error("nothing was decoded")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := stream(units)
		for range r.IntN(30) + 1 {
			b[r.IntN(len(b))] ^= byte(1 << r.IntN(8))
		}
		_, _ = d.Decode(b[:r.IntN(len(b))+1])
	}
	if r, err := d.Decode(stream(units)); err != nil || r.Frames != 1 || r.Damaged != 0 {
		t.Errorf("after damage: %+v, %v", r, err)
	}
	got, _, _, err := d.Picture()
	if err != nil || psnr(picture, got) < 30 {
		t.Errorf("after damage: %v", err)
	}
}

// A picture beyond the bound is refused before memory is taken for it.
func TestResolutionBomb(t *testing.T) {
	units, err := EncodeStill(StillConfig{Width: 64, Height: 64, Profile: 66, Level: 51}, card(64, 64))
	if err != nil {
		t.Fatal(err)
	}
	// Baseline SPS after the level: ue(0) sps_id, ue log2_max_frame_num... The
	// size is replaced by 16000x16000 by writing the bits anew.
	bomb := append([]byte{0x67, 66, 0xc0, 51}, bits("1 010 011 00110 0 000000000 1111101000 0000000001111101000 1 1 0 0 1")...)
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r, _ := d.Decode(stream(append([][]byte{bomb}, units[1:]...)))
	if w, h := d.Size(); r.Frames > 0 && w*h > MaxWidth*MaxHeight {
		t.Errorf("decoded %dx%d", w, h)
	}
}

// bits packs a string of 0 and 1.
func bits(s string) []byte {
	var out []byte
	n := 0
	for _, c := range s {
		if c == ' ' {
			continue
		}
		if n%8 == 0 {
			out = append(out, 0)
		}
		if c == '1' {
			out[n/8] |= 0x80 >> (n % 8)
		}
		n++
	}
	return out
}

func FuzzDecode(f *testing.F) {
	units, err := EncodeStill(StillConfig{Width: 64, Height: 48, Profile: 66, Level: 10, MaxNAL: 400}, card(64, 48))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stream(units))
	f.Add(bytes.Repeat([]byte{0, 0, 1, 0x65, 0x88}, 5))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for range 2 {
			_, _ = d.Decode(b)
		}
		_, _, _, _ = d.Picture()
	})
}

func BenchmarkStill720p(b *testing.B) {
	picture := card(1280, 720)
	for b.Loop() {
		if _, err := EncodeStill(StillConfig{Width: 1280, Height: 720, Profile: 66, Level: 31, MaxNAL: 1200}, picture); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode720p(b *testing.B) {
	units, err := EncodeStill(StillConfig{Width: 1280, Height: 720, Profile: 66, Level: 31}, card(1280, 720))
	if err != nil {
		b.Fatal(err)
	}
	d, err := NewDecoder()
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	in := stream(units)
	for b.Loop() {
		if _, err := d.Decode(in); err != nil {
			b.Fatal(err)
		}
	}
}

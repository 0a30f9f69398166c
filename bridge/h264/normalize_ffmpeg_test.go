package h264

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/roombridge/roombridge/bridge/packet"
)

// pictures cuts a stream into access units by its first slices; parameter
// sets go with the picture behind them.
func pictures(t *testing.T, nals [][]byte) (out [][][]byte) {
	t.Helper()
	sliced := true
	for _, nal := range nals {
		begins := beginsAccessUnit(Unit{Header: nal[0], Body: nal[1:], Start: true})
		if begins && sliced {
			out, sliced = append(out, nil), false
		}
		out[len(out)-1] = append(out[len(out)-1], nal)
		sliced = sliced || isSlice(Type(nal))
	}
	return out
}

// terminal sends pictures as a device does, through a Normalizer, and gives
// what is assembled at the other end.
type terminal struct {
	t       *testing.T
	mode    uint8
	mtu     int
	change  func(picture [][]byte) [][]byte // before it is packetised
	sprop   string
	lose    func(picture, packet int) bool
	keys    int
	markers int
	units   []AccessUnit
	stats   NormalizerStats
}

func (d *terminal) run(pics [][][]byte) []byte {
	var stream []byte
	a := NewAssembler(0, func(au *AccessUnit) {
		if !au.Damaged {
			stream = append(stream, au.Data...)
		}
		c := *au
		c.Data = nil
		d.units = append(d.units, c)
	})
	n := NewNormalizer(0, func(p *packet.Packet) {
		if p.Keyframe {
			d.keys++
			if !Keyframe(p.Payload) {
				d.t.Errorf("keyframe of %x", p.Payload)
			}
		}
		if p.Marker {
			d.markers++
		}
		if t := Type(p.Payload); t > TypeSTAPA && t != TypeFUA || len(p.Payload) > DefaultMTU {
			d.t.Errorf("packet of type %d and %d bytes", t, len(p.Payload))
		}
		a.Push(p)
	})
	if err := n.Sets().AddSprop(d.sprop); err != nil {
		d.t.Fatal(err)
	}
	seq := uint16(65000)
	for i, pic := range pics {
		if d.change != nil {
			pic = d.change(pic)
		}
		payloads, err := Packetize(pic, d.mode, d.mtu)
		if err != nil {
			d.t.Fatal(err)
		}
		for j, payload := range payloads {
			seq++
			if d.lose != nil && d.lose(i, j) {
				continue
			}
			n.Push(&packet.Packet{
				Header:  packet.Header{Seq: seq, Timestamp: uint32(i) * 3600, Marker: j == len(payloads)-1},
				Payload: payload,
			})
		}
	}
	a.Flush()
	d.stats = n.Stats()
	return stream
}

func sprop(nals [][]byte) string {
	var s string
	for _, nal := range nals {
		if Type(nal) == TypeSPS || Type(nal) == TypePPS {
			s += base64.StdEncoding.EncodeToString(nal) + ","
		}
	}
	return s
}

func withoutSets(picture [][]byte) (out [][]byte) {
	for _, nal := range picture {
		if Type(nal) != TypeSPS && Type(nal) != TypePPS {
			out = append(out, nal)
		}
	}
	return out
}

// decorated adds what SVC and other peers put around the base layer.
func decorated(picture [][]byte) [][]byte {
	out := [][]byte{audUnit}
	for _, nal := range picture {
		if isSlice(Type(nal)) {
			out = append(out, []byte{0x6e, 0x40, 0x80, 0x07})
		}
		out = append(out, nal)
	}
	return append(out, make1(0x74, 900), make1(0x75, 30))
}

// TestNormalizeStreams sends streams of FFmpeg in the ways of terminals. What
// is assembled behind the Normalizer decodes to the pictures of the original.
func TestNormalizeStreams(t *testing.T) {
	mode0 := clip{w: 320, h: 192, frames: 25, profile: "baseline", x264: "slice-max-size=1100:keyint=8:bitrate=1500"}
	high := clip{w: 320, h: 192, frames: 25, profile: "high", x264: "keyint=8:bitrate=2500:slices=2"}
	for name, c := range map[string]struct {
		clip    clip
		mode    uint8
		mtu     int
		strip   bool // parameter sets are in the signalling only
		change  func([][]byte) [][]byte
		inserts uint64
	}{
		"mode 0":                        {clip: mode0},
		"mode 0, sets in signalling":    {clip: mode0, strip: true, change: withoutSets, inserts: 4},
		"mode 0, layers":                {clip: mode0, change: decorated},
		"mode 1":                        {clip: high, mode: 1},
		"mode 1, sets in signalling":    {clip: high, mode: 1, strip: true, change: withoutSets, inserts: 4},
		"mode 1, layers, large packets": {clip: high, mode: 1, mtu: 1400, change: decorated},
		"mode 0, large units":           {clip: high, mode: 0, mtu: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			nals := encode(t, c.clip)
			pics := pictures(t, nals)
			if len(pics) != c.clip.frames {
				t.Fatalf("%d pictures", len(pics))
			}
			d := terminal{t: t, mode: c.mode, mtu: c.mtu, change: c.change}
			if c.strip {
				d.sprop = sprop(nals)
			}
			got := decode(t, d.run(pics), c.clip.w, c.clip.h)
			want := decode(t, AppendAnnexB(nil, nals...), c.clip.w, c.clip.h)
			if len(got) != len(want) {
				t.Fatalf("%d pictures decoded, want %d", len(got), len(want))
			}
			for i := range got {
				if !bytes.Equal(got[i], want[i]) {
					t.Fatalf("picture %d differs", i)
				}
			}
			if d.keys != 4 || d.markers != len(pics) || d.stats.Inserted != c.inserts || d.stats.Lost != 0 || d.stats.Undecodable != 0 {
				t.Errorf("%d keyframes, %d markers, %+v", d.keys, d.markers, d.stats)
			}
			for i, au := range d.units {
				if au.Keyframe != (i%8 == 0) || au.Damaged {
					t.Errorf("unit %d: %+v", i, au)
				}
			}
		})
	}
}

// TestNormalizeStreamLoss loses packets: the damage is seen behind the
// Normalizer, nowhere else, and each keyframe heals it.
func TestNormalizeStreamLoss(t *testing.T) {
	c := clip{w: 320, h: 192, frames: 33, profile: "baseline", x264: "slice-max-size=1100:keyint=8:bitrate=1500"}
	nals := encode(t, c)
	d := terminal{t: t, change: decorated, lose: func(picture, packet int) bool {
		return picture == 5 && packet == 2 || picture == 8 && packet == 0 || picture == 16 && packet == 4 || picture == 20
	}}
	d.run(pictures(t, nals))
	damaged := map[uint32]bool{}
	for _, au := range d.units {
		damaged[au.Timestamp/3600] = au.Damaged
	}
	// Picture 5 lost its first slice, 8 a delimiter before its first packet,
	// 16 its first slice, 21 follows a picture that is missing as a whole.
	for i := range uint32(33) {
		want := i == 5 || i == 8 || i == 16 || i == 21
		if got, came := damaged[i]; came != (i != 20) || got != want {
			t.Errorf("picture %d: came %v, damaged %v", i, came, got)
		}
	}
	if d.keys != 4 || d.stats.Undecodable != 1 {
		t.Errorf("%d keyframes, %+v", d.keys, d.stats)
	}
	if d.stats.Lost != uint64(3+len(mustPacketize(t, decorated(pictures(t, nals)[20])))) {
		t.Errorf("%+v", d.stats)
	}
}

func mustPacketize(t *testing.T, nals [][]byte) [][]byte {
	t.Helper()
	p, err := Packetize(nals, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

package payload

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/h26x"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// ffmpeg runs FFmpeg over pipes and gives what it writes; anything that it
// complains of fails the test. The project's test set-up installs it.
func ffmpeg(t testing.TB, stdin []byte, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal("these tests need ffmpeg in PATH (Debian: apt install ffmpeg)")
	}
	cmd := exec.Command(path, append([]string{"-hide_banner", "-nostdin", "-v", "warning", "-threads", "1"}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("ffmpeg %q: %v\n%.2000s", args, err, complaints.Bytes())
	}
	return out.Bytes()
}

// clip is a moving test picture, encoded.
type clip struct {
	codec media.Codec
	args  string // of ffmpeg's encoder and muxer
	size  string

	once    sync.Once
	raw     []byte // as FFmpeg wrote it
	encoded []codec.Encoded
	keys    int
}

// Encoders for live pictures.
const (
	x264 = "-c:v libx264 -preset veryfast -tune zerolatency -g 10"
	x265 = "-c:v libx265 -preset ultrafast -tune zerolatency -g 10 -b:v 1M"
	live = " -deadline realtime -cpu-used 8 -lag-in-frames 0 -auto-alt-ref 0 -g 10 -b:v 1M -f ivf"
)

// clips are what the tests send. CIF and QCIF come with motion across macroblocks, larger
// ones with GOB headers and without.
var clips = map[string]*clip{
	"h264":        {codec: media.H264, size: "640x360", args: x264 + " -b:v 1M -f h264"},
	"h264 sliced": {codec: media.H264, size: "640x360", args: x264 + " -profile:v baseline -x264-params slice-max-size=1100:threads=1 -f h264"},
	"vp8":         {codec: media.VP8, size: "640x360", args: "-c:v libvpx" + live},
	"h263":        {codec: media.H263, size: "352x288", args: "-c:v h263 -g 10 -b:v 512k -f h263"},
	"h263 gobs":   {codec: media.H263, size: "352x288", args: "-c:v h263 -g 10 -b:v 512k -ps 200 -f h263"},
	"h263 4cif":   {codec: media.H263, size: "704x576", args: "-c:v h263 -g 10 -qscale:v 8 -f h263"},
	"h263p":       {codec: media.H263P, size: "320x240", args: "-c:v h263p -g 10 -b:v 512k -f h263"},
	"h263p gobs":  {codec: media.H263P, size: "352x288", args: "-c:v h263p -g 10 -b:v 512k -ps 200 -f h263"},
	"h265":        {codec: media.H265, size: "640x360", args: x265 + " -x265-params log-level=0:slices=2:repeat-headers=1:pools=1 -f hevc"},
	"vp9":         {codec: media.VP9, size: "640x360", args: "-c:v libvpx-vp9" + live},
	"av1":         {codec: media.AV1, size: "640x360", args: "-c:v libaom-av1 -usage realtime -cpu-used 8 -lag-in-frames 0 -g 10 -b:v 1M -f ivf"},
	"h261":        {codec: media.H261, size: "352x288", args: "-c:v h261 -g 10 -b:v 512k -f h261"},
	"h261 qcif":   {codec: media.H261, size: "176x144", args: "-c:v h261 -g 10 -b:v 64k -f h261"},
}

const clipFrames = 25

// source is FFmpeg's input.
func (c *clip) source() string {
	return fmt.Sprintf("-f lavfi -i testsrc2=rate=25:size=%s,scroll=h=0.006:v=0.003 -frames:v %d -pix_fmt yuv420p", c.size, clipFrames)
}

// load encodes a clip, once for all tests.
func load(t testing.TB, name string) *clip {
	t.Helper()
	c := clips[name]
	c.once.Do(func() {
		c.raw = ffmpeg(t, nil, append(strings.Fields(c.source()+" "+c.args), "-")...)
		c.encoded = split(t, c.codec, c.raw)
		for _, e := range c.encoded {
			if e.Key {
				c.keys++
			}
		}
	})
	if len(c.encoded) != clipFrames {
		t.Fatalf("%s: %d frames", name, len(c.encoded))
	}
	return c
}

// split takes an elementary stream apart. It knows keyframes from what ffmpeg was told.
func split(t testing.TB, c media.Codec, stream []byte) []codec.Encoded {
	switch c {
	case media.H264:
		return splitH264(stream)
	case media.VP8:
		return splitIVF(stream, vp8Key)
	case media.VP9:
		return splitIVF(stream, vp9Key)
	case media.AV1:
		return splitIVF(stream, func(b []byte) bool { return b[2]>>3&15 == obuSequence })
	case media.H265:
		return splitH265(stream)
	case media.H263, media.H263P:
		return splitRaw(stream, h26x.StartsPicture263)
	case media.H261:
		return splitRaw(stream, h26x.StartsPicture261)
	}
	t.Fatalf("%s?", c)
	return nil
}

func splitH264(stream []byte) []codec.Encoded {
	var all []codec.Encoded
	var cur codec.Encoded
	for _, nal := range h264.SplitAnnexB(stream) {
		cur.Units = append(cur.Units, nal)
		s, err := h264.ParseSlice(nal)
		if err != nil {
			continue
		}
		cur.Key = cur.Key || h264.Type(nal) == h264.TypeIDR
		if s.FirstMB > 0 { // goes with the picture before
			last := &all[len(all)-1]
			last.Units = append(last.Units, cur.Units...)
		} else {
			all = append(all, cur)
		}
		cur = codec.Encoded{}
	}
	return all
}

func splitH265(stream []byte) []codec.Encoded {
	all := []codec.Encoded{{}}
	for _, nal := range h264.SplitAnnexB(stream) { // start codes are the same
		cur := &all[len(all)-1]
		if cur.Units = append(cur.Units, nal); h265Type(nal) > h265LastSlice {
			continue
		}
		cur.Key = h265Type(nal) >= h265FirstKey
		if nal[h265Header]&0x80 == 0 { // goes with the picture before
			before := &all[len(all)-2]
			before.Units = append(before.Units, cur.Units...)
			*cur = codec.Encoded{}
		} else {
			all = append(all, codec.Encoded{})
		}
	}
	return all[:len(all)-1]
}

func splitIVF(stream []byte, key func([]byte) bool) []codec.Encoded {
	var all []codec.Encoded
	for b := stream[32:]; len(b) > 12; {
		n := binary.LittleEndian.Uint32(b)
		frame := b[12 : 12+n]
		b = b[12+n:]
		all = append(all, codec.Encoded{Units: [][]byte{frame}, Key: key(frame)})
	}
	return all
}

// splitRaw splits at start codes. Every tenth picture is intra.
func splitRaw(stream []byte, starts func([]byte) bool) []codec.Encoded {
	var all []codec.Encoded
	from := 0
	for i := 1; i <= len(stream); i++ {
		if i == len(stream) || starts(stream[i:]) {
			all = append(all, codec.Encoded{Units: [][]byte{stream[from:i]}, Key: len(all)%10 == 0})
			from = i
		}
	}
	return all
}

// whole gives an encoded frame as an assembler gives it.
func whole(c media.Codec, e codec.Encoded) []byte {
	if c == media.H264 || c == media.H265 {
		return h264.AppendAnnexB(nil, e.Units...)
	}
	return e.Units[0]
}

// picture is whole without parameter sets.
func picture(c media.Codec, e codec.Encoded) []byte {
	var slices [][]byte
	for _, nal := range e.Units {
		if c == media.H264 && h264.Type(nal) <= h264.TypeIDR || c == media.H265 && h265Type(nal) <= h265LastSlice {
			slices = append(slices, nal)
		}
	}
	if slices == nil {
		return whole(c, e)
	}
	return whole(c, codec.Encoded{Units: slices})
}

// packet is an RTP packet without its header's other fields.
type packet struct {
	seq       uint16
	timestamp uint32
	marker    bool
	payload   []byte
}

// packets sends a clip through a packetizer.
func packets(t testing.TB, p Packetizer, frames []codec.Encoded) []packet {
	t.Helper()
	var all []packet
	seq := uint16(65530) // wraps soon
	for i, e := range frames {
		payloads, err := p.Payloads(e)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		for k, b := range payloads {
			all = append(all, packet{seq, uint32(i) * 3600, k == len(payloads)-1, bytes.Clone(b)})
			seq++
		}
	}
	return all
}

// assemble gives the frames of packets.
func assemble(a Assembler, in []packet) []Frame {
	var all []Frame
	keep := func(f Frame, ok bool) bool {
		if ok {
			f.Data = bytes.Clone(f.Data)
			all = append(all, f)
		}
		return ok
	}
	for _, p := range in {
		keep(a.Push(p.seq, p.timestamp, p.marker, p.payload))
		for keep(a.Next()) {
		}
	}
	return all
}

func newTestAssembler(t testing.TB, c media.Codec) Assembler {
	t.Helper()
	a, err := NewAssembler(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// newTestPacketizer gives ours, or pion's where we have none.
func newTestPacketizer(t testing.TB, c media.Codec, o Options) Packetizer {
	t.Helper()
	switch c {
	case media.H265:
		return pionPacketizer{c, &codecs.H265Payloader{}, o.MTU}
	case media.AV1:
		return pionPacketizer{c, &codecs.AV1Payloader{}, o.MTU}
	}
	p, err := NewPacketizer(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pionPacketizer is another's packetizer.
type pionPacketizer struct {
	codec media.Codec
	p     rtp.Payloader
	mtu   int
}

func (p pionPacketizer) Payloads(e codec.Encoded) ([][]byte, error) {
	mtu := p.mtu
	if mtu == 0 {
		mtu = DefaultMTU
	}
	return p.p.Payload(uint16(mtu), whole(p.codec, e)), nil
}

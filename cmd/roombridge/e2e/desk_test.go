package e2e

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/reception/voices"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/room"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/g711"
	"github.com/roombridge/roombridge/transcode/codec/g722"
	"github.com/roombridge/roombridge/transcode/codec/g7221"
	"github.com/roombridge/roombridge/transcode/codec/g729"
	"github.com/roombridge/roombridge/transcode/codec/opus"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/payload"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// deskPatience is how late half of the screens may be on a machine that others use, too, with the
// start of the worker. Half a second is what it takes at most where there is a processor for it.
const deskPatience = 1500 * time.Millisecond

// A terminal in reception sees what it is shown and hears the prompt, whatever codecs it has.
func TestDeskInEveryCodec(t *testing.T) {
	engine, _ := receptionist(t)
	prompts, err := voices.Load("")
	if err != nil {
		t.Fatal(err)
	}
	opus48 := media.Format{Codec: media.Opus, PT: 111, ClockRate: 48000, Channels: 2}
	h264 := func(p media.H264Params) media.Format {
		return media.Format{Codec: media.H264, PT: 97, ClockRate: 90000, H264: p}
	}
	old := func(c media.Codec, pt uint8, s media.Sizes) media.Format {
		return media.Format{Codec: c, PT: pt, ClockRate: 90000, Sizes: s}
	}
	var all []time.Duration
	for _, c := range []struct {
		name    string
		sound   media.Format
		picture media.Format
		bitrate int
		w, h    int
	}{
		{"H.264 High, Opus", opus48, h264(media.H264Params{Profile: 100, Level: 40, Mode: 1}), 2_000_000, 1280, 720},
		{
			"H.264 Main, G.722", media.Format{Codec: media.G722, PT: 9, ClockRate: 8000},
			h264(media.H264Params{Profile: 77, Level: 31, Mode: 1}), 384_000, 640, 360,
		},
		{
			"H.264 in mode 0, PCMU", media.Format{Codec: media.PCMU, PT: 0, ClockRate: 8000},
			h264(media.H264Params{Profile: 66, Level: 12}), 384_000, 352, 288,
		},
		{"VP8, Opus", opus48, old(media.VP8, 96, media.Sizes{}), 1_000_000, 1280, 720},
		{
			"H.263+, G.722.1", media.Format{Codec: media.G7221, PT: 102, ClockRate: 16000, Bitrate: 24000},
			old(media.H263P, 98, media.Sizes{CIF: 1, QCIF: 1}), 384_000, 352, 288,
		},
		{
			"H.263, G.729", media.Format{Codec: media.G729, PT: 18, ClockRate: 8000},
			old(media.H263, 34, media.Sizes{CIF: 1, QCIF: 1}), 128_000, 176, 144,
		},
		{"H.261, PCMA", media.Format{Codec: media.PCMA, PT: 8, ClockRate: 8000}, old(media.H261, 31, media.Sizes{CIF: 1, QCIF: 1}), 384_000, 352, 288},
		{"H.261 in QCIF", media.Format{Codec: media.PCMA, PT: 8, ClockRate: 8000}, old(media.H261, 31, media.Sizes{QCIF: 2}), 64_000, 176, 144},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newCaller(t, c.sound, c.picture, c.bitrate)
			desk, err := engine.Receive(g.terminal())
			if err != nil {
				t.Fatal(err)
			}
			defer desk.Leave()
			pcm := prompts.Sound("vi", voices.WrongPIN)
			for i, n := range []bridge.Notice{
				{Title: "Chào mừng", Lines: []string{"Bấm số phòng họp, rồi bấm #"}, Asks: true, Footer: "#  nghe lại      *  English"},
				{Title: "Phòng họp giao ban", Lines: []string{"Bấm mã PIN của phòng, rồi bấm #"}, Entry: "••", Asks: true,
					Error: "Mã PIN sai. Còn 2 lần", Footer: "#  xong      *  xoá"},
			} {
				begun := time.Now()
				desk.Show(n)
				if i == 0 {
					desk.Say(pcm)
				}
				psnr, took := g.sees(t, n, c.w, c.h, begun)
				t.Logf("screen %d: %.1f dB after %v", i, psnr, took.Round(time.Millisecond))
				all = append(all, took)
			}
			g.hears(t, pcm)
			g.keep(t, c.name)
		})
	}
	slices.Sort(all)
	if median := all[len(all)/2]; median > deskPatience {
		t.Errorf("screens came after %v in the median", median)
	}
}

// One worker serves everybody in reception. When it dies, what they see stays, and the next screen is
// made by another worker.
func TestDesksOutliveTheirWorker(t *testing.T) {
	engine, s := receptionist(t)
	h261 := media.Format{Codec: media.H261, PT: 31, ClockRate: 90000, Sizes: media.Sizes{CIF: 1}}
	var all []*caller
	var desks []bridge.Desk
	for range 12 {
		g := newCaller(t, media.Format{Codec: media.PCMA, PT: 8, ClockRate: 8000}, h261, 384_000)
		d, err := engine.Receive(g.terminal())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Leave)
		all, desks = append(all, g), append(desks, d)
	}
	show := func(title string) {
		t.Helper()
		begun := time.Now()
		for i, d := range desks {
			d.Show(bridge.Notice{Title: title, Entry: fmt.Sprint(i), Asks: true})
		}
		for i, g := range all {
			g.sees(t, bridge.Notice{Title: title, Entry: fmt.Sprint(i), Asks: true}, 352, 288, begun)
		}
		t.Logf("%s: all see it after %v", title, time.Since(begun).Round(time.Millisecond))
	}
	show("Chào mừng")
	pids := s.PIDs()
	if len(pids) != 1 {
		t.Fatalf("%d workers for %d terminals", len(pids), len(all))
	}
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	show("Phòng họp giao ban")
	if now := s.PIDs(); len(now) != 1 || now[0] == pids[0] {
		t.Errorf("workers %v after %v", now, pids)
	}
}

// receptionist is an engine with the real worker.
func receptionist(t *testing.T) (*room.Engine, *transcode.Supervisor) {
	t.Helper()
	s := transcode.NewSupervisor(transcode.SupervisorConfig{Path: filepath.Join(bin, transcode.WorkerName)})
	t.Cleanup(s.Close)
	e, err := room.New(room.Config{Listen: []string{"udp://127.0.0.1:0"}, Worker: handyman{s}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) })
	return e, s
}

// handyman opens meetings that do all by themselves.
type handyman struct{ *transcode.Supervisor }

func (h handyman) Open(meeting string, ev transcode.Events) (room.Meeting, error) {
	return h.Supervisor.Open(meeting, ev)
}

// caller is both ends of a call: the gateway's streams and the terminal's, which decodes.
type caller struct {
	audio, video *relay.Stream // the gateway's
	sound        media.Format
	eye          *deskEye
	ear          *deskEar
}

func newCaller(t *testing.T, sound, picture media.Format, bitrate int) *caller {
	t.Helper()
	lo := netip.MustParseAddr("127.0.0.1")
	p, err := relay.NewPlane(relay.PlaneConfig{Address: lo, Announce: lo, PortMin: 43000, PortMax: 43999})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	join := func(k media.Kind, f media.Format, bitrate int, sink relay.Sink) *relay.Stream {
		var ends [2]*relay.Stream
		var at [2]netip.AddrPort
		for i := range ends {
			if ends[i], err = p.Open(relay.StreamOptions{CallID: t.Name(), Kind: k}); err != nil {
				t.Fatal(err)
			}
			rtp, _ := ends[i].Ports()
			at[i] = netip.AddrPortFrom(lo, rtp)
		}
		for i, s := range ends {
			st := media.Stream{Kind: k, Direction: media.SendRecv, Send: f, Recv: []media.Format{f}, Remote: at[1-i], SendBitrate: bitrate}
			if err := s.Apply(st); err != nil {
				t.Fatal(err)
			}
		}
		ends[1].Track().Attach(sink)
		return ends[0]
	}
	c := &caller{sound: sound, eye: newDeskEye(t, picture.Codec), ear: &deskEar{changed: make(chan struct{}, 1)}}
	c.audio = join(media.Audio, sound, 0, c.ear)
	c.video = join(media.Video, picture, bitrate, c.eye)
	return c
}

func (c *caller) terminal() bridge.Terminal {
	return bridge.Terminal{CallID: "1", Name: "Terminal", Audio: c.audio, Video: c.video}
}

// deskEye decodes pictures.
type deskEye struct {
	assembler payload.Assembler
	decoder   codec.VideoDecoder
	mu        sync.Mutex
	picture   *codec.Picture
	at        time.Time
	damaged   int
	closed    bool
	changed   chan struct{}
}

func newDeskEye(t *testing.T, c media.Codec) *deskEye {
	t.Helper()
	e := &deskEye{changed: make(chan struct{}, 1)}
	var err error
	if e.assembler, err = payload.NewAssembler(c); err == nil {
		e.decoder, err = pictures.NewVideoDecoder(c, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	return e
}

func (e *deskEye) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.picture != nil {
		e.picture.Release()
	}
	e.decoder.Close()
}

func (e *deskEye) WriteRTP(p *packet.Packet) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, ok := e.assembler.Push(p.Seq, p.Timestamp, p.Marker, p.Payload)
	if !ok || e.closed {
		return
	}
	pic, damaged, err := e.decoder.Decode(f.Data)
	if f.Damaged || damaged || err != nil {
		e.damaged++
	}
	if pic == nil {
		return
	}
	if e.picture != nil {
		e.picture.Release()
	}
	e.picture, e.at = pic, time.Now()
	signal(e.changed)
}

func (e *deskEye) Flush() {}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// sees waits until a notice is what is decoded, and tells how well and when.
func (c *caller) sees(t *testing.T, n bridge.Notice, w, h int, begun time.Time) (psnr float64, took time.Duration) {
	t.Helper()
	painter, err := screen.NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	img, err := painter.Notice(w, h, screen.Notice{Title: n.Title, Lines: n.Lines, Entry: n.Entry, Asks: n.Asks, Error: n.Error, Footer: n.Footer})
	if err != nil {
		t.Fatal(err)
	}
	want := screen.I420(img)
	deadline := time.After(patience)
	for {
		c.eye.mu.Lock()
		if p := c.eye.picture; p != nil && p.Width == w && p.Height == h {
			psnr, took = likeness(want, p), c.eye.at.Sub(begun)
		}
		damaged := c.eye.damaged
		c.eye.mu.Unlock()
		if psnr > 26 {
			if damaged > 0 {
				t.Errorf("%d damaged pictures", damaged)
			}
			return psnr, took
		}
		select {
		case <-c.eye.changed:
		case <-deadline:
			t.Fatalf("the screen did not come: %.1f dB", psnr)
		}
	}
}

// likeness compares brightness, in dB.
func likeness(want []byte, p *codec.Picture) float64 {
	sum := 0.0
	for y := range p.Height {
		for x := range p.Width {
			d := float64(want[y*p.Width+x]) - float64(p.Y[y*p.StrideY+x])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(p.Width*p.Height)/max(sum, 1))
}

// keep keeps the picture as the terminal decoded it, in SCREEN_DIR.
func (c *caller) keep(t *testing.T, name string) {
	dir := os.Getenv("SCREEN_DIR")
	if dir == "" {
		return
	}
	c.eye.mu.Lock()
	defer c.eye.mu.Unlock()
	p := c.eye.picture
	img := image.YCbCr{
		Y: p.Y, Cb: p.U, Cr: p.V, YStride: p.StrideY, CStride: p.StrideC, Rect: image.Rect(0, 0, p.Width, p.Height),
		SubsampleRatio: image.YCbCrSubsampleRatio420,
	}
	f, err := os.Create(filepath.Join(dir, fmt.Sprintf("desk %s.png", name)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, &img); err != nil {
		t.Fatal(err)
	}
}

// deskEar keeps packets of sound.
type deskEar struct {
	mu      sync.Mutex
	packets [][]byte
	seqs    []uint16
	changed chan struct{}
}

func (e *deskEar) WriteRTP(p *packet.Packet) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.packets, e.seqs = append(e.packets, slices.Clone(p.Payload)), append(e.seqs, p.Seq)
	signal(e.changed)
}

func (e *deskEar) Flush() {}

// hears waits for a prompt as a whole and compares how loud it is, piece by piece.
func (c *caller) hears(t *testing.T, pcm []int16) {
	t.Helper()
	packets := len(pcm) / (transcode.SpeechRate / 50)
	deadline := time.After(time.Duration(len(pcm))*time.Second/transcode.SpeechRate + patience)
	for {
		c.ear.mu.Lock()
		n := len(c.ear.packets)
		c.ear.mu.Unlock()
		if n >= packets+4 {
			break
		}
		select {
		case <-c.ear.changed:
		case <-deadline:
			t.Fatalf("%d packets of %d", n, packets)
		}
	}
	c.ear.mu.Lock()
	defer c.ear.mu.Unlock()
	for i, s := range c.ear.seqs {
		if s != c.ear.seqs[0]+uint16(i) {
			t.Fatalf("packet %d has number %d after %d", i, s, c.ear.seqs[i-1])
		}
	}
	heard, rate := decodedSound(t, c.sound, c.ear.packets)
	said := envelope(pcm, transcode.SpeechRate)
	best, level := 0.0, 0.0
	for shift := range 20 { // silence before it, and what codecs delay
		if r, l := correlation(said, envelope(heard, rate)[shift:]); r > best {
			best, level = r, l
		}
	}
	t.Logf("%s: likeness %.3f, level %+.1f dB", c.sound.Codec, best, level)
	if best < 0.9 || math.Abs(level) > 3 {
		t.Errorf("the prompt sounds otherwise: likeness %.3f, level %+.1f dB", best, level)
	}
}

func decodedSound(t *testing.T, f media.Format, packets [][]byte) ([]int16, int) {
	t.Helper()
	var d codec.Decoder
	var err error
	switch f.Codec {
	case media.Opus:
		d, err = opus.NewDecoder()
	case media.G722:
		d = g722.NewDecoder()
	case media.PCMU:
		d = g711.NewDecoder(g711.Mu)
	case media.PCMA:
		d = g711.NewDecoder(g711.A)
	case media.G7221:
		d, err = g7221.NewDecoder(f.ClockRate, f.Bitrate)
	case media.G729:
		d, err = g729.NewDecoder()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var all []int16
	pcm := make([]float32, codec.MaxFrame)
	for _, p := range packets {
		n, err := d.Decode(pcm, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range pcm[:n] {
			all = append(all, codec.Int16(v))
		}
	}
	return all, d.Rate()
}

// envelope is the loudness of each 10 ms, and some silence behind it.
func envelope(pcm []int16, rate int) (list []float64) {
	for part := range slices.Chunk(pcm, rate/100) {
		sum := 0.0
		for _, v := range part {
			sum += float64(v) * float64(v)
		}
		list = append(list, math.Sqrt(sum/float64(len(part))))
	}
	return append(list, make([]float64, 100)...)
}

// correlation compares two envelopes, and tells how much louder the second is, in dB.
func correlation(a, b []float64) (r, level float64) {
	n := min(len(a), len(b))
	var ab, aa, bb float64
	for i := range n {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	return ab / math.Sqrt(aa*bb+1), 10 * math.Log10((bb+1)/(aa+1))
}

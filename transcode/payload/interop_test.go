package payload

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
)

// header is the length of an RTP header without extensions.
const header = 12

// listen takes a UDP port of loopback.
func listen(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// record gives the packets that FFmpeg sends.
func record(t testing.TB, stdin []byte, args string) []packet {
	t.Helper()
	media, control := listen(t), listen(t)
	if err := media.SetReadBuffer(4 << 20); err != nil {
		t.Fatal(err)
	}
	to := fmt.Sprintf("rtp://%s?rtcpport=%d&pkt_size=1200", media.LocalAddr(), control.LocalAddr().(*net.UDPAddr).Port)
	ended := make(chan error, 1)
	go func() {
		cmd := exec.Command("ffmpeg", append(strings.Fields("-hide_banner -nostdin -v fatal "+args+" -payload_type 96 -f rtp"), to)...)
		cmd.Stdin = bytes.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("ffmpeg %s: %w\n%.2000s", args, err, out)
		}
		media.WriteTo([]byte("end"), media.LocalAddr()) // behind all that it sent
		ended <- err
	}()
	var got []packet
	buf := make([]byte, 2000)
	for {
		n, _, err := media.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		if n < header {
			break
		}
		got = append(got, packet{
			seq: binary.BigEndian.Uint16(buf[2:]), timestamp: binary.BigEndian.Uint32(buf[4:]), marker: buf[1]&0x80 != 0,
			payload: bytes.Clone(buf[header:n]),
		})
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return got
}

// stream gives a clip as a file of ffmpeg's.
func (c *clip) stream() (format string, b []byte) {
	fields := strings.Fields(c.args)
	format = fields[len(fields)-1]
	if format == "ivf" {
		return format, c.raw
	}
	for _, e := range c.encoded {
		b = append(b, whole(c.codec, e)...)
	}
	return format, b
}

// TestFromFFmpeg puts together what FFmpeg sends, bit for bit what it was made of.
func TestFromFFmpeg(t *testing.T) {
	for _, c := range []struct{ name, clip, flags string }{
		{"H.264 mode 1", "h264", ""},
		{"H.264 mode 0", "h264 sliced", "-rtpflags h264_mode0"},
		{"VP8", "vp8", ""},
		{"VP9", "vp9", "-strict experimental"},
		{"H.265", "h265", ""},
		{"RFC 4629", "h263p", ""},
		{"RFC 4629 GOBs", "h263p gobs", ""},
		{"RFC 4629 of H.263", "h263", ""},
		{"H.261", "h261", "-strict experimental"},
		{"H.261 QCIF", "h261 qcif", "-strict experimental"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clip := load(t, c.clip)
			format, b := clip.stream()
			got := record(t, b, "-r 25 -f "+format+" -i - -c copy "+c.flags)
			sameBits(t, clip, got)
		})
	}
}

// sameBits holds that packets of another make a clip's frames.
func sameBits(t *testing.T, c *clip, got []packet) {
	t.Helper()
	frames := assemble(newTestAssembler(t, c.codec), got)
	if len(frames) != clipFrames {
		t.Fatalf("%d frames of %d packets", len(frames), len(got))
	}
	for i, f := range frames {
		if c.codec == media.H265 { // FFmpeg takes zeros of start codes for a part of units
			f.Data = h264.AppendAnnexB(nil, h264.SplitAnnexB(f.Data)...)
		}
		if e := c.encoded[i]; !bytes.Equal(f.Data, whole(c.codec, e)) || f.Key != e.Key || f.Damaged {
			t.Errorf("frame %d: %d bytes, sent %d; key %t, damaged %t", i, len(f.Data), len(whole(c.codec, e)), f.Key, f.Damaged)
		}
	}
}

// TestFromFFmpegRFC2190 has FFmpeg cut at macroblocks. Its encoder says where
// and what is in effect there, which has to be what we read.
func TestFromFFmpegRFC2190(t *testing.T) {
	for _, name := range []string{"h263", "h263 gobs", "h263 4cif"} {
		t.Run(name, func(t *testing.T) {
			c := load(t, name)
			encoder, _, _ := strings.Cut(c.args, "-f ")
			got := record(t, nil, fmt.Sprintf("%s %s -mb_info 1000 -rtpflags rfc2190", c.source(), encoder))
			sameBits(t, c, got)
			checkModeB(t, c, got)
		})
	}
}

// TestToFFmpeg has FFmpeg decode what our packetizers send.
func TestToFFmpeg(t *testing.T) {
	for _, r := range roundtrips {
		if c := clips[r.clip].codec; r.options.MTU == 100 || c == media.H265 || c == media.AV1 {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			c := load(t, r.clip)
			format, b := c.stream()
			want := pictures(ffmpeg(t, b, "-v", level(c), "-f", format, "-i", "-", "-fps_mode", "passthrough", "-f", "framemd5", "-"))
			got := pictures(play(t, c, packets(t, newTestPacketizer(t, c.codec, r.options), c.encoded)))
			if strings.Join(got, " ") != strings.Join(want, " ") || len(got) != clipFrames {
				t.Errorf("%d pictures of %d, or they differ", len(got), len(want))
			}
		})
	}
}

// level is what FFmpeg may speak of. It takes no picture of H.261 for a keyframe, and calls that an error.
func level(c *clip) string {
	switch c.codec {
	case media.H261:
		return "fatal"
	case media.VP9:
		return "error" // its payload format is experimental there
	}
	return "warning"
}

// TestDamagedFramesDecode takes a packet out of two frames. What is given as damaged has to be of use to a
// decoder that conceals: nearly all frames become pictures, and those not marked are right.
func TestDamagedFramesDecode(t *testing.T) {
	for _, r := range roundtrips {
		switch r.name {
		case "H.264 mode 1", "H.264 mode 0", "H.265", "RFC 2190", "RFC 2190 GOBs", "RFC 4629 GOBs", "RFC 4587":
		default:
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			c := load(t, r.clip)
			format, b := c.stream()
			var left []packet
			number := 0 // of the packet in its frame
			for _, p := range packets(t, newTestPacketizer(t, c.codec, r.options), c.encoded) {
				if frame := p.timestamp / 3600; number != 1 || frame != 3 && frame != 12 {
					left = append(left, p)
				}
				if number++; p.marker {
					number = 0
				}
			}
			frames := assemble(newTestAssembler(t, c.codec), left)
			var stream []byte
			damaged := 0
			for _, f := range frames {
				stream = append(stream, f.Data...)
				if f.Damaged {
					damaged++
				}
			}
			args := []string{"-v", "quiet", "-f", format, "-i", "-", "-fps_mode", "passthrough", "-f", "framemd5", "-"}
			want, got := pictures(ffmpeg(t, b, args...)), pictures(ffmpeg(t, stream, args...))
			if len(frames) != clipFrames || len(got) < clipFrames-2 || damaged != 7+8 {
				t.Fatalf("%d frames, %d of them damaged, %d pictures", len(frames), damaged, len(got))
			}
			for i := range frames {
				if len(got) == clipFrames && !frames[i].Damaged && got[i] != want[i] {
					t.Errorf("picture %d differs, and is not marked", i)
				}
			}
		})
	}
}

// pictures gives the hashes of framemd5.
func pictures(out []byte) []string {
	var all []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Split(strings.TrimSpace(line), ","); line[0] != '#' && len(fields) == 6 {
			all = append(all, fields[5])
		}
	}
	return all
}

// play sends packets to FFmpeg and gives framemd5 of what it decodes.
func play(t *testing.T, c *clip, all []packet) []byte {
	t.Helper()
	pt := byte(96)
	if c.codec == media.H263 {
		pt = 34 // FFmpeg knows RFC 2190 by its static payload type alone
	}
	to := pairOfPorts(t)
	sdp := filepath.Join(t.TempDir(), "stream.sdp")
	text := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	text += fmt.Sprintf("m=video %d RTP/AVP %d\r\na=rtpmap:%d %s/90000\r\n", to.Port, pt, pt, c.codec)
	if c.codec == media.H264 {
		text += "a=fmtp:96 packetization-mode=1\r\n"
	}
	if err := os.WriteFile(sdp, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-nostdin", "-v", level(c), "-threads", "1", "-protocol_whitelist", "file,udp,rtp",
		"-i", sdp, "-fps_mode", "passthrough", "-f", "framemd5", "-")
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp4", nil, to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	awaitListener(t, ctx, conn)
	send(t, conn, pt, all)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%.2000s", err, complaints.Bytes())
	}
	if complaints.Len() > 0 {
		t.Errorf("ffmpeg complains: %.2000s", complaints.Bytes())
	}
	return out.Bytes()
}

// pairOfPorts finds an even port of loopback that is free together with the next.
func pairOfPorts(t *testing.T) *net.UDPAddr {
	t.Helper()
	for range 100 {
		a := listen(t)
		at := a.LocalAddr().(*net.UDPAddr)
		b, err := net.ListenUDP("udp4", &net.UDPAddr{IP: at.IP, Port: at.Port + 1})
		a.Close()
		if err != nil {
			continue
		}
		b.Close()
		if at.Port%2 == 0 {
			return at
		}
	}
	t.Fatal("no ports are free")
	return nil
}

// awaitListener comes back when somebody listens where conn sends to: until then
// loopback refuses what is sent.
func awaitListener(t *testing.T, ctx context.Context, conn *net.UDPConn) {
	t.Helper()
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		_, first := conn.Write([]byte{0})
		_, second := conn.Write([]byte{0})
		if first == nil && second == nil {
			return
		}
		if err := errors.Join(first, second); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("ffmpeg does not listen")
		}
	}
}

// send sends packets at the pace of a receiver's buffers, and says that there are no more.
func send(t *testing.T, conn *net.UDPConn, pt byte, all []packet) {
	t.Helper()
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	for _, p := range all {
		b := []byte{0x80, pt, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}
		if p.marker {
			b[1] |= 0x80
		}
		binary.BigEndian.PutUint16(b[2:], p.seq)
		binary.BigEndian.PutUint32(b[4:], p.timestamp)
		if _, err := conn.Write(append(b, p.payload...)); err != nil {
			t.Fatal(err)
		}
		<-pace.C
	}
	conn.Write([]byte{0x80, 201, 0, 1, 0, 0, 0, 9, 0x81, 203, 0, 1, 0, 0, 0, 9}) // receiver report, BYE
}

package e2e

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// baresip is a SIP terminal in a process of its own: a moving test picture in
// H.264, a sine, and what it hears written to a file.
type baresip struct {
	t     *testing.T
	dir   string
	ctrl  string
	sip   string // where it is called
	cmd   *exec.Cmd
	log   *lockedBuffer
	done  chan struct{}
	shots int // pictures asked for
}

type baresipOptions struct {
	tone      int    // Hz
	transport string // udp, tcp, tls
	menc      string // "", srtp, srtp-mandf, dtls_srtp
	audio     string // codecs as baresip names them, "" is Opus, G.722 and G.711
	video     string // likewise, "" is all that it has
	size      string // of the picture that it sends, "" is 640x360
	wrap      []string
	address   string
	account   string // instead of one that does not register
}

// testPicture makes the moving picture that baresip sends, once for all tests.
func testPicture(t *testing.T, size string) string {
	t.Helper()
	path := filepath.Join(bin, "picture-"+size+".avi")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	out, err := exec.Command("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size="+size+":rate=25",
		"-t", "180", "-c:v", "mpeg4", "-q:v", "5", path).CombinedOutput() // baresip does not begin anew
	if err != nil {
		t.Fatalf("ffmpeg: %v %s", err, out)
	}
	return path
}

func startBaresip(t *testing.T, o baresipOptions) *baresip {
	t.Helper()
	if o.address == "" {
		o.address = "127.0.0.1"
	}
	if o.transport == "" {
		o.transport = "udp"
	}
	if o.size == "" {
		o.size = "640x360"
	}
	b := &baresip{t: t, dir: t.TempDir(), log: &lockedBuffer{}, done: make(chan struct{})}
	ctrl, listens := freePort(t), freePair(t)
	b.sip = fmt.Sprintf("%s:%d", o.address, listens)
	b.ctrl = fmt.Sprintf("%s:%d", o.address, ctrl)
	cfg := fmt.Sprintf(`
poll_method epoll
sip_listen %[1]s:%[2]d
sip_trans_def %[3]s
net_interface %[1]s
rtp_ports 47000-48999
audio_player aufile,/dev/null
audio_source ausine,%[4]d
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 2
video_source avformat,%[5]s
video_display fakevideo,nil
video_size %[8]s
video_bitrate 800000
video_fps 25
module_path /usr/lib/baresip/modules
module opus.so
module g722.so
module g711.so
module ausine.so
module aufile.so
module avcodec.so
module avformat.so
module swscale.so
module fakevideo.so
module snapshot.so
module sndfile.so
module srtp.so
module dtls_srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app debug_cmd.so
module_app ctrl_tcp.so
ctrl_tcp_listen %[1]s:%[6]d
snd_path %[7]s
`, o.address, listens, o.transport, o.tone, testPicture(t, o.size), ctrl, b.dir, o.size)
	account := fmt.Sprintf("<sip:terminal@%s;transport=%s>;regint=0;answermode=auto", o.address, o.transport)
	if o.account != "" {
		account = o.account
	}
	if o.menc != "" {
		account += ";mediaenc=" + o.menc
	}
	if o.audio != "" {
		account += ";audio_codecs=" + o.audio
	}
	if o.video != "" {
		account += ";video_codecs=" + o.video
	}
	for name, text := range map[string]string{"config": cfg, "accounts": account + "\n", "contacts": ""} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append(append([]string{}, o.wrap...), "baresip", "-f", b.dir)
	b.cmd = exec.Command(args[0], args[1:]...)
	b.cmd.Dir = b.dir
	b.cmd.Stdout, b.cmd.Stderr = b.log, b.log
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = b.cmd.Wait(); close(b.done) }()
	t.Cleanup(func() {
		b.quit()
		if t.Failed() {
			t.Logf("baresip log:\n%s", tail(b.events(), 60))
		}
	})
	waitFor(t, "baresip to listen", func() bool {
		c, err := net.Dial("tcp", b.ctrl)
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	})
	return b
}

// quit hangs up and ends the process, by force if it lingers.
func (b *baresip) quit() {
	_ = b.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-b.done:
	case <-time.After(5 * time.Second):
		_ = b.cmd.Process.Kill()
		<-b.done
	}
}

// events is the log without the status line that baresip redraws.
func (b *baresip) events() string {
	var out []string
	for line := range strings.Lines(b.log.String()) {
		if i := strings.LastIndex(line, "\r"); i >= 0 {
			line = line[i+1:]
		}
		if !strings.HasPrefix(line, "[0:") {
			out = append(out, strings.TrimRight(line, "\n"))
		}
	}
	return strings.Join(out, "\n")
}

// command sends one command over the control connection (netstrings of JSON)
// and gives the text of its answer.
func (b *baresip) command(name, params string) string {
	b.t.Helper()
	c, err := net.Dial("tcp", b.ctrl)
	if err != nil {
		b.t.Fatalf("baresip: %v", err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	msg, _ := json.Marshal(map[string]string{"command": name, "params": params, "token": "t"})
	if _, err := fmt.Fprintf(c, "%d:%s,", len(msg), msg); err != nil {
		b.t.Fatalf("baresip: %v", err)
	}
	r := bufio.NewReader(c)
	for {
		text, err := netstring(r)
		if err != nil {
			b.t.Fatalf("baresip %s: %v", name, err)
		}
		var answer struct {
			Response bool   `json:"response"`
			Data     string `json:"data"`
		}
		if json.Unmarshal(text, &answer) == nil && answer.Response {
			return answer.Data
		}
	}
}

func netstring(r *bufio.Reader) ([]byte, error) {
	head, err := r.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(head, ":"))
	if err != nil || n < 0 || n > 1<<20 {
		return nil, fmt.Errorf("netstring of %q", head)
	}
	text := make([]byte, n+1)
	for at := 0; at < len(text); {
		m, err := r.Read(text[at:])
		if err != nil {
			return nil, err
		}
		at += m
	}
	return text[:n], nil
}

func (b *baresip) dial(uri string) { b.command("dial", uri) }
func (b *baresip) hangup()         { b.command("hangup", "") }

// heard gives the samples of the last second that baresip decoded, and their rate.
func (b *baresip) heard() ([]float64, float64) { return b.heardFor(1) }

// heardFor gives those of so many seconds.
func (b *baresip) heardFor(seconds float64) ([]float64, float64) {
	files, _ := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if len(files) == 0 {
		return nil, 0
	}
	sort.Strings(files)
	raw, err := os.ReadFile(files[len(files)-1])
	if err != nil || len(raw) < 44 {
		return nil, 0
	}
	channels := int(binary.LittleEndian.Uint16(raw[22:]))
	rate := int(binary.LittleEndian.Uint32(raw[24:]))
	pcm := raw[44:]
	if last := int(seconds*float64(rate)) * channels * 2; len(pcm) > last {
		pcm = pcm[len(pcm)-last:]
	}
	var out []float64
	for i := 0; i+2*channels <= len(pcm); i += 2 * channels {
		out = append(out, float64(int16(binary.LittleEndian.Uint16(pcm[i:])))/32768)
	}
	return out, float64(rate)
}

// hears tells how much of what baresip heard in the last second is this tone.
func (b *baresip) hears(hz float64) float64 {
	x, rate := b.heard()
	if len(x) < int(rate)/2 {
		return 0
	}
	return toneOf(x, rate, hz)
}

// snapshot asks for the next picture that baresip decodes as a PNG file, and
// gives its path. The file is there once baresip has written it.
func (b *baresip) snapshot() string {
	b.shots++
	path := filepath.Join(b.dir, fmt.Sprintf("snap-%d.png", b.shots))
	b.command("snapshot_recv", path)
	return path
}

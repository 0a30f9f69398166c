package dial

import (
	"context"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answering starts terminals that wait for calls, and gives the address of
// each transport and a function that waits for their report.
func answering(t *testing.T, o Options) (addr map[string]string, report func() *Report) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	o.Answer, o.Bind = true, "127.0.0.1"
	o.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "tls://127.0.0.1:0"}
	if o.Encryption != media.EncryptionRequire {
		o.Listen = append(o.Listen, "h323://127.0.0.1:0")
	}
	o.Ports = "40000-44999"
	started := make(chan []string, 1)
	o.Started = func(addrs []string) { started <- addrs }
	type outcome struct {
		r   *Report
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := Run(ctx, o)
		done <- outcome{r, err}
	}()
	addr = map[string]string{}
	select {
	case addrs := <-started:
		for _, a := range addrs {
			proto, at, _ := strings.Cut(a, "://")
			addr[proto] = at
		}
	case d := <-done:
		t.Fatalf("answering: %v", d.err)
	}
	return addr, func() *Report {
		t.Helper()
		d := <-done
		if d.err != nil {
			t.Fatal(d.err)
		}
		return d.r
	}
}

// calling places calls and gives the report.
func calling(t *testing.T, ctx context.Context, o Options) *Report {
	t.Helper()
	o.Bind, o.Ports = "127.0.0.1", "45000-49999"
	r, err := Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// conversing has terminals call others that wait for them; aim enters where these are.
// On a slow machine less is seen within a call: the calls last longer and longer
// until each end has got sound, as many frames as are wanted, and the digits.
func conversing(t *testing.T, others, o Options, frames uint64, aim func(o *Options, addr map[string]string)) (r, far *Report) {
	t.Helper()
	short := func(c Call) bool {
		return c.Result == Completed && (c.FirstAudioMS == nil || c.FirstPictureMS == nil || c.Video != nil && c.Video.In.Frames < frames)
	}
	pressed := func(c Call) bool { return len(c.Digits) >= len(o.Digits) }
	for ; ; o.Duration *= 3 {
		addr, answers := answering(t, others)
		aim(&o, addr)
		r = calling(t, t.Context(), o)
		for _, c := range r.Calls {
			if c.Result != Completed { // the far end may wait for it still
				t.Fatalf("call %s: %s (%s: %s)", c.ID, c.Result, c.Cause, c.Reason)
			}
		}
		far = answers()
		if o.Duration > 20*time.Second || !slices.ContainsFunc(slices.Concat(r.Calls, far.Calls), short) && slices.ContainsFunc(far.Calls, pressed) {
			return r, far
		}
	}
}

// sawAndHeard checks a completed call of an untroubled network.
func sawAndHeard(t *testing.T, c Call, hz float64) {
	t.Helper()
	if c.Result != Completed || c.SetupMS == nil || c.FirstPictureMS == nil || c.FirstAudioMS == nil || c.Audio == nil || c.Video == nil {
		t.Errorf("call %s: %s (%s: %s), %+v", c.ID, c.Result, c.Cause, c.Reason, c)
		return
	}
	if len(c.Audio.In.Tones) == 0 || math.Abs(c.Audio.In.Tones[0].Hz-hz) > 2 {
		t.Errorf("call %s hears %+v, not %v Hz", c.ID, c.Audio.In.Tones, hz)
	}
	if v := c.Video.In; v.Width != 640 || v.Height != 360 || v.Frames < 10 || v.Codec != "H264" {
		t.Errorf("call %s sees %+v", c.ID, v)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("call %s: %q", c.ID, c.Warnings)
	}
}

func TestTerminalCallsTerminal(t *testing.T) {
	for _, c := range []struct {
		transport string
		change    func(o *Options)
		keying    string
		codec     string
	}{
		{"udp", func(o *Options) { o.Encryption = media.EncryptionOff }, "none", "G722"},
		{"tcp", func(o *Options) { o.Mode0, o.Codecs = true, []string{"PCMA"} }, "sdes", "PCMA"},
		{"tls", func(o *Options) { o.Keying, o.Codecs = "dtls", []string{"PCMU"} }, "dtls", "PCMU"},
	} {
		t.Run(c.transport, func(t *testing.T) {
			o := Options{Duration: 2500 * time.Millisecond, Digits: "4#"}
			c.change(&o)
			r, far := conversing(t, Options{Tone: 1000, Keying: "both"}, o, 10, func(o *Options, addr map[string]string) {
				o.Target = fmt.Sprintf("sip:1001@%s;transport=%s", addr[c.transport], c.transport)
			})
			sawAndHeard(t, r.Calls[0], 1000)
			sawAndHeard(t, far.Calls[0], 440)
			if t.Failed() {
				return
			}
			ours, theirs := r.Calls[0], far.Calls[0]
			if ours.Audio.Keying != c.keying || ours.Video.Keying != c.keying || ours.Audio.In.Codec != c.codec {
				t.Errorf("keyed by %s, sound in %s", ours.Audio.Keying, ours.Audio.In.Codec)
			}
			if ours.Transport != c.transport || theirs.Transport != c.transport || ours.Device == "" || theirs.Digits != "4#" {
				t.Errorf("%s and %s, device %q, digits %q", ours.Transport, theirs.Transport, ours.Device, theirs.Digits)
			}
			if !r.Good(true) || !far.Good(true) {
				t.Errorf("%+v", r.Summary)
			}
		})
	}
}

// Every way of H.245, with digits in the stream and through signalling, and a hold.
func TestH323TerminalCallsTerminal(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(o *Options)
	}{
		{"tunnel", func(*Options) {}},
		{"separate", func(o *Options) { o.H245, o.Signal = h245Separate, true }},
		{"fast connect", func(o *Options) { o.FastConnect, o.Mode0 = true, true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			const hold = 2 * time.Second
			o := Options{Duration: 5 * time.Second, Hold: hold, Digits: "4#"}
			c.change(&o)
			var r, far *Report
			held := func() (ours, theirs time.Duration) { // the longest time without sound
				gap := func(r *Report) time.Duration {
					if a := r.Calls[0].Audio; a != nil {
						return time.Duration(a.In.LongestGapMS * float64(time.Millisecond))
					}
					return 0
				}
				return gap(r), gap(far)
			}
			for range 5 { // what another process disturbed is done again
				r, far = conversing(t, Options{Tone: 1000}, o, 10, func(o *Options, addr map[string]string) { o.Target = "h323:1001@" + addr["h323"] })
				if ours, theirs := held(); ours > hold*9/10 && theirs < hold*9/10 {
					break
				}
			}
			sawAndHeard(t, r.Calls[0], 1000)
			sawAndHeard(t, far.Calls[0], 440)
			if t.Failed() {
				return
			}
			ours, theirs := r.Calls[0], far.Calls[0]
			if ours.Transport != "tcp" || theirs.Transport != "tcp" || ours.Device != product || theirs.Digits != "4#" || ours.Audio.Keying != "none" {
				t.Errorf("%s and %s, device %q, digits %q, keyed by %s", ours.Transport, theirs.Transport, ours.Device, theirs.Digits, ours.Audio.Keying)
			}
			if ours, theirs := held(); ours <= hold*9/10 || theirs >= hold*9/10 {
				t.Errorf("held for %v, the other end hears nothing for %v", ours, theirs)
			}
		})
	}
}

func TestManyCalls(t *testing.T) {
	const n = 6
	var dir string
	o := Options{Calls: n, Ramp: 500 * time.Millisecond, Duration: 4 * time.Second}
	r, far := conversing(t, Options{Tone: 1000, Calls: n}, o, 1, func(o *Options, addr map[string]string) {
		dir = t.TempDir()
		o.Target, o.Record = "sip:1001@"+addr["tcp"]+";transport=tcp", dir
	})
	if !r.Good(true) || !far.Good(true) || r.Summary.WithAudio != n || r.Summary.SetupMS == nil {
		t.Errorf("%+v\n%+v", r.Summary, far.Summary)
	}
	for _, pattern := range []string{"*.h264", "*.wav"} {
		if files, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(files) != n {
			t.Errorf("%d recordings %s, %v", len(files), pattern, err)
		}
	}
	for _, c := range r.Calls {
		if st, err := os.Stat(filepath.Join(dir, c.ID+".wav")); err != nil || st.Size() < 1000 {
			t.Errorf("the recording of %s: %v", c.ID, err)
		}
	}
}

func TestRefusedCall(t *testing.T) {
	addr, answers := answering(t, Options{Encryption: media.EncryptionRequire})
	r := calling(t, t.Context(), Options{Target: "sip:1001@" + addr["udp"] + ";transport=udp", Encryption: media.EncryptionOff})
	c := r.Calls[0]
	if c.Result != Failed || c.Cause != "media" || c.Reason == "" || c.SetupMS != nil || r.Good(false) {
		t.Errorf("%+v", c)
	}
	if far := answers().Calls[0]; far.Result != Failed || far.Cause != "encryption" {
		t.Errorf("%+v", far)
	}
}

func TestNobodyThere(t *testing.T) {
	r := calling(t, t.Context(), Options{Target: "sip:1001@127.0.0.1:1;transport=tcp"})
	if c := r.Calls[0]; c.Result != Failed || c.Cause != "unreachable" {
		t.Errorf("%+v", c)
	}
}

func TestUnknownProtocol(t *testing.T) {
	r := calling(t, t.Context(), Options{Target: "tel:1001"})
	if c := r.Calls[0]; c.Result != Failed || c.Cause != "unreachable" || !strings.Contains(c.Reason, "tel") {
		t.Errorf("%+v", c)
	}
}

// Ctrl-C hangs up, and those who hang up as they like are done.
func TestInterrupted(t *testing.T) {
	addr, answers := answering(t, Options{Calls: 2})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	seen := make(chan struct{})
	log := watchLog(func(msg string) bool { return msg == "seated" }, func() { close(seen) })
	go func() {
		<-seen
		stop()
	}()
	r := calling(t, ctx, Options{
		Target: "sip:1001@" + addr["tcp"] + ";transport=tcp", Duration: time.Minute, Calls: 2, Ramp: time.Hour, Log: log,
	})
	if r.Calls[0].Result != Interrupted || r.Calls[0].DurationMS == nil || r.Good(false) {
		t.Errorf("%+v", r.Calls[0])
	}
	if c := r.Calls[1]; c.Result != Interrupted || c.SetupMS != nil {
		t.Errorf("%+v", c)
	}
	// The far end saw a call that ended well; its second one it still waits for.
	again := calling(t, t.Context(), Options{Target: "sip:1001@" + addr["udp"] + ";transport=udp", Duration: 100 * time.Millisecond})
	if again.Calls[0].Result != Completed {
		t.Errorf("%+v", again.Calls[0])
	}
	for _, c := range answers().Calls {
		if c.Result != Completed || c.Cause != "normal" {
			t.Errorf("%s (%s)", c.Result, c.Cause)
		}
	}
}

func TestPortsThatAreTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := Run(t.Context(), Options{Answer: true, Listen: []string{"tcp://" + l.Addr().String()}}); err == nil {
		t.Error("a port is listened on twice")
	}
	if _, err := Run(t.Context(), Options{Target: "sip:1@host", Record: "/dev/null/folder"}); err == nil {
		t.Error("recordings go nowhere")
	}
}

// A call that comes as soon as it can is one of those that are waited for.
func TestCallAtOnce(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var r *Report
	far, err := Run(ctx, Options{
		Answer: true, Bind: "127.0.0.1", Listen: []string{"tcp://127.0.0.1:0"}, Ports: "40000-44999",
		Started: func(addrs []string) {
			_, at, _ := strings.Cut(addrs[0], "://")
			r = calling(t, ctx, Options{Target: "sip:1001@" + at + ";transport=tcp", Duration: time.Second})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if ours, theirs := r.Calls[0], far.Calls[0]; ours.Result != Completed || theirs.Result != Completed || theirs.Audio == nil {
		t.Errorf("%s (%s) and %s (%s: %s)", ours.Result, ours.Reason, theirs.Result, theirs.Cause, theirs.Reason)
	}
}

package dial

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323"
)

func TestDefaultsAreARoomTerminal(t *testing.T) {
	s, err := Options{Target: "sip:1001@192.0.2.1"}.read()
	if err != nil {
		t.Fatal(err)
	}
	if s.scheme != "sip" || s.transport() != "" || s.tls() || s.Calls != 1 || s.first != 30000 || s.last != 39999 {
		t.Errorf("%+v", s.Options)
	}
	if want := []string{"udp://0.0.0.0:0", "tcp://0.0.0.0:0"}; !slices.Equal(s.sip, want) || s.speaksH323() {
		t.Errorf("listens on %q and %q", s.sip, s.h323)
	}
	c := s.capability
	var audio []media.Codec
	for _, f := range c.Audio {
		audio = append(audio, f.Codec)
	}
	if want := []media.Codec{media.G722, media.PCMA, media.PCMU, media.DTMF}; !slices.Equal(audio, want) {
		t.Errorf("speaks %q", audio)
	}
	if len(c.Video) != 2 || c.Video[0].H264.Mode != 1 || c.Video[1].H264.Mode != 0 || c.Video[0].H264.ProfileOf() != media.H264ConstrainedBaseline {
		t.Errorf("shows %+v", c.Video)
	}
	if !c.Video[0].Limits().Fits(1920, 1080, 30) || c.DTLS || len(c.Suites) == 0 || c.Encryption != media.EncryptionPrefer || c.Feedback.Has(media.NACK) {
		t.Errorf("%+v", c)
	}
	if s.clip == nil || s.clip.Width != 640 || s.sound == nil || s.credentials() != nil {
		t.Error("nothing to play")
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		target, scheme, transport string
		tls                       bool
	}{
		{"sip:1001@host", "sip", "", false},
		{"sip:1001@host:5070;transport=tcp", "sip", "tcp", false},
		{"SIP:1001@[::1];Transport=TLS", "sip", "tls", true},
		{"sips:1001@host", "sips", "tls", true},
		{"sip:1001@host;user=phone;transport=udp", "sip", "udp", false},
		{"h323:1001@host", "h323", "tcp", false},
	} {
		s, err := Options{Target: c.target, Video: None, Audio: None}.read()
		if err != nil {
			t.Errorf("%s: %v", c.target, err)
			continue
		}
		if s.scheme != c.scheme || s.transport() != c.transport || s.tls() != c.tls {
			t.Errorf("%s: %s, %q, %v", c.target, s.scheme, s.transport(), s.tls())
		}
		if got := strings.Contains(strings.Join(s.sip, " "), "tls://"); got != c.tls {
			t.Errorf("%s: listens on %q", c.target, s.sip)
		}
		if (c.scheme == "h323") != s.speaksH323() || (c.scheme == "h323") == (len(s.sip) > 0) {
			t.Errorf("%s: listens on %q and %q", c.target, s.sip, s.h323)
		}
	}
}

func TestListening(t *testing.T) {
	for name, c := range map[string]struct {
		o         Options
		sip, h323 []string
	}{
		"waits where terminals dial": {
			Options{Answer: true, Bind: "127.0.0.5"},
			[]string{"udp://127.0.0.5:5060", "tcp://127.0.0.5:5060"}, []string{"tcp://127.0.0.5:1720"},
		},
		"waits for encrypted calls": {
			Options{Answer: true, Bind: "127.0.0.5", Encryption: media.EncryptionRequire},
			[]string{"udp://127.0.0.5:5060", "tcp://127.0.0.5:5060"}, nil,
		},
		"waits for SIP":     {Options{Answer: true, Listen: []string{"udp://[::1]:0"}}, []string{"udp://[::1]:0"}, nil},
		"waits for H.323":   {Options{Answer: true, Listen: []string{"h323://[::1]:0"}}, nil, []string{"tcp://[::1]:0"}},
		"waits for both":    {Options{Answer: true, Listen: []string{"h323://[::1]:0", "tcp://[::1]:0"}}, []string{"tcp://[::1]:0"}, []string{"tcp://[::1]:0"}},
		"calls by SIP":      {Options{Target: "sip:1@host", Bind: "::1"}, []string{"udp://[::1]:0", "tcp://[::1]:0"}, nil},
		"calls by H.323":    {Options{Target: "h323:1@host", Bind: "::1"}, nil, nil},
		"and can be called": {Options{Target: "h323:1@host", Listen: []string{"h323://[::1]:0"}}, nil, []string{"tcp://[::1]:0"}},
	} {
		s, err := c.o.read()
		if err != nil || !slices.Equal(s.sip, c.sip) || !slices.Equal(s.h323, c.h323) {
			t.Errorf("%s: %v, %q and %q", name, err, s.sip, s.h323)
		}
	}
}

func TestH323AsAsked(t *testing.T) {
	s, err := Options{Target: "h323:1@host", H245: "separate", FastConnect: true, Hold: time.Second, Keying: "both"}.read()
	if err != nil {
		t.Fatal(err)
	}
	if c := s.configH323(); !c.NoTunnelling || c.FastConnect != h323.FastConnectOffer || c.Rate >= 0 {
		t.Errorf("%+v", c)
	}
	if c := s.capabilities(bridge.Invite{Protocol: "h323"}); c.Encryption != media.EncryptionOff || c.DTLS || len(c.Suites) != 0 || len(c.Video) == 0 {
		t.Errorf("a call of H.323 has %+v", c)
	}
	if c := s.capabilities(bridge.Invite{Protocol: "sip"}); !c.DTLS || len(c.Suites) == 0 {
		t.Errorf("a call of SIP has %+v", c)
	}
	if s, err = (Options{Target: "h323:1@host"}).read(); err != nil || s.configH323().NoTunnelling || s.configH323().FastConnect != "" {
		t.Errorf("%v, %+v", err, s.configH323())
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	good := Options{Target: "sip:1001@host"}
	for name, change := range map[string]func(o *Options){
		"no target":             func(o *Options) { o.Target = "" },
		"no scheme":             func(o *Options) { o.Target = "1001@host" },
		"nothing after it":      func(o *Options) { o.Target = "sip:" },
		"target and answer":     func(o *Options) { o.Answer = true },
		"negative calls":        func(o *Options) { o.Calls = -1 },
		"too many calls":        func(o *Options) { o.Calls = maxCalls + 1 },
		"no address":            func(o *Options) { o.Bind = "eth0" },
		"ports":                 func(o *Options) { o.Ports = "1-2" },
		"more calls than ports": func(o *Options) { o.Ports, o.Calls = "30000-30039", 11 },
		"picture":               func(o *Options) { o.Video = filepath.Join(t.TempDir(), "missing") },
		"sound":                 func(o *Options) { o.Audio = filepath.Join(t.TempDir(), "missing") },
		"a tone for dogs":       func(o *Options) { o.Tone = 20_000 },
		"an overdriven tone":    func(o *Options) { o.Level = 3 },
		"codec":                 func(o *Options) { o.Codecs = []string{"G729"} },
		"Opus is not spoken":    func(o *Options) { o.Codecs = []string{"opus"} },
		"level":                 func(o *Options) { o.H264Level = 7 },
		"bitrate":               func(o *Options) { o.Bitrate = 100 },
		"encryption":            func(o *Options) { o.Encryption = "yes" },
		"keying":                func(o *Options) { o.Keying = "mikey" },
		"way of H.245":          func(o *Options) { o.H245 = "pigeon" },
		"SIP on hold":           func(o *Options) { o.Hold = time.Second },
		"SIP called by H.323":   func(o *Options) { o.Listen = []string{"h323://127.0.0.1:0"} },
		"H.323 called by SIP":   func(o *Options) { o.Target, o.Listen = "h323:1001@host", []string{"udp://127.0.0.1:0"} },
		"H.323 encrypted":       func(o *Options) { o.Target, o.Encryption = "h323:1001@host", media.EncryptionRequire },
	} {
		o := good
		change(&o)
		if _, err := o.read(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := Run(t.Context(), Options{}); err == nil {
		t.Error("a call to nowhere is made")
	}
}

func TestCapabilitiesAsAsked(t *testing.T) {
	s, err := Options{
		Target: "sip:1@host", Codecs: []string{"pcmu", " G722 "}, Mode0: true, NACK: true, H264Level: 1.3, Bitrate: 384_000,
		Encryption: media.EncryptionRequire, Keying: "both", User: "terminal", Password: "secret",
	}.read()
	if err != nil {
		t.Fatal(err)
	}
	c := s.capability
	if len(c.Audio) != 3 || c.Audio[0].Codec != media.PCMU || c.Audio[1].Codec != media.G722 {
		t.Errorf("speaks %+v", c.Audio)
	}
	if len(c.Video) != 1 || c.Video[0].H264.Mode != 0 || c.Video[0].H264.Level != 13 || c.Video[0].Limits().Fits(640, 360, 25) {
		t.Errorf("shows %+v", c.Video)
	}
	if c.RecvBitrate != 384_000 || c.SendBitrate != 384_000 || !c.Feedback.Has(media.NACK) || !c.DTLS || len(c.Suites) == 0 || c.Encryption != media.EncryptionRequire {
		t.Errorf("%+v", c)
	}
	if user, password, ok := s.credentials()(bridgeTarget, ""); user != "terminal" || password != "secret" || !ok {
		t.Error("credentials are not given")
	}
	s, err = Options{Target: "sip:1@host", Keying: "dtls"}.read()
	if err != nil || len(s.capability.Suites) != 0 || !s.capability.DTLS || s.capability.Feedback.Has(media.NACK) {
		t.Errorf("%v, %+v", err, s.capability)
	}
}

func TestFilesArePlayed(t *testing.T) {
	video := filepath.Join(t.TempDir(), "v.h264")
	b, err := os.ReadFile("../../../bridge/player/clip/testpicture.h264")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(video, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Options{Target: "sip:1@host", Video: video, FPS: 12, Audio: None}.read()
	if err != nil || s.clip.FPS != 12 || s.sound != nil {
		t.Errorf("%v", err)
	}
}

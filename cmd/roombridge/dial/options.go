package dial

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player"
	"github.com/roombridge/roombridge/bridge/player/clip"
	"github.com/roombridge/roombridge/config"
)

// None in place of a file plays nothing at all.
const None = "none"

// Options says who is called and what the terminals are like. The zero value
// of most fields is what a room terminal does.
type Options struct {
	Target string // sip:1001@host[:port][;transport=tcp|tls]; empty with Answer
	Answer bool   // wait for calls instead of placing them

	Calls    int           // at once; 0 is 1
	Ramp     time.Duration // all calls are started within this time
	Duration time.Duration // of each call after its answer; 0 is until the far end hangs up

	Video    string  // H.264 file, None, or empty for the test picture
	FPS      float64 // of the file; 0 is what it tells
	Audio    string  // WAV file, None, or empty for a tone
	Tone     float64 // Hz; 0 is 440
	Level    float64 // dBFS of the tone; 0 is -15
	Record   string  // folder
	Digits   string  // pressed a second after the answer
	Decode   int     // most calls whose pictures are decoded at once
	Worker   string  // media worker that decodes; empty: beside the program or in PATH
	From     string  // number shown to the far end
	Name     string  // name shown to the far end
	User     string  // for gateways that ask who calls
	Password string

	Encryption media.Policy // empty is prefer
	Keying     string       // sdes, dtls or both; empty is sdes
	Codecs     []string     // of sound, best first; empty is G722, PCMA, PCMU
	Mode0      bool         // H.264 packetization-mode 0 only
	NACK       bool         // lost packets of pictures are asked for and sent again
	H264Level  float64      // level such as 1.3, without more; 0 is 3.1 with room for 1080p
	Bitrate    int          // most video taken and sent, bit/s; 0 is 2 Mbit/s

	Listen []string // udp://, tcp://, tls://; empty: any free port, 5060 with Answer
	Bind   string   // local address of signalling and media; empty is all
	Ports  string   // of media, FIRST-LAST; empty is 30000-39999

	Log     *slog.Logger
	Trace   bool                 // SIP messages in the debug log
	Started func(addrs []string) // called when calls are taken
}

// settings are options that were read and found good.
type settings struct {
	Options
	target     string // without a display name
	scheme     string
	clip       *clip.Clip
	sound      *player.Sound
	bind       netip.Addr
	first      uint16 // media ports
	last       uint16
	capability media.Capabilities
}

func (o Options) read() (*settings, error) {
	s := &settings{Options: o}
	s.defaults()
	for _, f := range []func() error{s.readTarget, s.readNetwork, s.readMedia, s.readCapabilities} {
		if err := f(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *settings) defaults() {
	set := func(v *string, to string) {
		if *v == "" {
			*v = to
		}
	}
	set(&s.From, "dial")
	set(&s.Name, "Roombridge dial")
	set(&s.Keying, "sdes")
	set(&s.Ports, "30000-39999")
	set((*string)(&s.Encryption), string(media.EncryptionPrefer))
	if s.Calls == 0 {
		s.Calls = 1
	}
	if s.Tone == 0 {
		s.Tone = 440
	}
	if s.Level == 0 {
		s.Level = -15
	}
	if s.Bitrate == 0 {
		s.Bitrate = 2_000_000
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
}

// maxCalls is what the media ports of one machine bear.
const maxCalls = 10_000

func (s *settings) readTarget() error {
	if s.Calls < 1 || s.Calls > maxCalls {
		return fmt.Errorf("%d calls at once: 1 to %d can be placed", s.Calls, maxCalls)
	}
	if s.Answer {
		if s.Target != "" {
			return errors.New("either a target is called or calls are answered")
		}
		return nil
	}
	scheme, rest, ok := strings.Cut(s.Target, ":")
	if !ok || rest == "" {
		return fmt.Errorf("%q is no target: sip:1001@host is one", s.Target)
	}
	s.scheme, s.target = strings.ToLower(scheme), s.Target
	return nil
}

// portsPerCall are RTP and RTCP for sound and picture.
const portsPerCall = 4

func (s *settings) readNetwork() (err error) {
	s.bind = netip.IPv4Unspecified()
	if s.Bind != "" {
		if s.bind, err = netip.ParseAddr(s.Bind); err != nil {
			return fmt.Errorf("--bind: %w", err)
		}
	}
	if s.first, s.last, err = (config.Media{Ports: s.Ports}).PortRange(); err != nil {
		return fmt.Errorf("--ports: %w", err)
	}
	if room := (int(s.last) - int(s.first) + 1) / portsPerCall; s.Calls > room {
		return fmt.Errorf("--ports: %s has room for %d calls, not %d", s.Ports, room, s.Calls)
	}
	if len(s.Listen) > 0 {
		return nil
	}
	port := uint16(0)
	if s.Answer {
		port = 5060
	}
	at := netip.AddrPortFrom(s.bind, port).String()
	s.Listen = []string{"udp://" + at, "tcp://" + at}
	if s.tls() {
		s.Listen = append(s.Listen, "tls://"+netip.AddrPortFrom(s.bind, 0).String())
	}
	return nil
}

// tls tells whether the target is called over TLS.
func (s *settings) tls() bool {
	return s.scheme == "sips" || strings.Contains(strings.ToLower(s.target), "transport=tls")
}

// transport is what the target asks for; empty leaves it to RFC 3261 18.1.1.
func (s *settings) transport() string {
	if s.scheme == "sips" {
		return "tls"
	}
	for _, p := range strings.Split(strings.ToLower(s.target), ";")[1:] {
		if t, ok := strings.CutPrefix(p, "transport="); ok {
			return t
		}
	}
	return ""
}

func (s *settings) readMedia() (err error) {
	switch s.Video {
	case None:
	case "":
		s.clip = clip.TestPicture()
	default:
		if s.clip, err = clip.Open(s.Video, s.FPS); err != nil {
			return err
		}
	}
	switch s.Audio {
	case None:
	case "":
		if s.Tone < 20 || s.Tone > 7000 || s.Level > 0 || s.Level < -90 {
			return fmt.Errorf("a tone of %v Hz and %v dBFS: 20 to 7000 Hz and -90 to 0 dBFS can be sent", s.Tone, s.Level)
		}
		s.sound = player.Tone(s.Tone, s.Level)
	default:
		if s.sound, err = player.OpenSound(s.Audio); err != nil {
			return err
		}
	}
	return nil
}

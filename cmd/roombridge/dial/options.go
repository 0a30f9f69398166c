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
	Target string // sip:1001@host[:port][;transport=tcp|tls] or h323:1001@host[:port]; empty with Answer
	Answer bool   // wait for calls instead of placing them

	Calls    int           // at once; 0 is 1
	Ramp     time.Duration // all calls are started within this time
	Duration time.Duration // of each call after its answer; 0 is until the far end hangs up

	Video    string  // file of the picture's codec, None, or empty for the test picture
	FPS      float64 // of the file; 0 is what it tells
	Damage   uint64  // 0: the picture is sent as it is; else spoiled on purpose, by this seed
	Audio    string  // WAV file, None, or empty for a tone
	Tone     float64 // Hz; 0 is 440
	Level    float64 // dBFS of the tone; 0 is -15
	Record   string  // folder
	Digits   string  // pressed a second after the answer
	Signal   bool    // they go through signalling, though RFC 4733 is understood
	Decode   int     // most calls whose pictures are decoded at once
	Worker   string  // media worker that decodes; empty: beside the program or in PATH
	From     string  // number shown to the far end
	Name     string  // name shown to the far end
	User     string  // for gateways that ask who calls
	Password string

	Refresh time.Duration // a keyframe is asked for this often; 0: only where one is missing
	Take    int           // two seconds after the answer no more picture is wanted, bit/s; 0: what was negotiated
	Hold    time.Duration // how long the call is held, two seconds after the answer; 0: never. H.323 only

	H245        string // tunnel or separate; empty is tunnel. H.323 only
	FastConnect bool   // offered. H.323 only

	Encryption media.Policy // empty is prefer; H.323 has none
	Keying     string       // sdes, dtls or both; empty is sdes
	Codecs     []string     // of sound, best first; empty is G722, PCMA, PCMU
	Picture    string       // the one codec of pictures: h264, h264-high, h263, h263p, h261, vp8; empty is h264
	QCIF       bool         // H.263 and H.261 in QCIF alone
	Mode0      bool         // H.264 packetization-mode 0 only
	NACK       bool         // lost packets of pictures are asked for and sent again
	H264Level  float64      // level such as 1.3, without more; 0 is 3.1 with room for 1080p
	Bitrate    int          // most video taken and sent, bit/s; 0 is 2 Mbit/s

	Listen []string // udp://, tcp://, tls:// (SIP), h323://; empty: any free port, 5060 and 1720 with Answer
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
	sip        []string // where SIP is listened for; empty: no SIP
	h323       []string // where H.323 is; see speaksH323
	clip       *clip.Clip
	sound      *player.Sound
	bind       netip.Addr
	first      uint16 // media ports
	last       uint16
	picture    media.Codec
	capability media.Capabilities
}

func (o Options) read() (*settings, error) {
	s := &settings{Options: o}
	s.defaults()
	for _, f := range []func() error{s.readTarget, s.readNetwork, s.readListen, s.readH323, s.readMedia, s.readCapabilities} {
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
	set(&s.H245, h245Tunnel)
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
		return fmt.Errorf("%q is no target: sip:1001@host and h323:1001@host are", s.Target)
	}
	s.scheme, s.target = strings.ToLower(scheme), s.Target
	return nil
}

// Ways of H.245.
const (
	h245Tunnel   = "tunnel"
	h245Separate = "separate"
)

func (s *settings) readH323() error {
	if s.H245 != h245Tunnel && s.H245 != h245Separate {
		return fmt.Errorf("H.245 is carried in a tunnel or separate, not %q", s.H245)
	}
	if s.Hold > 0 && !s.speaksH323() {
		return errors.New("only calls of H.323 can be held")
	}
	if s.Encryption == media.EncryptionRequire && s.speaksH323() {
		return errors.New("calls of H.323 are not encrypted")
	}
	return nil
}

// speaksH323 tells whether there are calls of H.323.
func (s *settings) speaksH323() bool { return s.scheme == schemeH323 || len(s.h323) > 0 }

const schemeH323 = "h323"

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
	return nil
}

// Where terminals are called.
const (
	portSIP  = 5060
	portH323 = 1720
)

// readListen finds out where calls are awaited. A terminal that places calls
// speaks the protocol of its target alone.
func (s *settings) readListen() error {
	for _, l := range s.Listen {
		if at, ok := strings.CutPrefix(l, "h323://"); ok {
			s.h323 = append(s.h323, "tcp://"+at)
		} else {
			s.sip = append(s.sip, l)
		}
	}
	switch {
	case s.scheme == schemeH323 && len(s.sip) > 0:
		return fmt.Errorf("%s is for calls of SIP", s.sip[0])
	case s.scheme != "" && s.scheme != schemeH323 && len(s.h323) > 0:
		return errors.New("h323:// is for calls of H.323")
	case len(s.Listen) > 0 || s.scheme == schemeH323:
		return nil
	}
	sip, h323 := netip.AddrPortFrom(s.bind, 0).String(), netip.AddrPortFrom(s.bind, portH323).String()
	if s.Answer {
		sip = netip.AddrPortFrom(s.bind, portSIP).String()
		if s.Encryption != media.EncryptionRequire {
			s.h323 = []string{"tcp://" + h323}
		}
	}
	s.sip = []string{"udp://" + sip, "tcp://" + sip}
	if s.tls() {
		s.sip = append(s.sip, "tls://"+netip.AddrPortFrom(s.bind, 0).String())
	}
	return nil
}

// tls tells whether the target is called over TLS.
func (s *settings) tls() bool {
	return s.scheme == "sips" || strings.Contains(strings.ToLower(s.target), "transport=tls")
}

// transport is what the target asks for; empty leaves it to RFC 3261 18.1.1.
func (s *settings) transport() string {
	switch s.scheme {
	case "sips":
		return "tls"
	case schemeH323:
		return "tcp"
	}
	for _, p := range strings.Split(strings.ToLower(s.target), ";")[1:] {
		if t, ok := strings.CutPrefix(p, "transport="); ok {
			return t
		}
	}
	return ""
}

func (s *settings) readMedia() (err error) {
	if s.picture, err = pictureCodec(s.Picture); err != nil {
		return err
	}
	switch s.Video {
	case None:
	case "":
		s.clip = clip.TestPictureOf(s.picture)
	default:
		if s.clip, err = clip.OpenAs(s.Video, s.picture, s.FPS); err != nil {
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

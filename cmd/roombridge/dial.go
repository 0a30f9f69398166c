package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/cmd/roombridge/dial"
)

type dialCmd struct {
	Target string `arg:"" optional:"" help:"Whom to call: sip:1001@host[:port][;transport=tcp|tls] or h323:1001@host[:port]."`
	Answer bool   `help:"Wait for calls instead of placing them."`

	Calls    int            `default:"1" help:"How many calls at once; with --answer, how many are taken before the program ends."`
	Ramp     time.Duration  `help:"Start the calls within this time instead of all at once."`
	Duration *time.Duration `help:"How long each call lasts; 0s is until the far end hangs up or Ctrl-C. Default: 10s, with --answer 0s."`

	Video  string  `placeholder:"FILE" help:"File to play, as ffmpeg writes it with -f h264, h263, h261 or ivf; \"none\" sends no picture. Default: a moving test picture."`
	FPS    float64 `name:"fps" help:"Frame rate of the file. Default: what the file tells, else 30."`
	Damage uint64  `placeholder:"SEED" help:"Spoil the picture on purpose, as broken and hostile terminals do; by this seed. Only for far ends that are yours."`
	Audio  string  `placeholder:"FILE" help:"WAV file (16 bit PCM) to play; \"none\" sends no sound. Default: a tone."`
	Tone   float64 `default:"440" help:"Frequency of the tone, Hz."`
	Level  float64 `default:"-15" help:"Level of the tone, dBFS."`
	Record string  `placeholder:"DIR" help:"Record what comes back: DIR/CALL.h264 (.h263, .h261, .ivf) and DIR/CALL.wav."`
	DTMF   string  `name:"dtmf" placeholder:"DIGITS" help:"Press these digits a second after the answer."`
	Signal bool    `name:"dtmf-signalled" help:"Press them through signalling, though the far end takes RFC 4733."`
	Decode int     `default:"4" help:"Most calls whose pictures the media worker decodes, to count them."`
	Worker string  `placeholder:"FILE" help:"The media worker. Default: beside this program, else in PATH."`

	From     string `default:"dial" help:"Number shown to the far end."`
	Name     string `default:"Roombridge dial" help:"Name shown to the far end."`
	User     string `help:"User name for a far end that asks for one."`
	Password string `env:"ROOMBRIDGE_DIAL_PASSWORD" help:"Its password; better given by the environment."`

	Encryption string   `default:"prefer" enum:"off,prefer,require" help:"Encryption of media: ${enum}."`
	Keying     string   `default:"sdes" enum:"sdes,dtls,both" help:"How keys are agreed: ${enum}."`
	Codecs     []string `placeholder:"CODEC,..." help:"Sound codecs, best first. Default: G722,PCMA,PCMU."`
	Codec      string   `default:"h264" enum:"h264,h264-high,h263,h263p,h261,vp8" help:"The one codec of pictures, as old terminals: ${enum}."`
	QCIF       bool     `name:"qcif" help:"Take H.263 and H.261 in QCIF alone."`
	NACK       bool     `name:"nack" help:"Ask for lost packets of the picture, and send ours again (RFC 4585), as newer terminals."`
	Mode0      bool     `name:"mode0" help:"Only packetization-mode 0 of H.264, as old terminals."`
	H264Level  float64  `name:"h264-level" placeholder:"LEVEL" help:"H.264 level that the terminal takes, without more. Default: 3.1, lifted to 1080p."`
	MaxBitrate int      `default:"2000000" placeholder:"BIT/S" help:"Most video that is taken and sent, bit/s."`

	Refresh time.Duration `placeholder:"TIME" help:"Ask for a keyframe this often."`
	Take    int           `placeholder:"BIT/S" help:"Two seconds after the answer, ask for no more picture than this."`
	Hold    time.Duration `placeholder:"TIME" help:"Two seconds after the answer, hold the call for this long (H.323)."`

	H245        string `name:"h245" default:"tunnel" enum:"tunnel,separate" help:"How H.245 is carried (H.323): ${enum}."`
	FastConnect bool   `help:"Offer fast connect (H.323)."`

	Listen []string `placeholder:"URL,..." help:"Where calls are awaited: udp://, tcp://, tls:// (SIP) and h323:// addresses. Default: any free port; 5060 and 1720 with --answer."`
	Bind   string   `placeholder:"ADDRESS" help:"Local address of signalling and media."`
	Ports  string   `default:"30000-39999" help:"Ports of media."`

	JSON        bool   `name:"json" help:"Print the report as JSON."`
	ExpectVideo bool   `help:"Fail also when a call got no picture."`
	Log         string `default:"warn" enum:"debug,info,warn,error" help:"What is logged: ${enum}."`
	Trace       bool   `help:"Log every SIP message; secrets are masked."`
}

// Run makes the calls. The exit status is 0 only when all went well.
func (c *dialCmd) Run(ctx context.Context) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	r, err := dial.Run(ctx, o)
	if err != nil {
		return err
	}
	if err := c.print(r); err != nil {
		return err
	}
	if !r.Good(c.ExpectVideo) {
		return exitStatus(1)
	}
	return nil
}

func (c *dialCmd) options() (dial.Options, error) {
	level := slog.LevelWarn
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return dial.Options{}, err
	}
	if c.Trace {
		level = slog.LevelDebug
	}
	return dial.Options{
		Target: c.Target, Answer: c.Answer, Calls: c.Calls, Ramp: c.Ramp, Duration: c.duration(),
		Video: c.Video, FPS: c.FPS, Damage: c.Damage, Audio: c.Audio, Tone: c.Tone, Level: c.Level, Record: c.Record, Digits: c.DTMF, Signal: c.Signal,
		Refresh: c.Refresh, Take: c.Take, Hold: c.Hold, H245: c.H245, FastConnect: c.FastConnect,
		Decode: c.Decode, Worker: c.Worker, From: c.From, Name: c.Name, User: c.User, Password: c.Password,
		Encryption: media.Policy(c.Encryption), Keying: c.Keying, Codecs: c.Codecs, Picture: c.Codec, QCIF: c.QCIF, Mode0: c.Mode0, NACK: c.NACK, H264Level: c.H264Level,
		Bitrate: c.MaxBitrate, Listen: c.Listen, Bind: c.Bind, Ports: c.Ports, Trace: c.Trace,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
		Started: func(addrs []string) {
			if c.Answer {
				fmt.Fprintln(os.Stderr, "waiting for calls on", strings.Join(addrs, " "))
			}
		},
	}, nil
}

// defaultDuration is enough to see whether a call is good.
const defaultDuration = 10 * time.Second

func (c *dialCmd) duration() time.Duration {
	switch {
	case c.Duration != nil:
		return *c.Duration
	case c.Answer:
		return 0
	}
	return defaultDuration
}

func (c *dialCmd) print(r *dial.Report) error {
	if !c.JSON {
		return r.WriteText(os.Stdout)
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/roombridge/roombridge/bridge/media"
)

// parseDial reads a command line of `roombridge dial`.
func parseDial(t *testing.T, args ...string) (*dialCmd, error) {
	t.Helper()
	var c cli
	k, err := kong.New(&c, kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(append([]string{"dial"}, args...))
	return &c.Dial, err
}

func TestDialCommandLine(t *testing.T) {
	c, err := parseDial(t, "sip:1001@host;transport=tls", "--calls", "3", "--codecs", "G722,PCMU", "--encryption", "require",
		"--mode0", "--nack", "--dtmf", "12#", "--max-bitrate", "384000", "--video", "none", "--json", "--expect-video")
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	if o.Target != "sip:1001@host;transport=tls" || o.Calls != 3 || len(o.Codecs) != 2 || o.Encryption != media.EncryptionRequire ||
		!o.Mode0 || !o.NACK || o.Digits != "12#" || o.Bitrate != 384000 || o.Video != "none" || !c.JSON || !c.ExpectVideo {
		t.Errorf("%+v", o)
	}
	for _, bad := range [][]string{{"--encryption", "maybe"}, {"--keying", "mikey"}, {"--calls", "many"}, {"--unknown"}} {
		if _, err := parseDial(t, bad...); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestDialH323CommandLine(t *testing.T) {
	c, err := parseDial(t, "h323:1001@host", "--h245", "separate", "--fast-connect", "--hold", "3s", "--refresh", "2s", "--take", "384000",
		"--dtmf", "1", "--dtmf-signalled")
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	if o.H245 != "separate" || !o.FastConnect || o.Hold != 3*time.Second || o.Refresh != 2*time.Second || o.Take != 384_000 || !o.Signal {
		t.Errorf("%+v", o)
	}
	if _, err := parseDial(t, "h323:1001@host", "--h245", "pigeon"); err == nil {
		t.Error("H.245 goes by pigeon")
	}
}

func TestDialDuration(t *testing.T) {
	for _, c := range []struct {
		args []string
		want time.Duration
	}{
		{[]string{"sip:1@host"}, 10 * time.Second},
		{[]string{"--answer"}, 0},
		{[]string{"--answer", "--duration", "3s"}, 3 * time.Second},
		{[]string{"sip:1@host", "--duration", "0s"}, 0},
	} {
		cmd, err := parseDial(t, c.args...)
		if err != nil {
			t.Fatal(err)
		}
		if got := cmd.duration(); got != c.want {
			t.Errorf("%q: %v", c.args, got)
		}
	}
}

func TestDialExitStatus(t *testing.T) {
	// Port 9 of the loopback takes no calls.
	c, err := parseDial(t, "sip:1@127.0.0.1:9;transport=tcp", "--bind", "127.0.0.1", "--json", "--decode", "0", "--log", "error")
	if err != nil {
		t.Fatal(err)
	}
	var e exitStatus
	if err := c.Run(context.Background()); !errors.As(err, &e) || e != 1 {
		t.Errorf("a call that failed ends with %v", err)
	}
	c.Target = "nowhere"
	if err := c.Run(context.Background()); err == nil || errors.As(err, &e) {
		t.Errorf("a target that is none ends with %v", err)
	}
}

// Command roombridge is the gateway: it seats SIP and H.323 room terminals in
// WebRTC rooms.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/roombridge/roombridge/cmd/roombridge/gateway"
	"github.com/roombridge/roombridge/config"
)

// version is set at build time.
var version = "dev"

type cli struct {
	Serve   serveCmd   `cmd:"" default:"withargs" help:"Run the gateway."`
	Check   checkCmd   `cmd:"" help:"Explain the configuration, or say what is wrong with it (exit status 1)."`
	Dial    dialCmd    `cmd:"" help:"Act as a room terminal: call a gateway, a room or another terminal."`
	Number  numberCmd  `cmd:"" help:"Numbers of a running gateway: set, list, test, import, export, delete."`
	Call    callCmd    `cmd:"" help:"Calls of a running gateway: list, hang up."`
	Device  deviceCmd  `cmd:"" help:"Terminals of a running gateway: set, list, delete."`
	Decode  decodeCmd  `cmd:"" help:"Take a message of H.323 apart, given in hexadecimal."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c,
		kong.Name("roombridge"),
		kong.Description("Seats SIP room terminals in WebRTC rooms, next to people in browsers."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err := k.Run(); err != nil {
		var e exitStatus
		if errors.As(err, &e) {
			os.Exit(int(e))
		}
		fmt.Fprintln(os.Stderr, "roombridge:", err)
		os.Exit(1)
	}
}

// exitStatus ends the program with a status and no further words.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

type configFlag struct {
	Config string `short:"c" type:"path" placeholder:"FILE" help:"YAML configuration file; without one, every default applies."`
}

type serveCmd struct{ configFlag }

// Run serves until the context ends, which SIGINT and SIGTERM do.
func (s *serveCmd) Run(ctx context.Context) error {
	cfg, err := config.Load(s.Config)
	if err != nil {
		return err
	}
	log := gateway.NewLogger(os.Stderr, cfg.Log)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	return gateway.Run(ctx, cfg, gateway.Options{
		Log: log, Version: version, HasFile: s.Config != "", Cores: processors(),
		Started: func(g *gateway.Gateway) { fmt.Print(g.Welcome()) },
	})
}

// processors tells how many processors there are, and lets Go run on one thread more: while each processor
// collects garbage or looks after rooms, packets are waited for by one that the kernel lets in at once. Go's own
// scheduler would not look for packets before the others have done, which takes milliseconds.
func processors() int {
	n := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(n + 1)
	}
	return n
}

// garbage is how much memory, in percent of what is in use, may be waiting for
// the collector. Packets make none; what calls and pages leave behind is so
// little that collecting it earlier costs nothing that can be measured.
const garbage = 20

type checkCmd struct{ configFlag }

// Run prints the configuration in force. Values that differ from their
// default are marked.
func (c *checkCmd) Run() error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		fmt.Fprintln(os.Stderr, "The configuration is wrong:")
		fmt.Fprintln(os.Stderr, err)
		return exitStatus(1)
	}
	fmt.Println("The configuration is good. Keys marked * differ from their defaults.")
	fmt.Print(cfg.Explain())
	for _, n := range cfg.Notes(c.Config != "") {
		fmt.Println("note:", n)
	}
	return nil
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run() error {
	fmt.Println("roombridge", version)
	return nil
}

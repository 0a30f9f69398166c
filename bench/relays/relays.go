// Package relays drives what is measured: the real gateway, rtpengine, Janus,
// and a floor of nothing but system calls. Each gets the same legs from the same
// generator.
package relays

import (
	"context"
	"fmt"
	"net/netip"
	"os"

	"github.com/roombridge/roombridge/bench/load"
	"github.com/roombridge/roombridge/bench/proc"
	"github.com/roombridge/roombridge/bridge/media"
)

// Kind is how a leg is protected.
type Kind uint8

// Kinds of legs.
const (
	RTP      Kind = iota // a terminal without encryption
	CM                   // a terminal with SDES, AES_CM_128_HMAC_SHA1_80
	GCM                  // a terminal with SDES, AEAD_AES_128_GCM
	WebRTC               // a browser: ICE, DTLS-SRTP with AEAD_AES_128_GCM
	WebRTCCM             // a browser that takes AES_CM_128_HMAC_SHA1_80 only
)

func (k Kind) String() string {
	return [...]string{"RTP", "SDES AES-CM", "SDES GCM", "WebRTC GCM", "WebRTC AES-CM"}[k]
}

// Suite is the cipher of a kind.
func (k Kind) Suite() media.Suite {
	return [...]media.Suite{media.SuiteNone, media.AESCM80, media.AEADGCM128, media.AEADGCM128, media.AESCM80}[k]
}

// Browser tells whether it is a WebRTC end.
func (k Kind) Browser() bool { return k == WebRTC || k == WebRTCCM }

// Case is one way of relaying.
type Case struct {
	Name     string
	From, To Kind
	Fan      int  // receivers of one source
	Both     bool // both ends of a call send, as in a real one; else one sends and the other receives
	Sound    bool // terminals negotiate sound too, which makes the gateway start media workers
}

// Title is the case for people.
func (c Case) Title() string {
	if c.Fan > 1 {
		return fmt.Sprintf("%v to %d x %v", c.From, c.Fan, c.To)
	}
	return fmt.Sprintf("%v to %v", c.From, c.To)
}

// Env is where relays run.
type Env struct {
	Addr    netip.Addr   // of all sockets
	Callers []netip.Addr // of SIP; the gateway bounds the calls of each
	CPU     int          // the relay's
	Dir     string       // for its files
	Loop    *load.Loop
	Sample  int // one packet of so many is opened by secured sinks
	Binary  string
}

// Relay is a process under test.
type Relay interface {
	Name() string
	// Can tells whether it relays so at all.
	Can(c Case) bool
	// Options says how it is run.
	Options() string
	// Start runs it and waits until it takes calls.
	Start(ctx context.Context, env Env) error
	// Connect sets up the i-th call of a case: its legs are in the loop
	// afterwards and send from the next Start of the loop on.
	Connect(ctx context.Context, i int, c Case) (*Call, error)
	// Process is what runs.
	Process() *proc.Process
	Stop()
}

// Call is one call that is up.
type Call struct {
	Legs  []*load.Leg // sources first
	Sinks []*load.Sink
	end   []func(ctx context.Context)
}

// End hangs up and closes the legs.
func (c *Call) End(ctx context.Context) {
	for _, f := range c.end {
		f(ctx)
	}
	for _, l := range c.Legs {
		l.Close()
	}
}

// write puts a configuration file into the relay's directory.
func (e Env) write(name, text string) (string, error) {
	path := e.Dir + "/" + name
	return path, os.WriteFile(path, []byte(text), 0o600)
}

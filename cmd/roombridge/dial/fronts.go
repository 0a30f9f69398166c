package dial

import (
	"context"
	"strings"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323"
	"github.com/roombridge/roombridge/sip"
)

// front is a protocol of the terminal.
type front interface {
	bridge.FrontEnd
	Serve(ctx context.Context) error
	Ready() <-chan struct{}
	Addrs() []string
}

// product is how the terminal names itself.
const product = "Roombridge dial"

// openFronts opens the protocols that are spoken.
func (d *dialer) openFronts() error {
	if len(d.s.sip) > 0 {
		f, err := sip.New(sip.Config{
			Listen: d.s.sip, UserAgent: product, Rate: -1, Credentials: d.s.credentials(), Trace: d.s.Trace, Log: d.s.Log,
		}, d.core)
		if err != nil {
			return err
		}
		d.register(f, "sip", "sips")
	}
	if !d.s.speaksH323() {
		return nil
	}
	f, err := h323.New(d.s.configH323(), d.core)
	if err != nil {
		return err
	}
	d.register(calledH323{f}, schemeH323)
	return nil
}

func (d *dialer) register(f front, schemes ...string) {
	d.fronts = append(d.fronts, f)
	for _, scheme := range schemes {
		d.core.Register(scheme, f)
	}
}

func (s *settings) configH323() h323.Config {
	c := h323.Config{
		Listen: s.h323, Product: product, Rate: -1, NoTunnelling: s.H245 == h245Separate, Log: s.Log,
	}
	if s.FastConnect {
		c.FastConnect = h323.FastConnectOffer
	}
	return c
}

// calledH323 tells its addresses as the command line takes them.
type calledH323 struct{ *h323.Endpoint }

func (f calledH323) Addrs() []string {
	var list []string
	for _, a := range f.Endpoint.Addrs() {
		list = append(list, "h323://"+strings.TrimPrefix(a, "tcp://"))
	}
	return list
}

func (s *settings) credentials() sip.Credentials {
	if s.User == "" {
		return nil
	}
	return func(bridge.Target, string) (string, string, bool) { return s.User, s.Password, true }
}

// capabilities are those of a call. H.323 has no keys: H.235.6 is not spoken.
func (s *settings) capabilities(inv bridge.Invite) media.Capabilities {
	c := s.capability
	if inv.Protocol == schemeH323 {
		c.Encryption, c.Suites, c.DTLS = media.EncryptionOff, nil, false
	}
	return c
}

// press sends keys through signalling.
func (d *dialer) press(callID, digits string) bool {
	call := d.core.Call(callID)
	if call == nil {
		return false
	}
	h := call.Handset()
	if h == nil {
		return false
	}
	h.Press(digits)
	return true
}

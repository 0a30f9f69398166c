package config

import "slices"

// shortToken is the length below which a token may be guessed: people choose words.
const shortToken = 20

// Notes says what an operator should know of a valid configuration.
func (c Config) Notes(hasFile bool) []string {
	var n []string
	if c.Admission.Open {
		n = append(n, "admission.open: any number opens the room of that name, and whoever reaches this gateway may enter any room")
	}
	if !c.Admission.Open {
		n = append(n, "admission.open is off: calls for which the number plan has no rule are refused")
	}
	if c.Admin.Token == "" {
		n = append(n, "admin.token is empty: programs on this machine need none, others a token made with POST /api/v1/tokens; people sign in at /admin")
	}
	if t := c.Admin.Token.Reveal(); t != "" && len(t) < shortToken {
		n = append(n, "admin.token is short: nothing slows down who guesses it; give it 32 random characters, such as of openssl rand -hex 16")
	}
	if c.Web.TLS.Cert == "" {
		n = append(n, "web.tls is empty: a self-signed certificate is used, which browsers warn of")
	}
	if c.SIP.Encryption == "off" {
		n = append(n, "sip.encryption is off: sound and picture of SIP terminals travel in clear")
	}
	if r := c.SIP.Register; r.Enabled && !r.QOP {
		n = append(n, "sip.register.qop is off: whoever hears a terminal register may guess its password more easily")
	}
	if len(c.H323.Listen) > 0 && c.SIP.Encryption == "require" {
		n = append(n, "h323.listen: sound and picture of H.323 terminals travel in clear, whatever sip.encryption says")
	}
	if g := c.H323.Gatekeeper; g.Enabled && g.Open {
		n = append(n, "h323.gatekeeper.open: whoever reaches this gateway may register any alias that has no password, and is called by it")
	}
	if g := c.H323.Gatekeeper; g.Enabled && slices.Contains(g.Gateways, "*") {
		n = append(n, "h323.gatekeeper.gateways: whoever registers may draw calls to numbers of any prefix")
	}
	if !hasFile {
		n = append(n, "no configuration file: every default applies")
	}
	return n
}

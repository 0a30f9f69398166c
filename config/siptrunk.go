package config

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// SIPTrunk is a carrier or another exchange: calls to numbers go out through it, and those
// that come from its address are known as its.
type SIPTrunk struct {
	Name       string   `mapstructure:"name"`       // by which tenants claim it
	Address    string   `mapstructure:"address"`    // HOST[:PORT]
	Transport  string   `mapstructure:"transport"`  // udp, tcp, tls; empty: udp
	User       string   `mapstructure:"user"`       // proves our calls when it asks; empty: none
	Password   Secret   `mapstructure:"password"`   //
	From       string   `mapstructure:"from"`       // NUMBER[@DOMAIN] that our calls are from; empty: the room
	Prefixes   []string `mapstructure:"prefixes"`   // numbers beginning so go out through it; none: all
	Encryption string   `mapstructure:"encryption"` // of media: off, prefer, require; empty: as sip.encryption
	Probe      string   `mapstructure:"probe"`      // on, off: it is asked by OPTIONS whether it is there; empty: on

	Register TrunkRegister `mapstructure:"register"`
}

// TrunkRegister is how the gateway registers at a trunk that wants it.
type TrunkRegister struct {
	On            bool          `mapstructure:"on"`
	Registrar     string        `mapstructure:"registrar"`      // HOST[:PORT]; empty: the trunk's address
	OutboundProxy string        `mapstructure:"outbound_proxy"` // HOST[:PORT] where requests are sent; empty: the registrar
	Address       string        `mapstructure:"address"`        // USER[@DOMAIN] that is registered; empty: the trunk's user at the registrar
	Expires       time.Duration `mapstructure:"expires"`        // lifetime that is asked for; 0: an hour
}

// HostPort is the address of the trunk; port 0 is the transport's own.
func (t *SIPTrunk) HostPort() (host string, port uint16, err error) { return hostAndPort(t.Address) }

// Registrar is the host that the gateway registers at, and Proxy the one that is asked.
func (t *SIPTrunk) Registrar() (host string, port uint16, err error) {
	return hostAndPort(cmp.Or(t.Register.Registrar, t.Address))
}

// Proxy is where requests to the registrar are sent.
func (t *SIPTrunk) Proxy() (host string, port uint16, err error) {
	return hostAndPort(cmp.Or(t.Register.OutboundProxy, t.Register.Registrar, t.Address))
}

// Registered is the user and domain that are registered.
func (t *SIPTrunk) Registered() (user, domain string) {
	user, domain, _ = strings.Cut(cmp.Or(t.Register.Address, t.User), "@")
	if domain == "" {
		domain, _, _ = t.Registrar()
	}
	return user, domain
}

// Identity is the user and domain that calls of ours are from. An empty user is the caller's, an empty domain our own host.
func (t *SIPTrunk) Identity() (user, domain string) {
	if t.From == "" && t.Register.On {
		return t.Registered()
	}
	user, domain, _ = strings.Cut(t.From, "@")
	return user, domain
}

func hostAndPort(address string) (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		host, err = strings.Trim(address, "[]"), nil
	} else {
		var n uint64
		n, err = strconv.ParseUint(text, 10, 16)
		port = uint16(n)
	}
	if host == "" || strings.ContainsAny(host, " /@;<>") || err != nil {
		return "", 0, fmt.Errorf("%q is no HOST or HOST:PORT", address)
	}
	return host, port, nil
}

func (e *problems) sipTrunks(list []SIPTrunk) {
	names := map[string]bool{}
	for i := range list {
		t := &list[i]
		key := fmt.Sprintf("sip.trunks[%d]", i)
		if t.Name == "" || len(t.Name) > maxAlias || names[t.Name] || strings.TrimSpace(t.Name) != t.Name {
			e.add(key+".name", "is missing, too long or another's")
		}
		names[t.Name] = true
		if _, _, err := t.HostPort(); err != nil {
			e.add(key+".address", err.Error())
		}
		e.oneOf(key+".transport", t.Transport, "", "udp", "tcp", "tls")
		e.oneOf(key+".encryption", t.Encryption, "", "off", "prefer", "require")
		e.oneOf(key+".probe", t.Probe, "", "on", "off")
		e.trunkRegister(key+".register", t)
		if (t.User == "") != (t.Password == "") {
			e.add(key+".user", "and password are given together")
		}
		for _, text := range append([]string{t.User, t.From, t.Register.Address}, t.Prefixes...) {
			if len(text) > maxAlias || strings.ContainsAny(text, "\r\n<>\" ;") {
				e.add(key, "user, from, register.address and prefixes are short and without blanks, quotes, semicolons and brackets")
				break
			}
		}
	}
}

const (
	leastTrunkExpires = time.Minute
	mostTrunkExpires  = 24 * time.Hour
)

func (e *problems) trunkRegister(key string, t *SIPTrunk) {
	if !t.Register.On {
		return
	}
	if _, _, err := t.Registrar(); err != nil && t.Register.Registrar != "" {
		e.add(key+".registrar", err.Error())
	}
	if _, _, err := t.Proxy(); err != nil && t.Register.OutboundProxy != "" {
		e.add(key+".outbound_proxy", err.Error())
	}
	if user, domain := t.Registered(); user == "" || strings.ContainsAny(domain, "@/") {
		e.add(key+".address", "is no USER or USER@DOMAIN, and the trunk has no user")
	}
	if d := t.Register.Expires; d != 0 && (d < leastTrunkExpires || d > mostTrunkExpires) {
		e.add(key+".expires", fmt.Sprintf("%v is not between %v and %v", d, leastTrunkExpires, mostTrunkExpires))
	}
}

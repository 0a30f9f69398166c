package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"
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
}

// HostPort is the address of the trunk; port 0 is the transport's own.
func (t *SIPTrunk) HostPort() (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(t.Address)
	if err != nil {
		host, err = strings.Trim(t.Address, "[]"), nil
	} else {
		var n uint64
		n, err = strconv.ParseUint(text, 10, 16)
		port = uint16(n)
	}
	if host == "" || strings.ContainsAny(host, " /@;<>") || err != nil {
		return "", 0, fmt.Errorf("%q is no HOST or HOST:PORT", t.Address)
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
		if (t.User == "") != (t.Password == "") {
			e.add(key+".user", "and password are given together")
		}
		for _, text := range append([]string{t.User, t.From}, t.Prefixes...) {
			if len(text) > maxAlias || strings.ContainsAny(text, "\r\n<>\" ;") {
				e.add(key, "user, from and prefixes are short and without blanks, quotes, semicolons and brackets")
				break
			}
		}
	}
}

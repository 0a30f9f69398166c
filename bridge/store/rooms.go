package store

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/number"
)

// Room is a meeting that is there before anybody comes.
type Room struct {
	Name          string     `json:"name"`
	Label         string     `json:"label,omitempty"`
	GuestPIN      number.PIN `json:"guest_pin,omitzero"`
	HostPIN       number.PIN `json:"host_pin,omitzero"`
	Lobby         bool       `json:"lobby,omitempty"`
	Locked        bool       `json:"locked,omitempty"`
	Capacity      int        `json:"capacity,omitempty"`
	Layout        string     `json:"layout,omitempty"`
	Encryption    bool       `json:"encryption,omitempty"`
	Language      string     `json:"language,omitempty"`
	Greeting      string     `json:"greeting,omitempty"`
	GreetingSound string     `json:"greeting_sound,omitempty"`
}

// Rooms are the rooms that administrators set up.
var Rooms = &Collection[Room]{
	table: "rooms",
	form: func(r *Room) form {
		return form{r.Name, Fold(r.Name), r.Name + " " + r.Label}
	},
	check: (*Room).Validate,
	hide: func(r *Room) map[string]string {
		return map[string]string{"guest": r.GuestPIN.Sealed(), "host": r.HostPIN.Sealed()}
	},
	restore: func(r *Room, s map[string]string) error { return restorePINs(&r.GuestPIN, &r.HostPIN, s) },
}

// Furnishing is the room as a number plan takes it.
func (r *Room) Furnishing() number.Room {
	return number.Room{Name: r.Name, Locked: r.Locked, Settings: number.Settings{
		GuestPIN: r.GuestPIN, HostPIN: r.HostPIN, Lobby: r.Lobby, Capacity: r.Capacity,
		Layout: r.Layout, Encryption: r.Encryption, Language: r.Language, Greeting: r.Greeting, GreetingSound: r.GreetingSound,
	}}
}

// Validate says what is wrong with a room, which is taken as a rule that leads to it: that has the same settings.
func (r *Room) Validate() error {
	rule := number.Rule{
		ID: "room", Label: r.Label, Match: number.Match{Kind: number.Any}, Outcome: number.Outcome{Room: "x"}, Settings: r.Furnishing().Settings,
	}.Normal()
	if !bridge.ValidRoomName(r.Name) {
		return errors.New("store: this cannot be a room's name")
	}
	return rule.Validate()
}

func restorePINs(guest, host *number.PIN, secrets map[string]string) (err error) {
	if *guest, err = number.SealedPIN(secrets["guest"]); err != nil {
		return err
	}
	*host, err = number.SealedPIN(secrets["host"])
	return err
}

// Device is a terminal that is known, registered or not.
type Device struct {
	User      string       `json:"user"` // as which it registers
	Label     string       `json:"label,omitempty"`
	Protocol  string       `json:"protocol,omitempty"` // "" is both
	Model     string       `json:"model,omitempty"`
	Software  string       `json:"software,omitempty"`
	Addresses []netip.Addr `json:"addresses,omitempty"`
	Aliases   []string     `json:"aliases,omitempty"` // as which it is called besides
	Disabled  bool         `json:"disabled,omitempty"`

	Credentials Credentials `json:"-"`
}

// Credentials are a device's, as its protocols need them.
type Credentials struct {
	Realm  string // of the digests
	MD5    string // HA1 of RFC 8760, hexadecimal
	SHA256 string
	H235   string // password of H.235.1 and of MD5 tokens, which both need it in clear
}

// Devices are the terminals.
var Devices = &Collection[Device]{
	table: "devices",
	form: func(d *Device) form {
		return form{d.User, deviceKey(d.User), strings.Join(append([]string{d.User, d.Label, d.Model, d.Software}, d.Aliases...), " ")}
	},
	check: (*Device).Validate,
	hide: func(d *Device) map[string]string {
		c := d.Credentials
		return map[string]string{"realm": c.Realm, "md5": c.MD5, "sha256": c.SHA256, "h235": c.H235}
	},
	restore: func(d *Device, s map[string]string) error {
		d.Credentials = Credentials{Realm: s["realm"], MD5: s["md5"], SHA256: s["sha256"], H235: s["h235"]}
		return nil
	},
}

// MaxDeviceName bounds the name as which a device registers, bytes.
const MaxDeviceName = 64

// Validate says what is wrong with a device.
func (d *Device) Validate() error {
	if !validDeviceName(d.User) || slices.ContainsFunc(d.Aliases, func(a string) bool { return !validDeviceName(a) }) {
		return errors.New("store: a device's name and its aliases have 1 to 64 bytes without blanks, @, :, / and what URIs and digests mean something by")
	}
	if d.Protocol != "" && d.Protocol != "sip" && d.Protocol != "h323" {
		return errors.New("store: a device's protocol is sip or h323, or empty for both")
	}
	if len(d.Addresses) > 64 || len(d.Aliases) > 64 {
		return errors.New("store: a device has at most 64 addresses and aliases")
	}
	return nil
}

// validDeviceName tells what stands in sip:NAME and in the texts that digests are of.
func validDeviceName(s string) bool {
	bad := func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == utf8.RuneError || strings.ContainsRune("@:/;?#%,<>\"\\", r)
	}
	return s != "" && len(s) <= MaxDeviceName && deviceKey(s) != "" && !strings.ContainsFunc(s, bad)
}

// Digest makes a device's credentials of its password (RFC 8760).
func Digest(user, realm, password string) Credentials {
	text := []byte(user + ":" + realm + ":" + password)
	weak, strong := md5.Sum(text), sha256.Sum256(text)
	return Credentials{Realm: realm, MD5: hex.EncodeToString(weak[:]), SHA256: hex.EncodeToString(strong[:]), H235: password}
}

// String tells nothing.
func (c Credentials) String() string { return "(credentials)" }

// GoString tells nothing.
func (c Credentials) GoString() string { return c.String() }

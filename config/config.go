// Package config reads the gateway's configuration: one YAML file and
// ROOMBRIDGE_ environment variables over defaults that work without either,
// into one validated struct.
package config

import "time"

// Config is the whole configuration. Every key has its default in Default and
// its rule in Validate.
type Config struct {
	Log       Log       `mapstructure:"log"`
	SIP       SIP       `mapstructure:"sip"`
	H323      H323      `mapstructure:"h323"`
	Media     Media     `mapstructure:"media"`
	Room      Room      `mapstructure:"room"`
	Worker    Worker    `mapstructure:"worker"`
	Web       Web       `mapstructure:"web"`
	Admission Admission `mapstructure:"admission"`
	Reception Reception `mapstructure:"reception"`
	Admin     Admin     `mapstructure:"admin"`
	Store     Store     `mapstructure:"store"`
	Limits    Limits    `mapstructure:"limits"`
}

// Log says what is logged and how.
type Log struct {
	Level  string `mapstructure:"level"`  // debug, info, warn, error
	Format string `mapstructure:"format"` // text or json
}

// SIP is the SIP front-end.
type SIP struct {
	Listen     []string `mapstructure:"listen"`     // udp://, tcp://, tls:// addresses
	Announce   string   `mapstructure:"announce"`   // host or address put in Contact and Via; empty: chosen per far end
	Encryption string   `mapstructure:"encryption"` // off, prefer, require
	TLS        TLS      `mapstructure:"tls"`
	TLSMin     string   `mapstructure:"tls_min"` // 1.0, 1.1, 1.2, 1.3: oldest version accepted from terminals

	Register SIPRegister `mapstructure:"register"`
	Trunks   []SIPTrunk  `mapstructure:"trunks"`
}

// TLS is a certificate and its key, PEM files. Both empty: a self-signed one is made.
type TLS struct {
	Cert string `mapstructure:"cert"`
	Key  string `mapstructure:"key"`
}

// H323 is the H.323 front-end.
type H323 struct {
	Listen      []string `mapstructure:"listen"`       // tcp:// addresses; none: H.323 is not served
	Announce    string   `mapstructure:"announce"`     // IP address told to terminals for signalling; empty: the local one of each connection
	Tunnelling  bool     `mapstructure:"tunnelling"`   // H.245 within call signalling where the terminal can
	FastConnect string   `mapstructure:"fast_connect"` // off, accept, offer
	Ports       string   `mapstructure:"ports"`        // FIRST-LAST where H.245 connections are awaited; empty: any free port
	RAS         string   `mapstructure:"ras"`          // udp:// address of our gatekeeper, if it is enabled

	Gatekeeper Gatekeeper `mapstructure:"gatekeeper"`
	Register   Register   `mapstructure:"register"`
}

// Gatekeeper is the small gatekeeper that H.323 terminals register with.
type Gatekeeper struct {
	Enabled   bool          `mapstructure:"enabled"`
	ID        string        `mapstructure:"id"`        // gatekeeper identifier
	Open      bool          `mapstructure:"open"`      // aliases without a password may register
	Passwords []Secret      `mapstructure:"passwords"` // ALIAS=PASSWORD
	Gateways  []string      `mapstructure:"gateways"`  // aliases with a password whose prefixes are taken; *: of everybody
	TTL       time.Duration `mapstructure:"ttl"`       // time to live of registrations
	Bitrate   int           `mapstructure:"bitrate"`   // most of one call, both directions, bit/s; 0 is no bound
	Discovery bool          `mapstructure:"discovery"` // answer terminals that look for a gatekeeper by multicast
}

// Register is the registration of the gateway with an existing gatekeeper.
type Register struct {
	Gatekeeper string        `mapstructure:"gatekeeper"` // IP[:PORT], or discover: the first that answers to multicast; empty: none
	ID         string        `mapstructure:"id"`         // its identifier; empty: any
	Listen     string        `mapstructure:"listen"`     // udp:// address of ours that it hears from
	Aliases    []string      `mapstructure:"aliases"`    // of the gateway: names and numbers
	Prefixes   []string      `mapstructure:"prefixes"`   // numbers beginning so are sent to the gateway
	User       string        `mapstructure:"user"`       // empty: the first alias
	Password   Secret        `mapstructure:"password"`
	Security   string        `mapstructure:"security"` // auto, md5, h235.1: how the password is proved
	TTL        time.Duration `mapstructure:"ttl"`      // time to live that is asked for
}

// Media is the packet path towards terminals.
type Media struct {
	Address  string        `mapstructure:"address"`  // local address of RTP sockets
	Announce string        `mapstructure:"announce"` // address told to terminals; empty: chosen per far end
	Ports    string        `mapstructure:"ports"`    // FIRST-LAST
	Timeout  time.Duration `mapstructure:"timeout"`  // a call without any media ends after this
	Bitrate  int           `mapstructure:"bitrate"`  // most video of one stream, bit/s
}

// Room is the embedded WebRTC room.
type Room struct {
	Listen          []string `mapstructure:"listen"`   // udp:// for browsers, tcp:// for ICE-TCP
	Announce        []string `mapstructure:"announce"` // addresses told to browsers instead of the local ones
	VP8             bool     `mapstructure:"vp8"`      // browsers may use VP8 among themselves when they lack H.264
	MaxParticipants int      `mapstructure:"max_participants"`
	Dial            string   `mapstructure:"dial"` // what hosts call from their pages: off, devices, addresses
}

// Values of room.dial. Addresses let whoever has a host's PIN call anything that the
// gateway reaches: where that costs money, devices is what is wanted.
const (
	DialOff       = "off"
	DialDevices   = "devices" // registered terminals by their names
	DialAddresses = "addresses"
)

// Worker is the media worker process.
type Worker struct {
	Path   string `mapstructure:"path"`   // roombridge-media; empty: beside the gateway, then PATH
	Max    int    `mapstructure:"max"`    // most workers at once
	Memory int64  `mapstructure:"memory"` // bytes of memory for each, 0 is 768 MiB
	CPUs   int    `mapstructure:"cpus"`   // processors that the picture codecs of each use at once, 0 is all
}

// Web is the HTTP side: pages, API, metrics.
type Web struct {
	Listen   string `mapstructure:"listen"`    // HTTPS address
	HTTP     string `mapstructure:"http"`      // plain HTTP: redirects, health and metrics; empty is none
	TLS      TLS    `mapstructure:"tls"`       // both empty: self-signed
	StateDir string `mapstructure:"state_dir"` // where a self-signed certificate is kept; empty: beside the user's other state
}

// Admission says who may call without a number plan.
type Admission struct {
	Open bool `mapstructure:"open"` // any number opens the room of that name
}

// Reception asks terminals for numbers and PINs.
type Reception struct {
	Prompts string `mapstructure:"prompts"` // directory of sounds that replace the prompts: LANGUAGE/NAME.wav, and of recorded greetings; empty: none
	Speech  string `mapstructure:"speech"`  // of greetings: auto, off
}

// Values of Reception.Speech.
const (
	SpeechAuto = "auto" // where espeak-ng is installed
	SpeechOff  = "off"
)

// Admin protects the API and the administration pages.
type Admin struct {
	Token Secret `mapstructure:"token"`
	OIDC  OIDC   `mapstructure:"oidc"`
}

// OIDC is an OpenID Connect provider with which administrators may sign in.
type OIDC struct {
	Issuer       string   `mapstructure:"issuer"` // its URL; empty: none
	ClientID     string   `mapstructure:"client_id"`
	ClientSecret Secret   `mapstructure:"client_secret"`
	Label        string   `mapstructure:"label"`        // what the button says
	Scopes       []string `mapstructure:"scopes"`       // besides openid
	Redirect     string   `mapstructure:"redirect"`     // the gateway's URL, as browsers reach it
	RoleClaim    string   `mapstructure:"role_claim"`   // says what somebody may, by roles; empty: accounts that there are, by their subject
	Roles        []string `mapstructure:"roles"`        // VALUE=operator, VALUE=administrator or VALUE=viewer
	TenantClaim  string   `mapstructure:"tenant_claim"` // names the tenant, "-" the site; empty: everybody is the site's
	// Session is how long somebody stays signed in until the provider is asked anew.
	Session time.Duration `mapstructure:"session"`
}

// Store is the database.
type Store struct {
	URL     string `mapstructure:"url"`      // sqlite:PATH or postgres://…; a relative path begins in the state directory
	KeyFile string `mapstructure:"key_file"` // seals secrets; empty: PATH.key, or in the database where it has no path
}

// Limits bounds what one gateway takes on.
type Limits struct {
	Calls int `mapstructure:"calls"` // most calls at once, 0 is no bound
	Rooms int `mapstructure:"rooms"`
	// Load is the share of the processors, and of the time of the packet path's
	// busiest loop, above which new calls are refused, in percent; 0 is no bound.
	Load int `mapstructure:"load"`
}

// Secret is a string that never prints itself.
type Secret string

func (Secret) String() string               { return "[masked]" }
func (Secret) GoString() string             { return "[masked]" }
func (Secret) MarshalText() ([]byte, error) { return []byte("[masked]"), nil }

// Reveal gives the secret to the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// Default is the configuration without a file.
func Default() Config {
	return Config{
		Log: Log{Level: "info", Format: "text"},
		SIP: SIP{
			Listen:     []string{"udp://0.0.0.0:5060", "tcp://0.0.0.0:5060", "tls://0.0.0.0:5061"},
			Encryption: "prefer",
			TLSMin:     "1.2",
			Register:   defaultSIPRegister(),
		},
		H323: H323{
			Listen: []string{"tcp://0.0.0.0:1720"}, Tunnelling: true, FastConnect: "accept", RAS: "udp://0.0.0.0:1719",
			Gatekeeper: Gatekeeper{ID: "Roombridge", TTL: 5 * time.Minute},
			Register:   Register{Listen: "udp://:0", Aliases: []string{"roombridge"}, Security: "auto", TTL: 5 * time.Minute},
		},
		Media: Media{Address: "0.0.0.0", Ports: "20000-29999", Timeout: time.Minute, Bitrate: 4_000_000},
		Room: Room{
			Listen:          []string{"udp://0.0.0.0:8444", "tcp://0.0.0.0:8444"},
			VP8:             true,
			MaxParticipants: 100,
			Dial:            DialDevices,
		},
		Worker:    Worker{Max: 200, Memory: 1 << 30},
		Web:       Web{Listen: ":8443", HTTP: ":8080"},
		Admission: Admission{Open: true},
		Reception: Reception{Speech: SpeechAuto},
		Admin:     Admin{OIDC: OIDC{Label: "OpenID", Scopes: []string{"profile", "email"}, Session: 4 * time.Hour}},
		Store:     Store{URL: "sqlite:roombridge.db"},
		Limits:    Limits{Calls: 500, Rooms: 500, Load: 85},
	}
}

package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge"
)

// Device is a terminal that is registered with the gateway, as the API shows it.
type Device struct {
	Name      string    `json:"name" doc:"As which it is called"`
	Aliases   []string  `json:"aliases" doc:"As which it is called besides"`
	Protocol  string    `json:"protocol" doc:"sip or h323"`
	Model     string    `json:"model" doc:"Maker and product, as the terminal says"`
	Software  string    `json:"software" doc:"As the terminal says"`
	Address   string    `json:"address" doc:"Where it is heard"`
	Transport string    `json:"transport" doc:"How it is called: udp, tcp or tls"`
	Contacts  int       `json:"contacts" doc:"Addresses at which it is registered"`
	Since     time.Time `json:"since"`
	Seen      time.Time `json:"seen" doc:"Last heard"`
	Expires   time.Time `json:"expires" doc:"Unless it is heard before"`
	Online    bool      `json:"online" doc:"Its connection is open, or it answers"`
	Encrypted bool      `json:"encrypted" doc:"Signalling is encrypted"`
}

type devicesBody struct {
	Body []Device
}

func (s *Server) deviceOperations(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "list-devices", Method: http.MethodGet, Path: "/api/v1/devices", Tags: []string{"devices"},
		Summary: "Terminals that are registered with the gateway, by name", Errors: []int{401, 403},
	}, func(context.Context, *struct{}) (*devicesBody, error) {
		return &devicesBody{devicesOf(s.cfg.Devices.List())}, nil
	})
}

func devicesOf(list []bridge.Device) []Device {
	out := make([]Device, len(list))
	for i := range list {
		d := &list[i]
		out[i] = Device{
			Name: d.Name, Aliases: append([]string{}, d.Aliases...), Protocol: d.Protocol, Model: d.Model, Software: d.Software,
			Transport: d.Transport, Contacts: d.Contacts, Since: d.Since.UTC(), Seen: d.Seen.UTC(), Expires: d.Expires.UTC(),
			Online: d.Online, Encrypted: d.Encrypted,
		}
		if d.Address.IsValid() {
			out[i].Address = d.Address.String()
		}
	}
	return out
}

// target reads whom to call: an address, or the name of a device.
func (s *Server) target(ctx context.Context, text string) (bridge.Target, error) {
	t, err := parseTarget(text)
	if err == nil && !actorOf(ctx).Operator() && s.namesDevice(t) {
		return t, huma.Error422UnprocessableEntity("an address with a host is needed: devices are the operator's to call")
	}
	if err == nil {
		return t, nil
	}
	if !actorOf(ctx).Operator() { // devices are no tenant's
		return t, huma.Error422UnprocessableEntity(err.Error())
	}
	if d, ok := s.cfg.Devices.Find(strings.TrimSpace(text)); ok {
		return d.Target(), nil
	}
	if strings.Contains(text, ":") {
		return t, huma.Error422UnprocessableEntity(err.Error())
	}
	return t, huma.Error409Conflict("no terminal is registered as " + strconv.Quote(oneLine(text)))
}

// namesDevice tells whether a target is, or may be, the name of a device and no host.
func (s *Server) namesDevice(t bridge.Target) bool {
	_, name, _ := strings.Cut(t.URI, ":")
	if u, err := url.PathUnescape(name); err == nil {
		name = u
	}
	_, found := s.cfg.Devices.Find(name)
	return found || !strings.ContainsAny(name, "@.:[")
}

// key names a device among all of them.
func (d *Device) key() string { return d.Protocol + ":" + d.Name }

// sameDevice compares devices without what every keep-alive changes.
func sameDevice(a, b Device) bool {
	return a.Protocol == b.Protocol && a.Name == b.Name && a.Model == b.Model && a.Software == b.Software && a.Address == b.Address &&
		a.Transport == b.Transport && a.Contacts == b.Contacts && a.Online == b.Online && a.Encrypted == b.Encrypted &&
		a.Since.Equal(b.Since) && slices.Equal(a.Aliases, b.Aliases)
}

// lookDevices tells what changed in the list of devices. f.mu is held.
func (f *feed) lookDevices(list []Device) {
	now := make(map[string]bool, len(list))
	for _, d := range list {
		now[d.key()] = true
		if old, ok := f.toldDevices[d.key()]; !ok || !sameDevice(old, d) {
			f.tell(event{"device", d})
		}
		f.toldDevices[d.key()] = d
	}
	for key, d := range f.toldDevices {
		if !now[key] {
			delete(f.toldDevices, key)
			f.tell(event{"device.gone", deviceGone{Name: d.Name, Protocol: d.Protocol}})
		}
	}
}

type deviceGone struct {
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
}

package web

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
)

// Device is a terminal, as the API shows it: registered with the gateway, known to
// administrators, or both.
type Device struct {
	Name       string    `json:"name" doc:"As which it is called"`
	Label      string    `json:"label" doc:"For people"`
	Aliases    []string  `json:"aliases" doc:"As which it is called besides"`
	Protocol   string    `json:"protocol" doc:"sip or h323; of one that is not registered empty is both"`
	Model      string    `json:"model" doc:"Maker and product, as the terminal says"`
	Software   string    `json:"software" doc:"As the terminal says"`
	Address    string    `json:"address" doc:"Where it is heard"`
	Transport  string    `json:"transport" doc:"How it is called: udp, tcp or tls"`
	Contacts   int       `json:"contacts" doc:"Addresses at which it is registered"`
	Since      time.Time `json:"since"`
	Seen       time.Time `json:"seen" doc:"Last heard; 0001-01-01 is never"`
	Expires    time.Time `json:"expires" doc:"Unless it is heard before"`
	Online     bool      `json:"online" doc:"Its connection is open, or it answers"`
	Encrypted  bool      `json:"encrypted" doc:"Signalling is encrypted"`
	Registered bool      `json:"registered"`
	Known      bool      `json:"known" doc:"Administrators entered it"`
	Tenant     string    `json:"tenant" doc:"Whose it is; empty is the operator's"`
	Disabled   bool      `json:"disabled" doc:"It may not register"`
}

type devicesBody struct {
	Body []Device
}

// KnownDevice is a device that administrators entered, with what is known of it now.
type KnownDevice struct {
	Device
	Password bool      `json:"password" doc:"There is one"`
	Version  int64     `json:"version" doc:"Grows with every change"`
	Changed  time.Time `json:"changed"`
	Group    string    `json:"group,omitempty" doc:"Names the change, for undo"`
}

type knownBody struct{ Body KnownDevice }

// Resolve takes a 0 that was given for what it is: the default stands in for zeros too.
func (v *Versioned) Resolve(ctx huma.Context) []error {
	if ctx.Query("version") == "0" {
		v.Version = 0
	}
	return nil
}

// DeviceTenant says whose device is meant.
type DeviceTenant struct {
	Tenant string `query:"tenant" maxLength:"63" doc:"Whose; without one operators find devices of all tenants, and enter those of the default one"`
}

// DevicePath names a device.
type DevicePath struct {
	DeviceTenant
	Name string `path:"name" maxLength:"64"`
}

func (s *Server) deviceOperations(a huma.API) {
	op := func(id, method, path, summary string, codes ...int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1" + path, Tags: []string{"devices"}, Summary: summary,
			MaxBodyBytes: 16 << 10, Errors: append([]int{401, 403}, codes...),
		}
	}
	huma.Register(a, op("list-devices", http.MethodGet, "/devices", "Terminals that are registered with the gateway or known to it, by name", 404), s.listDevices)
	if s.cfg.Admin == nil {
		return
	}
	huma.Register(a, op("get-device", http.MethodGet, "/devices/{name}", "A device that administrators entered", 404), s.getDevice)
	huma.Register(a, op("put-device", http.MethodPut, "/devices/{name}", "Enter a device, or change it", 404, 409, 422, 429), s.putDevice)
	huma.Register(a, op("delete-device", http.MethodDelete, "/devices/{name}", "Remove a device; it is no longer registered", 404, 409), s.deleteDevice)
}

func devicesOf(list []bridge.Device) []Device {
	out := make([]Device, len(list))
	for i := range list {
		out[i] = deviceOf(&list[i])
		out[i].Registered = true
	}
	return out
}

func deviceOf(d *bridge.Device) Device {
	v := Device{
		Name: d.Name, Label: d.Label, Aliases: append([]string{}, d.Aliases...), Protocol: d.Protocol, Model: d.Model, Software: d.Software,
		Transport: d.Transport, Contacts: d.Contacts, Since: d.Since.UTC(), Seen: d.Seen.UTC(), Expires: d.Expires.UTC(),
		Online: d.Online, Encrypted: d.Encrypted, Known: d.Tenant != "", Tenant: d.Tenant, Disabled: d.Disabled,
	}
	if d.Address.IsValid() {
		v.Address = d.Address.String()
	}
	return v
}

// seenDevices are the registered devices that who asks may see and call.
func (s *Server) seenDevices(ctx context.Context) bridge.Devices {
	return bridge.Devices{func() []bridge.Device {
		actor := actorOf(ctx)
		return slices.DeleteFunc(s.cfg.Devices.List(), func(d bridge.Device) bool { return !actor.Sees(d.Tenant) })
	}}
}

func (s *Server) listDevices(ctx context.Context, in *DeviceTenant) (*devicesBody, error) {
	actor, tenant := actorOf(ctx), in.Tenant
	if !actor.Operator() {
		if tenant = actor.Tenant(); in.Tenant != "" && in.Tenant != tenant {
			return nil, s.failure(admin.ErrNotFound)
		}
	}
	registered := slices.DeleteFunc(s.seenDevices(ctx).List(), func(d bridge.Device) bool { return tenant != "" && d.Tenant != tenant })
	return &devicesBody{s.merged(registered, tenant)}, nil
}

// merged adds to registered devices those that are known alone.
func (s *Server) merged(registered []bridge.Device, tenant string) []Device {
	out, there := devicesOf(registered), map[string]bool{}
	for i := range registered {
		there[registered[i].Tenant+"\x00"+registered[i].User] = true
	}
	if s.cfg.Known != nil {
		for _, d := range s.cfg.Known(tenant) {
			if !there[d.Tenant+"\x00"+d.User] {
				out = append(out, deviceOf(&d))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Device) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Protocol, b.Protocol))
	})
	return out
}

// deviceDesk is where a device is kept: where the request says, else whose it is. Operators,
// who see those of all tenants, say whose they mean where several have it.
func (s *Server) deviceDesk(ctx context.Context, in *DevicePath) (*admin.Desk, error) {
	tenant := in.Tenant
	if actor := actorOf(ctx); tenant == "" && actor.Operator() {
		owner, err := actor.DeviceOwner(ctx, in.Name)
		switch {
		case errors.Is(err, admin.ErrTaken):
			return nil, huma.Error409Conflict("several tenants have a device of this name: name one with ?tenant=ID")
		case err != nil:
			return nil, s.failure(err)
		}
		tenant = owner
	}
	return s.desk(ctx, DeskPath{Tenant: tenant})
}

// known is a device with what is known of it now.
func (s *Server) known(d *admin.Desk, k admin.KnownDevice, group string) *knownBody {
	out := &knownBody{KnownDevice{Password: k.Password, Version: k.Version, Changed: k.Changed, Group: group}}
	out.Body.Device = deviceOf(&bridge.Device{
		Name: k.User, Label: k.Label, Aliases: k.Aliases, Protocol: k.Protocol, Model: k.Model, Software: k.Software, Tenant: d.ID(), Disabled: k.Disabled,
	})
	for _, now := range s.merged(s.cfg.Devices.List(), d.ID()) {
		if now.Tenant == d.ID() && (strings.EqualFold(now.Name, k.User) || slices.Contains(now.Aliases, k.User)) {
			v := &out.Body.Device
			v.Address, v.Transport, v.Contacts, v.Since, v.Seen, v.Expires = now.Address, now.Transport, now.Contacts, now.Since, now.Seen, now.Expires
			v.Online, v.Registered, v.Encrypted = now.Online, now.Registered, now.Encrypted
			v.Model, v.Software = cmp.Or(now.Model, v.Model), cmp.Or(now.Software, v.Software)
		}
	}
	return out
}

func (s *Server) getDevice(ctx context.Context, in *DevicePath) (*knownBody, error) {
	d, err := s.deviceDesk(ctx, in)
	if err != nil {
		return nil, err
	}
	k, err := d.KnownDevice(ctx, in.Name)
	if err != nil {
		return nil, s.failure(err)
	}
	return s.known(d, k, ""), nil
}

func (s *Server) putDevice(ctx context.Context, in *struct {
	DevicePath
	Versioned
	Body struct {
		Label    string   `json:"label,omitempty" maxLength:"128"`
		Protocol string   `json:"protocol,omitempty" enum:"sip,h323," doc:"By which it registers; empty is both"`
		Aliases  []string `json:"aliases,omitempty" maxItems:"64" doc:"As which it is called besides its name"`
		Disabled bool     `json:"disabled,omitempty" doc:"It may not register"`
		Password *string  `json:"password,omitempty" maxLength:"128" writeOnly:"true" doc:"Kept as it is where it is left out; empty takes it away: the device cannot register"`
	}
}) (*knownBody, error) {
	d, err := s.deviceDesk(ctx, &in.DevicePath)
	if err != nil {
		return nil, err
	}
	v := admin.Device{User: in.Name, Label: oneLine(in.Body.Label), Protocol: in.Body.Protocol, Aliases: in.Body.Aliases, Disabled: in.Body.Disabled}
	k, group, err := d.PutDevice(ctx, v, in.Body.Password, in.Version)
	if err != nil {
		return nil, s.failure(err)
	}
	s.cfg.Log.Info("device written", "by", d.Name(), "tenant", d.ID(), "device", in.Name)
	return s.known(d, k, group), nil
}

func (s *Server) deleteDevice(ctx context.Context, in *struct {
	DevicePath
	Versioned
}) (*groupBody, error) {
	d, err := s.deviceDesk(ctx, &in.DevicePath)
	if err != nil {
		return nil, err
	}
	out := &groupBody{}
	if out.Body.Group, err = d.DeleteDevice(ctx, in.Name, in.Version); err == nil {
		s.cfg.Log.Info("device removed", "by", d.Name(), "tenant", d.ID(), "device", in.Name)
	}
	return out, s.failure(err)
}

// callee reads whom to call: a target, or a number through a trunk: what begins with tel:, what a
// trunk is named for, and what is a number as which no device is registered.
func (s *Server) callee(ctx context.Context, trunk, text, room string) (bridge.Target, error) {
	text = strings.TrimSpace(text)
	tel := len(text) > 4 && strings.EqualFold(text[:4], "tel:")
	if _, device := s.deviceFor(ctx, text, room); trunk == "" && !tel && (device || strings.Trim(text, "+0123456789*#-.() ") != "" || s.cfg.Number == nil) {
		return s.target(ctx, text, room)
	}
	if s.cfg.Number == nil {
		return bridge.Target{}, huma.Error422UnprocessableEntity("there are no trunks through which numbers are called")
	}
	t, err := s.cfg.Number(actorOf(ctx).Tenant(), trunk, text)
	if err != nil {
		return t, refusal(err)
	}
	return t, nil
}

// deviceFor finds the registered device that who asks means by a name, for a call into a room:
// one of the room's tenant, else the operator's, else that of the only other tenant that has it.
func (s *Server) deviceFor(ctx context.Context, name, room string) (bridge.Device, bool) {
	of := map[string][]bridge.Device{}
	for _, d := range s.seenDevices(ctx).List() {
		if d.Called(name) {
			of[d.Tenant] = append(of[d.Tenant], d)
		}
	}
	owner := actorOf(ctx).Owner(room)
	order := []string{owner, ""}
	if _, named := bridge.TenantOf(room); named == "" {
		order = []string{"", owner} // the operator's rooms are those of the default tenant
	}
	if len(of) == 1 {
		order = slices.AppendSeq(order, maps.Keys(of))
	}
	for _, tenant := range order {
		if list := of[tenant]; list != nil {
			return bridge.Devices{func() []bridge.Device { return list }}.Find(name)
		}
	}
	return bridge.Device{}, false
}

// target reads whom to call into a room: an address, or the name of a device. Tenants call
// their own devices alone.
func (s *Server) target(ctx context.Context, text, room string) (bridge.Target, error) {
	t, wrong := parseTarget(text)
	name := strings.TrimSpace(text)
	if wrong == nil {
		if name = s.deviceNamed(ctx, t); name == "" {
			return t, nil
		}
	}
	switch d, ok := s.deviceFor(ctx, name, room); {
	case ok && (wrong != nil || d.Protocol == strings.TrimSuffix(t.Scheme, "s")):
		its := d.Target()
		if wrong == nil && strings.EqualFold(d.Name, name) {
			its.Scheme, its.URI = t.Scheme, t.URI
		}
		return its, nil
	case wrong == nil && actorOf(ctx).Operator():
		return t, nil
	case wrong != nil && strings.Contains(text, ":"):
		return t, huma.Error422UnprocessableEntity(wrong.Error())
	}
	return t, huma.Error409Conflict("no terminal is registered as " + strconv.Quote(oneLine(name)))
}

// deviceNamed is the name of a target that is, or may be, a device and no host.
func (s *Server) deviceNamed(ctx context.Context, t bridge.Target) string {
	_, name, _ := strings.Cut(t.URI, ":")
	if u, err := url.PathUnescape(name); err == nil {
		name = u
	}
	if _, found := s.seenDevices(ctx).Find(name); found || !strings.ContainsAny(name, "@.:[") {
		return name
	}
	return ""
}

// key names a device among all of them.
func (d *Device) key() string { return d.Tenant + ":" + d.Protocol + ":" + d.Name }

// sameDevice compares devices without what every keep-alive changes.
func sameDevice(a, b Device) bool {
	return a.Protocol == b.Protocol && a.Name == b.Name && a.Model == b.Model && a.Software == b.Software && a.Address == b.Address &&
		a.Transport == b.Transport && a.Contacts == b.Contacts && a.Online == b.Online && a.Encrypted == b.Encrypted &&
		a.Since.Equal(b.Since) && a.Tenant == b.Tenant && a.Label == b.Label && slices.Equal(a.Aliases, b.Aliases)
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
			f.tell(event{"device.gone", deviceGone{d.Name, d.Protocol, d.Tenant}})
		}
	}
}

type deviceGone struct {
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
	Tenant   string `json:"tenant"`
}

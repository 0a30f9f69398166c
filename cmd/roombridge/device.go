package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/web"
)

type deviceCmd struct {
	Set    deviceSetCmd    `cmd:"" help:"Enter a terminal that may register, or change what is given of one that there is."`
	List   deviceListCmd   `cmd:"" help:"List terminals that are registered with the gateway or known to it."`
	Delete deviceDeleteCmd `cmd:"" help:"Remove terminals; they are no longer registered."`
}

type deviceSetCmd struct {
	remote
	Name     string    `arg:"" help:"As which it registers and is called."`
	Password *string   `env:"ROOMBRIDGE_DEVICE_PASSWORD" help:"Its password, better given by the environment; empty takes it away."`
	Label    *string   `help:"A text for people."`
	Protocol *string   `enum:"sip,h323,both" help:"By which it registers: ${enum}. Default: both."`
	Aliases  *[]string `placeholder:"NAME,..." help:"As which it is called besides."`
	Disabled *bool     `negatable:"" help:"Keep it, and do not let it register."`
}

// Run changes what is given, and fails if somebody else changes the device at the same time.
func (c *deviceSetCmd) Run(ctx context.Context) error {
	path := "/devices/" + url.PathEscape(c.Name)
	var old web.KnownDevice
	var there *refused
	if _, err := c.get(ctx, path, url.Values{}, &old); err != nil && !(errors.As(err, &there) && there.Status == http.StatusNotFound) {
		return err
	}
	fields := map[string]any{"label": old.Label, "protocol": old.Protocol, "aliases": old.Aliases, "disabled": old.Disabled}
	if there != nil {
		fields["aliases"] = []string{}
	}
	put(fields, "password", c.Password)
	put(fields, "label", c.Label)
	put(fields, "aliases", c.Aliases)
	put(fields, "disabled", c.Disabled)
	if c.Protocol != nil {
		fields["protocol"] = strings.TrimSuffix(*c.Protocol, "both")
	}
	var written web.KnownDevice
	answer, err := c.send(ctx, http.MethodPut, path, url.Values{"version": {strconv.FormatInt(old.Version, 10)}}, fields, &written)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.print(answer)
	}
	return c.table(deviceRows([]web.Device{written.Device}))
}

type deviceListCmd struct{ remote }

// Run lists devices.
func (c *deviceListCmd) Run(ctx context.Context) error {
	var devices []web.Device
	answer, err := c.get(ctx, "/devices", url.Values{}, &devices)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.print(answer)
	}
	return c.table(deviceRows(devices))
}

func deviceRows(devices []web.Device) [][]string {
	rows := [][]string{{"NAME", "LABEL", "PROTOCOL", "REGISTERED", "ONLINE", "ADDRESS", "MODEL", "SOFTWARE", "SEEN", "TENANT"}}
	for i := range devices {
		d := &devices[i]
		rows = append(rows, []string{
			d.Name, d.Label, d.Protocol, yesNo(d.Registered), yesNo(d.Online), d.Address, d.Model, d.Software, clock(d.Seen), d.Tenant,
		})
	}
	return rows
}

type deviceDeleteCmd struct {
	remote
	Names []string `arg:"" help:"Names of the terminals."`
}

// Run removes devices.
func (c *deviceDeleteCmd) Run(ctx context.Context) error {
	for _, name := range c.Names {
		if _, err := c.do(ctx, http.MethodDelete, "/devices/"+url.PathEscape(name), url.Values{}, "", nil); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
)

type numberCmd struct {
	Set    numberSetCmd    `cmd:"" help:"Write a number, or change what is given of one that there is."`
	List   numberListCmd   `cmd:"" help:"List numbers in the order in which they are tried."`
	Test   numberTestCmd   `cmd:"" help:"Say what would become of a call, and why."`
	Import numberImportCmd `cmd:"" help:"Show what a CSV or JSON file would change, and apply it."`
	Export numberExportCmd `cmd:"" help:"Print all numbers as an import takes them; PINs are masked."`
	Delete numberDeleteCmd `cmd:"" help:"Remove numbers."`
}

// shownRule is a number as the API shows it.
type shownRule struct {
	number.Rule
	Version int64  `json:"version"`
	Group   string `json:"group"`
}

type numberSetCmd struct {
	remote
	Number        string   `arg:"" optional:"" help:"The number, the prefix or the expression."`
	ID            string   `name:"id" help:"Key of the rule. Default: the number, with the way it is compared."`
	Match         *string  `enum:"exact,prefix,regex,any" help:"How it is compared: ${enum}. Default: exact."`
	Label         *string  `help:"A text for people."`
	Priority      *int     `help:"The least is tried first. Default: 100."`
	Disabled      *bool    `negatable:"" help:"Keep the rule, and do not try it."`
	Room          *string  `help:"Room that the number leads to; $0 is the number, $1 what stands behind a prefix."`
	Dial          *string  `placeholder:"TARGET" help:"Far end that calls go on to."`
	Refuse        *string  `placeholder:"CAUSE" help:"Refuse calls: forbidden, no-route, busy, declined, unreachable, encryption or capacity."`
	Reason        *string  `help:"Reason of a refusal, for people."`
	Reception     bool     `help:"Ask callers for a number."`
	GuestPIN      *string  `name:"guest-pin" env:"ROOMBRIDGE_GUEST_PIN" help:"PIN of guests, 4 to 16 digits; empty is none."`
	HostPIN       *string  `name:"host-pin" env:"ROOMBRIDGE_HOST_PIN" help:"PIN of hosts."`
	Lobby         *bool    `negatable:"" help:"Guests wait until a host comes."`
	Capacity      *int     `help:"Participants of the room."`
	Layout        *string  `help:"What terminals are shown: auto, speaker, one-plus-n, grid or content."`
	Bandwidth     *int     `placeholder:"BIT/S" help:"Of the call, each way."`
	Encryption    *bool    `negatable:"" help:"Refuse media in clear."`
	Language      *string  `help:"Of screens and prompts: vi or en."`
	Greeting      *string  `help:"Shown and spoken."`
	GreetingSound *string  `help:"A recording that is heard instead of a voice."`
	Protocols     []string `placeholder:"sip,h323" help:"For calls of these protocols alone."`
	Networks      []string `placeholder:"CIDR,..." help:"For calls from these networks alone."`
	Times         []string `sep:";" placeholder:"WINDOW;..." help:"For calls at these times alone, such as \"mon-fri 08:00-18:00 Asia/Ho_Chi_Minh\"."`
}

// Run changes what is given, and fails if somebody else changes the rule at the same time.
func (c *numberSetCmd) Run(ctx context.Context) error {
	if c.ID == "" {
		m := number.Match{Kind: number.Exact, Number: c.Number}
		if c.Match != nil {
			m.Kind = number.Kind(*c.Match)
		}
		c.ID = number.Rule{Match: m}.Normal().ID
	}
	path := "/numbers/" + url.PathEscape(c.ID)
	fields := map[string]any{}
	var there *refused
	if _, err := c.get(ctx, path, url.Values{}, &fields); errors.As(err, &there) && there.Status == http.StatusNotFound {
		fields = map[string]any{"id": c.ID, "version": 0.0}
	} else if err != nil {
		return err
	}
	version := fields["version"].(float64)
	c.fill(fields)
	var written shownRule
	query := url.Values{"version": {strconv.FormatFloat(version, 'f', 0, 64)}}
	answer, err := c.send(ctx, http.MethodPut, path, query, fields, &written)
	if err != nil || c.JSON {
		return errors.Join(err, c.printed(answer))
	}
	return c.table(ruleRows([]shownRule{written}))
}

func (c *numberSetCmd) printed(answer []byte) error {
	if answer == nil {
		return nil
	}
	return c.print(answer)
}

// fill puts what was given over what there is.
func (c *numberSetCmd) fill(f map[string]any) {
	if c.Number != "" || f["number"] == nil {
		f["number"] = c.Number
	}
	action := func(name string, keeps ...string) {
		f["action"] = name
		for _, k := range []string{"room", "target", "cause", "reason"} {
			if !strings.Contains(strings.Join(keeps, " "), k) {
				delete(f, k)
			}
		}
	}
	switch {
	case c.Room != nil:
		action("room")
	case c.Dial != nil:
		action("dial")
	case c.Refuse != nil:
		action("refuse", "reason")
	case c.Reception:
		action("reception")
	}
	put(f, "match", c.Match)
	put(f, "label", c.Label)
	put(f, "priority", c.Priority)
	put(f, "disabled", c.Disabled)
	put(f, "room", c.Room)
	put(f, "target", c.Dial)
	put(f, "cause", c.Refuse)
	put(f, "reason", c.Reason)
	put(f, "guest_pin", c.GuestPIN)
	put(f, "host_pin", c.HostPIN)
	put(f, "lobby", c.Lobby)
	put(f, "capacity", c.Capacity)
	put(f, "layout", c.Layout)
	put(f, "bandwidth", c.Bandwidth)
	put(f, "encryption", c.Encryption)
	put(f, "language", c.Language)
	put(f, "greeting", c.Greeting)
	put(f, "greeting_sound", c.GreetingSound)
	for name, list := range map[string][]string{"protocols": c.Protocols, "networks": c.Networks, "times": c.Times} {
		if list != nil {
			f[name] = list
		}
	}
}

func put[T any](f map[string]any, name string, v *T) {
	if v != nil {
		f[name] = *v
	}
}

func ruleRows(rules []shownRule) [][]string {
	rows := [][]string{{"ID", "PRIORITY", "MATCH", "NUMBER", "ACTION", "TO", "PIN", "LABEL"}}
	for _, r := range rules {
		to, pin := r.Room+r.Target+r.Cause, ""
		if r.GuestPIN.Set() || r.HostPIN.Set() {
			pin = number.Mask
		}
		action := string(r.Action)
		if r.Disabled {
			action += " (disabled)"
		}
		rows = append(rows, []string{r.ID, strconv.Itoa(r.Priority), string(r.Kind), r.Number, action, to, pin, r.Label})
	}
	return rows
}

type numberListCmd struct {
	remote
	Search string `arg:"" optional:"" help:"Words that must all be there, in any case and without diacritics."`
}

// Run lists all pages.
func (c *numberListCmd) Run(ctx context.Context) error {
	var all []shownRule
	raws := []json.RawMessage{}
	for next := ""; ; {
		var page struct {
			Items []json.RawMessage `json:"items"`
			Next  string            `json:"next"`
		}
		if _, err := c.get(ctx, "/numbers", url.Values{"search": {c.Search}, "after": {next}, "limit": {"1000"}}, &page); err != nil {
			return err
		}
		for _, raw := range page.Items {
			var r shownRule
			if err := json.Unmarshal(raw, &r); err != nil {
				return err
			}
			all, raws = append(all, r), append(raws, raw)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if !c.JSON {
		return c.table(ruleRows(all))
	}
	b, err := json.Marshal(raws)
	if err != nil {
		return err
	}
	return c.print(b)
}

type numberTestCmd struct {
	remote
	Number     string    `arg:"" help:"What is dialled: a number or an address."`
	Protocol   string    `default:"sip" enum:"sip,h323" help:"Of the call: ${enum}."`
	Caller     string    `help:"Alias of the caller."`
	Address    string    `help:"IP address of the caller."`
	Host       string    `help:"Domain that is called."`
	Registered bool      `help:"The caller is registered with the gateway."`
	Encrypted  bool      `help:"Signalling is encrypted."`
	At         time.Time `format:"2006-01-02T15:04:05Z07:00" placeholder:"TIME" help:"When (RFC 3339). Default: now."`
}

// Run prints the rules that are tried, and the decision.
func (c *numberTestCmd) Run(ctx context.Context) error {
	ask := map[string]any{
		"number": c.Number, "protocol": c.Protocol, "caller": c.Caller, "address": c.Address, "host": c.Host,
		"registered": c.Registered, "encrypted": c.Encrypted,
	}
	if !c.At.IsZero() {
		ask["at"] = c.At
	}
	var e struct {
		Steps []number.Step `json:"steps"`
		Why   string        `json:"why"`
	}
	answer, err := c.send(ctx, http.MethodPost, "/numbers/test", url.Values{}, ask, &e)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.print(answer)
	}
	rows := [][]string{{"RULE", "FOR", "FITS", "WHY"}}
	for _, s := range e.Steps {
		rows = append(rows, []string{s.Rule, s.For, yesNo(s.Fits), s.Why})
	}
	if err := c.table(rows); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.stdout(), visible(e.Why))
	return err
}

type numberImportCmd struct {
	remote
	File    string `arg:"" type:"existingfile" help:"CSV or JSON (docs/numbers.md)."`
	Replace bool   `help:"Remove numbers that the file does not name."`
	DryRun  bool   `help:"Only show the difference."`
}

// Run shows the difference, then applies that and nothing else.
func (c *numberImportCmd) Run(ctx context.Context) error {
	body, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	kind := "text/csv"
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		kind = "application/json"
	}
	mode := number.Merge
	if c.Replace {
		mode = number.Replace
	}
	query := url.Values{"mode": {string(mode)}, "dry_run": {"true"}}
	answer, err := c.do(ctx, http.MethodPost, "/numbers/import", query, kind, body)
	if err != nil {
		return err
	}
	var d struct {
		number.Difference
		Basis string `json:"basis"`
		Group string `json:"group"`
	}
	if err = json.Unmarshal(answer, &d); err != nil {
		return err
	}
	if !c.JSON {
		if err = printDifference(c.stdout(), &d.Difference); err != nil {
			return err
		}
	}
	if !c.DryRun {
		query.Set("dry_run", "false")
		query.Set("basis", d.Basis)
		if answer, err = c.do(ctx, http.MethodPost, "/numbers/import", query, kind, body); err != nil {
			return err
		}
		if err = json.Unmarshal(answer, &d); err != nil {
			return err
		}
	}
	if c.JSON {
		return c.print(answer)
	}
	text := "nothing was changed"
	if d.Group != "" {
		text = "applied; what undoes it: POST /api/v1/changes/" + d.Group + "/undo"
	}
	_, err = fmt.Fprintln(c.stdout(), text)
	return err
}

func printDifference(w io.Writer, d *number.Difference) error {
	var b strings.Builder
	for _, r := range d.Added {
		fmt.Fprintf(&b, "+ %s  %s %s\n", r.ID, r.Action, r.Room+r.Target+r.Cause)
	}
	for _, ch := range d.Changed {
		fmt.Fprintf(&b, "~ %s\n", ch.After.ID)
		for _, f := range ch.Fields {
			fmt.Fprintf(&b, "    %s: %q -> %q\n", f.Name, f.Before, f.After)
		}
	}
	for _, r := range d.Removed {
		fmt.Fprintf(&b, "- %s\n", r.ID)
	}
	fmt.Fprintf(&b, "%d added, %d changed, %d removed, %d the same\n", len(d.Added), len(d.Changed), len(d.Removed), d.Same)
	_, err := io.WriteString(w, visible(b.String()))
	return err
}

type numberExportCmd struct {
	remote
	Format string `default:"csv" enum:"csv,json" help:"${enum}."`
}

// Run prints the plan.
func (c *numberExportCmd) Run(ctx context.Context) error {
	if c.JSON {
		c.Format = "json"
	}
	answer, err := c.do(ctx, http.MethodGet, "/numbers/export", url.Values{"format": {c.Format}}, "", nil)
	if err == nil {
		_, err = c.stdout().Write(answer)
	}
	return err
}

type numberDeleteCmd struct {
	remote
	ID []string `arg:"" help:"Keys of rules, as number list prints them."`
}

// Run removes rules.
func (c *numberDeleteCmd) Run(ctx context.Context) error {
	for _, id := range c.ID {
		if _, err := c.do(ctx, http.MethodDelete, "/numbers/"+url.PathEscape(id), url.Values{}, "", nil); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

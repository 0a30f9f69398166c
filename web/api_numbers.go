package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/number"
)

const (
	importPath = "/api/v1/numbers/import"
	maxImport  = 32 << 20 // bytes
)

// Paging asks for a part of a list.
type Paging struct {
	Search string `query:"search" maxLength:"256" doc:"Words that must all be there, in any case and without diacritics"`
	After  string `query:"after" maxLength:"1024" doc:"The next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// next is a store's key of a page as it stands in a URL.
func nextOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func (p *Paging) key() (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(p.After)
	if err != nil {
		return "", huma.Error422UnprocessableEntity("after is not the next of a page")
	}
	return string(b), nil
}

func (p *Paging) query() (admin.Query, error) {
	after, err := p.key()
	return admin.Query{Search: p.Search, After: after, Limit: p.Limit}, err
}

type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next" doc:"Ask for the next page with after; empty at the end"`
}

type listBody[T any] struct{ Body list[T] }

func listOf[T any](p admin.Page[T], err error) (*listBody[T], error) {
	if err != nil {
		return nil, err
	}
	if p.Items == nil {
		p.Items = []T{}
	}
	return &listBody[T]{list[T]{p.Items, nextOf(p.Next)}}, nil
}

// Versioned guards a write against another's.
type Versioned struct {
	Version int64 `query:"version" default:"-1" minimum:"-1" doc:"Fail unless it is still of this version; 0 is that there must be none, -1 any"`
}

// NumberPath names a rule.
type NumberPath struct {
	DeskPath
	ID string `path:"id" maxLength:"128"`
}

type numberBody struct {
	Body struct {
		admin.Number
		Group string `json:"group,omitempty" doc:"Names the change, for undo; empty if nothing changed"`
	}
}

type groupBody struct {
	Body struct {
		Group string `json:"group" doc:"Names the change, for undo"`
	}
}

func (s *Server) numberOperations(a huma.API) {
	op := func(id, method, path, summary string, body int64, codes ...int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1" + path, Tags: []string{"numbers"}, Summary: summary,
			MaxBodyBytes: body, SkipValidateBody: id == "put-number" || id == "import-numbers", Errors: append([]int{401, 403, 404, 422}, codes...),
		}
	}
	huma.Register(a, op("list-numbers", http.MethodGet, "/numbers", "Rules of the number plan, in the order in which they are tried", 0), listed[deskPage](s, (*admin.Desk).Numbers))
	huma.Register(a, op("get-number", http.MethodGet, "/numbers/{id}", "One rule", 0), atDesk(s, getNumber))
	huma.Register(a, op("put-number", http.MethodPut, "/numbers/{id}", "Write a rule, whatever there was. PINs: digits, or **** for the one that is there.", maxBody, 409), atDesk(s, s.putNumber))
	huma.Register(a, op("delete-number", http.MethodDelete, "/numbers/{id}", "Remove a rule", 0, 409), removed(s, "number removed", "rule", (*ruleDelete).record, (*admin.Desk).DeleteNumber))
	huma.Register(a, op("test-number", http.MethodPost, "/numbers/test", "What would become of a call, and why: the dry run", maxBody), s.testNumber)
	huma.Register(a, op("export-numbers", http.MethodGet, "/numbers/export", "All rules, as an import takes them; PINs are masked", 0), s.exportNumbers)
	imports := op("import-numbers", http.MethodPost, "/numbers/import", "Compare rules with those there are, and apply them", maxImport, 409)
	imports.Description = "The body is CSV (text/csv) or JSON (application/json), in the form of an export. With dry_run nothing is changed; its basis, " +
		"given with the import, makes that fail if the plan has changed meanwhile."
	huma.Register(a, imports, atDesk(s, s.importNumbers))
}

// desk is for operations that answer piece by piece.
func (s *Server) desk(ctx context.Context, in DeskPath) (*admin.Desk, error) {
	d, err := actorOf(ctx).In(ctx, in.Tenant)
	return d, s.failure(err)
}

func getNumber(ctx context.Context, d *admin.Desk, in *NumberPath) (_ *numberBody, err error) {
	out := &numberBody{}
	out.Body.Number, err = d.Number(ctx, in.ID)
	return out, err
}

type rulePut struct {
	NumberPath
	Versioned
	RawBody []byte `contentType:"application/json" doc:"The rule, as docs/numbers.md has its fields"`
}

func (s *Server) putNumber(ctx context.Context, d *admin.Desk, in *rulePut) (*numberBody, error) {
	rule, err := readRule(in.ID, in.RawBody)
	if err != nil {
		return nil, &admin.Invalid{Err: err}
	}
	out := &numberBody{}
	if out.Body.Number, out.Body.Group, err = d.PutNumber(ctx, rule, in.Version); err == nil {
		s.wrote(d, "number written", "rule", rule.ID)
	}
	return out, err
}

// readRule reads one rule in the form of an import. Its id is that of the path; what
// a reading of the rule says besides it is left out.
func readRule(id string, body []byte) (number.Rule, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return number.Rule{}, errors.New("the body is not the JSON of a rule")
	}
	if given, ok := fields["id"]; ok {
		var text string
		if json.Unmarshal(given, &text) != nil || text != id {
			return number.Rule{}, errors.New("the rule's id is another than the path's")
		}
	}
	for _, known := range []string{"version", "changed", "group"} {
		delete(fields, known)
	}
	fields["id"], _ = json.Marshal(id)
	doc, err := json.Marshal(map[string]any{"rules": []any{fields}})
	if err != nil {
		return number.Rule{}, err
	}
	rules, err := number.ReadJSON(bytes.NewReader(doc))
	if err != nil {
		return number.Rule{}, ofOne(err)
	}
	return rules[0], nil
}

// ofOne parts what is wrong with the only rule of a document.
func ofOne(err error) error {
	var line *number.LineError
	if !errors.As(err, &line) {
		return err
	}
	var list []error
	for text := range strings.SplitSeq(line.Text, "\n") {
		list = append(list, errors.New(text))
	}
	return errors.Join(list...)
}

type ruleDelete struct {
	NumberPath
	Versioned
}

func (in *ruleDelete) record() (string, int64) { return in.ID, in.Version }

type testBody struct {
	DeskPath
	Body struct {
		Number     string    `json:"number" maxLength:"256" doc:"What is dialled: a number, with a PIN or without, or an address"`
		Protocol   string    `json:"protocol,omitempty" enum:"sip,h323" default:"sip"`
		Caller     string    `json:"caller,omitempty" maxLength:"256" doc:"Alias of the caller"`
		Address    string    `json:"address,omitempty" maxLength:"64" doc:"IP address of the caller"`
		Host       string    `json:"host,omitempty" maxLength:"256" doc:"Domain that is called"`
		Trunk      string    `json:"trunk,omitempty" maxLength:"128" doc:"Trunk by which the call comes"`
		Registered bool      `json:"registered,omitempty"`
		Encrypted  bool      `json:"encrypted,omitempty" doc:"Signalling is"`
		At         time.Time `json:"at,omitempty" doc:"When; now if it is left out"`

		Brief bool           `json:"brief,omitempty" doc:"Tell runs of rules for other numbers as one step with a count"`
		Draft map[string]any `json:"draft,omitempty" doc:"A rule that is not written yet: decide as if it were, in place of the one with its id"`
	}
}

type explanationBody struct{ Body number.Explanation }

func (s *Server) testNumber(ctx context.Context, in *testBody) (*explanationBody, error) {
	b := &in.Body
	if b.At.IsZero() {
		b.At = time.Now()
	}
	c := number.Ask(b.Number, b.At)
	c.Protocol, c.Caller, c.Trunk, c.Registered, c.Encrypted = b.Protocol, b.Caller, b.Trunk, b.Registered, b.Encrypted
	if b.Host != "" {
		c.Host = b.Host
	}
	if b.Address != "" {
		var err error
		if c.Addr, err = netip.ParseAddr(b.Address); err != nil {
			return nil, huma.Error422UnprocessableEntity("address is no IP address")
		}
	}
	e, err := s.explain(ctx, in, c)
	if s.cfg.Number != nil && err == nil {
		e = e.Through(s.cfg.Number)
	}
	if b.Brief {
		e = e.Brief()
	}
	if e.Steps == nil {
		e.Steps = []number.Step{}
	}
	return &explanationBody{e}, s.failure(err)
}

func (s *Server) explain(ctx context.Context, in *testBody, c number.Call) (number.Explanation, error) {
	if in.Body.Draft == nil {
		return actorOf(ctx).Test(ctx, in.Tenant, c)
	}
	d, err := actorOf(ctx).In(ctx, in.Tenant)
	if err != nil {
		return number.Explanation{}, err
	}
	doc, err := json.Marshal(in.Body.Draft)
	if err != nil {
		return number.Explanation{}, err
	}
	id, _ := in.Body.Draft["id"].(string)
	rule, err := readRule(id, doc)
	if err != nil {
		return number.Explanation{}, &admin.Invalid{Err: err}
	}
	return d.TestWith(ctx, rule, c)
}

type difference struct {
	Applied bool          `json:"applied"`
	Group   string        `json:"group,omitempty" doc:"Names the change, for undo"`
	Basis   string        `json:"basis,omitempty" doc:"Names the plan that was compared with"`
	Added   []number.Rule `json:"added"`
	Changed []ruleChange  `json:"changed"`
	Removed []number.Rule `json:"removed"`
	Same    int           `json:"same"`
}

type ruleChange struct {
	Before number.Rule    `json:"before"`
	After  number.Rule    `json:"after"`
	Fields []number.Field `json:"fields"`
}

type differenceBody struct{ Body difference }

type rulesImport struct {
	DeskPath
	DryRun      bool   `query:"dry_run" doc:"Only tell the difference"`
	Mode        string `query:"mode" enum:"merge,replace" default:"merge" doc:"What becomes of rules that the import does not name: they stay, or are removed"`
	Basis       string `query:"basis" maxLength:"64" doc:"Of a dry run"`
	ContentType string `header:"Content-Type"`
	RawBody     []byte `contentType:"text/csv"`
}

func (s *Server) importNumbers(ctx context.Context, d *admin.Desk, in *rulesImport) (*differenceBody, error) {
	read := number.ReadCSV
	if strings.Contains(in.ContentType, "json") {
		read = number.ReadJSON
	}
	rules, err := read(bytes.NewReader(in.RawBody))
	if err != nil {
		return nil, &admin.Invalid{Err: err}
	}
	out := &differenceBody{}
	var diff number.Difference
	if in.DryRun {
		diff, out.Body.Basis, err = d.Preview(ctx, rules, number.Mode(in.Mode))
	} else if diff, out.Body.Group, err = d.Import(ctx, rules, number.Mode(in.Mode), in.Basis); err == nil {
		out.Body.Applied = true
		s.cfg.Log.Info("numbers imported", "by", d.Name(), "tenant", d.ID(), "added", len(diff.Added), "changed", len(diff.Changed), "removed", len(diff.Removed))
	}
	out.Body.Added, out.Body.Removed, out.Body.Same = append([]number.Rule{}, diff.Added...), append([]number.Rule{}, diff.Removed...), diff.Same
	out.Body.Changed = make([]ruleChange, len(diff.Changed))
	for i, c := range diff.Changed {
		out.Body.Changed[i] = ruleChange(c)
	}
	return out, err
}

func (s *Server) exportNumbers(ctx context.Context, in *struct {
	DeskPath
	Format string `query:"format" enum:"csv,json" default:"csv"`
}) (*huma.StreamResponse, error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	rules, err := d.Export(ctx)
	if err != nil {
		return nil, s.failure(err)
	}
	slices.SortStableFunc(rules, func(a, b number.Rule) int { return a.Priority - b.Priority })
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		write, kind := number.WriteCSV, "text/csv; charset=utf-8"
		if in.Format == "json" {
			write, kind = number.WriteJSON, "application/json"
		}
		ctx.SetHeader("Content-Type", kind)
		ctx.SetHeader("Content-Disposition", `attachment; filename="numbers.`+in.Format+`"`)
		if err := write(ctx.BodyWriter(), rules); err != nil {
			s.cfg.Log.Debug("export broke off", "error", err)
		}
	}}, nil
}

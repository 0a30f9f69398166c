package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge/admin"
)

type spanQuery struct {
	DeskPath
	Paging
	From time.Time `query:"from" doc:"Not before this time (RFC 3339)"`
	To   time.Time `query:"to" doc:"Before this time (RFC 3339)"`
}

func (q *spanQuery) happening() (admin.Happening, error) {
	key, err := q.key()
	return admin.Happening{Search: q.Search, From: q.From, To: q.To, Before: key, Limit: q.Limit}, err
}

type recordBody struct{ Body admin.CallRecord }

// recordOperations are what happened: calls, events, changes.
func (s *Server) recordOperations(a huma.API) {
	op := func(id, method, path, tag, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1" + path, Tags: []string{tag}, Summary: summary, Errors: []int{401, 403, 404, 422},
		}
	}
	huma.Register(a, op("list-records", http.MethodGet, "/records", "records", "Calls that ended or were refused, the last first"), s.listRecords)
	huma.Register(a, op("get-record", http.MethodGet, "/records/{id}", "records", "The record of a call"), s.getRecord)
	huma.Register(a, op("export-records", http.MethodGet, "/records/export", "records", "Records of calls as CSV, the last first"), s.exportRecords)
	huma.Register(a, op("list-security-events", http.MethodGet, "/security/events", "records",
		"What an administrator may want to know, such as wrong PINs, the last first"), s.listEvents)
	huma.Register(a, op("list-changes", http.MethodGet, "/changes", "changes", "Who changed what, the last first"), s.listChanges)
	groups := op("list-change-groups", http.MethodGet, "/changes/groups", "changes", "Who changed what, the last first; what was changed at once, as by an import, is one")
	groups.Description = "Each has the counts of all that was changed with it, and up to five of those that were asked for; the others are GET /changes?group=…"
	huma.Register(a, groups, s.listChangeGroups)
	undo := op("undo-changes", http.MethodPost, "/changes/{group}/undo", "changes", "Take a change back, all that was changed at once")
	undo.Description, undo.Errors = "Who has the scope `numbers` alone takes back changes of numbers alone.", append(undo.Errors, 409)
	huma.Register(a, undo, s.undoChanges)
}

func (s *Server) listRecords(ctx context.Context, in *spanQuery) (*listBody[admin.CallRecord], error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	q, err := in.happening()
	if err != nil {
		return nil, err
	}
	l, err := listOf(d.Records(ctx, q))
	return l, s.failure(err)
}

func (s *Server) getRecord(ctx context.Context, in *struct {
	DeskPath
	ID string `path:"id" maxLength:"64"`
}) (*recordBody, error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	r, err := d.Record(ctx, in.ID)
	return &recordBody{r}, s.failure(err)
}

func (s *Server) listEvents(ctx context.Context, in *spanQuery) (*listBody[admin.SecurityEvent], error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	q, err := in.happening()
	if err != nil {
		return nil, err
	}
	l, err := listOf(d.Events(ctx, q))
	return l, s.failure(err)
}

type changesQuery struct {
	DeskPath
	Paging
	Group string `query:"group" maxLength:"64" doc:"This group alone"`
	Kind  string `query:"kind" maxLength:"64" doc:"This kind alone: rules, tokens, tenants, …; what was done to calls, or meetings"`
	Item  string `query:"item" maxLength:"200" doc:"This record alone, with kind"`
}

func (q *changesQuery) query() (admin.ChangeQuery, error) {
	key, err := q.key()
	return admin.ChangeQuery{Search: q.Search, Group: q.Group, Kind: q.Kind, Item: q.Item, Before: key, Limit: q.Limit}, err
}

func (s *Server) listChanges(ctx context.Context, in *changesQuery) (*listBody[admin.AuditEntry], error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	l, err := listOf(d.Changes(ctx, q))
	return l, s.failure(err)
}

func (s *Server) listChangeGroups(ctx context.Context, in *changesQuery) (*listBody[admin.AuditGroup], error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	l, err := listOf(d.ChangeGroups(ctx, q))
	return l, s.failure(err)
}

func (s *Server) undoChanges(ctx context.Context, in *struct {
	DeskPath
	Group string `path:"group" maxLength:"64" doc:"The group of a change"`
}) (*groupBody, error) {
	d, err := s.desk(ctx, in.DeskPath)
	if err != nil {
		return nil, err
	}
	out := &groupBody{}
	if out.Body.Group, err = d.Undo(ctx, in.Group); err == nil {
		s.cfg.Log.Info("changes undone", "by", d.Name(), "tenant", d.ID(), "group", in.Group)
	}
	return out, s.failure(err)
}

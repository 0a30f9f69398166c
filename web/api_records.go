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

func (q *spanQuery) query() (admin.Happening, error) {
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
	huma.Register(a, op("list-records", http.MethodGet, "/records", "records", "Calls that ended or were refused, the last first"), listed[spanQuery](s, (*admin.Desk).Records))
	huma.Register(a, op("get-record", http.MethodGet, "/records/{id}", "records", "The record of a call"), atDesk(s, getRecord))
	huma.Register(a, op("export-records", http.MethodGet, "/records/export", "records", "Records of calls as CSV, the last first"), s.exportRecords)
	huma.Register(a, op("list-security-events", http.MethodGet, "/security/events", "records",
		"What an administrator may want to know, such as wrong PINs, the last first"), listed[spanQuery](s, (*admin.Desk).Events))
	huma.Register(a, op("list-changes", http.MethodGet, "/changes", "changes", "Who changed what, the last first"), listed[changesQuery](s, (*admin.Desk).Changes))
	groups := op("list-change-groups", http.MethodGet, "/changes/groups", "changes", "Who changed what, the last first; what was changed at once, as by an import, is one")
	groups.Description = "Each has the counts of all that was changed with it, and up to five of those that were asked for; the others are GET /changes?group=…"
	huma.Register(a, groups, listed[changesQuery](s, (*admin.Desk).ChangeGroups))
	undo := op("undo-changes", http.MethodPost, "/changes/{group}/undo", "changes", "Take a change back, all that was changed at once")
	undo.Description, undo.Errors = "Who has the scope `numbers` alone takes back changes of numbers and of rooms that were set up alone.", append(undo.Errors, 409)
	huma.Register(a, undo, atDesk(s, s.undoChanges))
}

type recordPath struct {
	DeskPath
	ID string `path:"id" maxLength:"64"`
}

func getRecord(ctx context.Context, d *admin.Desk, in *recordPath) (*recordBody, error) {
	r, err := d.Record(ctx, in.ID)
	return &recordBody{r}, err
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

type groupPath struct {
	DeskPath
	Group string `path:"group" maxLength:"64" doc:"The group of a change"`
}

func (s *Server) undoChanges(ctx context.Context, d *admin.Desk, in *groupPath) (*groupBody, error) {
	out := &groupBody{}
	var err error
	if out.Body.Group, err = d.Undo(ctx, in.Group); err == nil {
		s.wrote(d, "changes undone", "group", in.Group)
	}
	return out, err
}

package web

import (
	"context"

	"github.com/roombridge/roombridge/bridge/admin"
)

// This file is what operations on records of a tenant, or of the site, have in common.

// DeskPath says whose records are meant. (Embedded parameters are exported, or huma does not see them.)
type DeskPath struct {
	Tenant string `query:"tenant" maxLength:"63" doc:"Whose; operators name one, else it is the default tenant; - is the site"`
}

func (p *DeskPath) whose() string { return p.Tenant }

// desked is a request that says whose records it means.
type desked[In any] interface {
	*In
	whose() string
}

// atDesk is an operation that is done at the desk of those whose records are meant.
func atDesk[In, Out any, P desked[In]](s *Server, do func(context.Context, *admin.Desk, *In) (*Out, error)) func(context.Context, *In) (*Out, error) {
	return func(ctx context.Context, in *In) (*Out, error) {
		d, err := actorOf(ctx).In(ctx, P(in).whose())
		if err != nil {
			return nil, s.failure(err)
		}
		out, err := do(ctx, d, in)
		if err != nil {
			return nil, s.failure(err)
		}
		return out, nil
	}
}

// deskPage asks for a part of a list.
type deskPage struct {
	DeskPath
	Paging
}

// asking is a request for a part of a list.
type asking[In, Query any] interface {
	desked[In]
	query() (Query, error)
}

// listed is an operation that reads a part of a list.
func listed[In, Query, T any, P asking[In, Query]](s *Server, read func(*admin.Desk, context.Context, Query) (admin.Page[T], error)) func(context.Context, *In) (*listBody[T], error) {
	return atDesk[In, listBody[T], P](s, func(ctx context.Context, d *admin.Desk, in *In) (*listBody[T], error) {
		q, err := P(in).query()
		if err != nil {
			return nil, err
		}
		return listOf(read(d, ctx, q))
	})
}

// wrote logs that somebody has changed a record.
func (s *Server) wrote(d *admin.Desk, what, kind, id string) {
	s.cfg.Log.Info(what, "by", d.Name(), "tenant", d.ID(), kind, id)
}

// removed is an operation that removes a record, which id names, of the version that is named, and gives
// the group of the change.
func removed[In any, P desked[In]](s *Server, what, kind string, id func(*In) (id string, version int64), remove func(*admin.Desk, context.Context, string, int64) (string, error)) func(context.Context, *In) (*groupBody, error) {
	return atDesk[In, groupBody, P](s, func(ctx context.Context, d *admin.Desk, in *In) (*groupBody, error) {
		name, version := id(in)
		out := &groupBody{}
		var err error
		if out.Body.Group, err = remove(d, ctx, name, version); err == nil {
			s.wrote(d, what, kind, name)
		}
		return out, err
	})
}

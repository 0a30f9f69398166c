package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/web"
)

const (
	recordQueue = 4096 // records that wait for the database
	recordBatch = 256  // of them in one transaction
	recordTime  = 15 * time.Second
	recordAgain = time.Second      // after the database did not take them; doubles up to recordTime
	recordLast  = 10 * time.Second // for what is left when the gateway ends
)

// records writes what happened beside the calls, which never wait for it. What the database
// does not take now is tried again; what comes while the queue is full is lost and counted.
type records struct {
	log  *slog.Logger
	ch   chan entry
	lost atomic.Uint64
	keep func(ctx context.Context, tenant string, list []entry) error // in the database
	news web.News                                                     // is told what has been written
}

// entry is a call, an event, or what a host did, and whose it is.
type entry struct {
	tenant string
	call   *store.Call
	event  *store.Event
	deed   *store.Deed
}

func newRecords(db *store.DB, log *slog.Logger) *records {
	return &records{log: log, ch: make(chan entry, recordQueue), keep: keeping(db)}
}

// call is told of calls that ended or were refused.
func (r *records) call(c bridge.Record) {
	s, _ := json.Marshal(web.StreamsOf(c.CallStatus))
	r.put(entry{tenant: c.Tenant, call: &store.Call{
		ID: c.ID, Began: c.Since.UTC(), Connected: utc(c.Connected), Ended: c.Ended.UTC(), Protocol: c.Protocol, Direction: c.Direction.String(),
		Number: c.Number, Rule: c.Rule, Room: c.Room, Alias: c.Alias, Name: c.Name, Device: c.Device, Remote: c.Remote,
		Cause: c.Cause.String(), Reason: c.Reason, Streams: s,
	}})
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

func (r *records) event(tenant string, e store.Event) { r.put(entry{tenant: tenant, event: &e}) }

// hosted is told of what hosts did at their pages, for the audit trail.
func (r *records) hosted(tenant string, d store.Deed) { r.put(entry{tenant: tenant, deed: &d}) }

// hosts are who did it: the room knows them by what they call themselves alone.
var hosts = store.Who{Name: "host", Origin: "meeting page"}

func (r *records) put(e entry) {
	select {
	case r.ch <- e:
	default:
		r.lost.Add(1)
	}
}

// run writes until ctx ends, then what is left, as long as that may take.
func (r *records) run(ctx context.Context) {
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(recordLast, cancel) })()
	for {
		select {
		case e := <-r.ch:
			r.insist(ctx, writing, r.batch(e))
		case <-ctx.Done():
			for {
				select {
				case e := <-r.ch:
					r.insist(ctx, writing, r.batch(e))
				default:
					return
				}
			}
		}
	}
}

// insist writes entries, again and again while the database does not take them. writing ends
// some time after ctx; what is not written then is lost.
func (r *records) insist(ctx, writing context.Context, list []entry) {
	for pause := recordAgain; ; pause = min(2*pause, recordTime) {
		if list = r.write(writing, list); len(list) == 0 {
			return
		}
		if writing.Err() != nil {
			r.lost.Add(uint64(len(list)))
			r.log.Error("records are lost", "records", len(list))
			return
		}
		wait := writing.Done()
		if ctx.Err() == nil {
			wait = ctx.Done() // then it is tried at once
		} else {
			pause = recordAgain
		}
		select {
		case <-time.After(pause):
		case <-wait:
		}
	}
}

// batch adds to an entry what waits behind it.
func (r *records) batch(first entry) []entry {
	list := []entry{first}
	for len(list) < recordBatch {
		select {
		case e := <-r.ch:
			list = append(list, e)
		default:
			return list
		}
	}
	return list
}

// write gives back what the database did not take.
func (r *records) write(ctx context.Context, list []entry) (left []entry) {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	tenants := map[string][]entry{}
	for _, e := range list {
		tenants[e.tenant] = append(tenants[e.tenant], e)
	}
	for tenant, list := range tenants {
		left = append(left, r.writeTenant(ctx, tenant, list)...)
	}
	return left
}

// writeTenant writes entries of a tenant together, and one by one where one of them can never be kept.
func (r *records) writeTenant(ctx context.Context, tenant string, list []entry) (left []entry) {
	err := r.keep(ctx, tenant, list)
	switch {
	case err == nil:
		for _, e := range list {
			r.tell(e)
		}
	case !errors.Is(err, store.ErrRecord):
		r.log.Error("records could not be written; they are tried again", "records", len(list), "error", err)
		return list
	case len(list) == 1:
		r.lost.Add(1)
		r.log.Error("a record is lost", "error", err)
	default:
		for i := range list {
			left = append(left, r.writeTenant(ctx, tenant, list[i:i+1])...)
		}
	}
	return left
}

func (r *records) tell(e entry) {
	switch {
	case e.call != nil:
		r.news.Record(e.tenant, admin.CallRecord{Call: *e.call})
	case e.event != nil:
		r.news.Security(e.tenant, admin.SecurityEvent{Event: *e.event})
	}
}

// keeping writes into a database. What was written once is written over.
func keeping(db *store.DB) func(ctx context.Context, tenant string, list []entry) error {
	return func(ctx context.Context, tenant string, list []entry) error {
		scope, err := db.Tenant(tenant)
		if err != nil {
			scope = db.Site() // what is nobody's is the site's
		}
		var calls []store.Call
		var events []store.Event
		var deeds []store.Deed
		for _, e := range list {
			switch {
			case e.call != nil:
				calls = append(calls, *e.call)
			case e.event != nil:
				events = append(events, *e.event)
			default:
				deeds = append(deeds, *e.deed)
			}
		}
		if err := errors.Join(store.Calls.Append(ctx, scope, calls...), store.Events.Append(ctx, scope, events...)); err != nil {
			return err
		}
		return scope.Note(ctx, hosts, deeds...) // the last, for it is not written over
	}
}

package gateway

import (
	"context"
	"encoding/json"
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
)

// records writes what happened beside the calls, which never wait for it. What comes
// while the queue is full is lost and counted.
type records struct {
	db   *store.DB
	log  *slog.Logger
	ch   chan entry
	lost atomic.Uint64
	news web.News // is told what has been written
}

// entry is a call or an event, and whose it is.
type entry struct {
	tenant string
	call   *store.Call
	event  *store.Event
}

func newRecords(db *store.DB, log *slog.Logger) *records {
	return &records{db: db, log: log, ch: make(chan entry, recordQueue)}
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

func (r *records) put(e entry) {
	select {
	case r.ch <- e:
	default:
		r.lost.Add(1)
	}
}

// run writes until stop is closed, then what is left.
func (r *records) run(stop <-chan struct{}) {
	for {
		select {
		case e := <-r.ch:
			r.write(r.batch(e))
		case <-stop:
			for {
				select {
				case e := <-r.ch:
					r.write(r.batch(e))
				default:
					return
				}
			}
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

func (r *records) write(list []entry) {
	ctx, cancel := context.WithTimeout(context.Background(), recordTime)
	defer cancel()
	calls, events := map[string][]store.Call{}, map[string][]store.Event{}
	for _, e := range list {
		if e.call != nil {
			calls[e.tenant] = append(calls[e.tenant], *e.call)
		} else {
			events[e.tenant] = append(events[e.tenant], *e.event)
		}
	}
	for tenant, list := range calls {
		if r.wrote(len(list), store.Calls.Append(ctx, r.scope(tenant), list...)) {
			for _, c := range list {
				r.news.Record(tenant, admin.CallRecord{Call: c})
			}
		}
	}
	for tenant, list := range events {
		if r.wrote(len(list), store.Events.Append(ctx, r.scope(tenant), list...)) {
			for _, e := range list {
				r.news.Security(tenant, admin.SecurityEvent{Event: e})
			}
		}
	}
}

func (r *records) wrote(n int, err error) bool {
	if err != nil {
		r.lost.Add(uint64(n))
		r.log.Error("records could not be written", "records", n, "error", err)
	}
	return err == nil
}

// scope is a tenant's; what is nobody's is the site's.
func (r *records) scope(tenant string) store.Scope {
	if s, err := r.db.Tenant(tenant); err == nil {
		return s
	}
	return r.db.Site()
}

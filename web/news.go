package web

import (
	"encoding/json"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/admin"
)

// News tells those who listen to the event stream what was written down. Its zero value is
// ready; nobody hears it before a Server has it in its Config.
type News struct{ feed atomic.Pointer[feed] }

// Record tells that a call has a record.
func (n *News) Record(tenant string, c admin.CallRecord) {
	c.Streams = nil // who wants the figures reads the record
	n.tell("record.added", tenant, c)
}

// Security tells of an event that an administrator may want to know.
func (n *News) Security(tenant string, e admin.SecurityEvent) { n.tell("security.event", tenant, e) }

func (n *News) tell(name, tenant string, body any) {
	if f := n.feed.Load(); f != nil {
		f.announce(event{name, news{tenant, body}})
	}
}

// news is something that is a tenant's to hear; "" is the operator's.
type news struct {
	tenant string
	body   any
}

// MarshalJSON implements json.Marshaler: whose it is shows operators whose records have it.
func (n news) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Tenant string `json:"tenant"`
		Item   any    `json:"item"`
	}{n.tenant, n.body})
}

// heard tells whether somebody hears of what is neither call nor room nor device; known is
// false for those.
func heard(a *admin.Actor, e event) (heard, known bool) {
	switch d := e.data.(type) {
	case news:
		return a.Sees(d.tenant), true
	case waiting:
		return a.SeesRoom(d.Room), true
	case struct{}: // all was told
		return true, true
	}
	return false, false
}

package bridge

import (
	"context"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

// tenanted routes 1001 to a room of a tenant, and says whose number it refuses.
type tenanted struct{}

func (tenanted) Route(_ context.Context, inv Invite) (Route, error) {
	r := Route{Room: "board", Tenant: "acme", Rule: "r1", Number: "1001", Layout: "grid", Encryption: true, Bandwidth: 512}
	if inv.Number != "1001" {
		return Route{Tenant: "acme", Rule: "r2", Number: "1002"}, &Refusal{CauseBusy, "not today"}
	}
	return r, nil
}

// Calls that ended and calls that were refused are told, with whose they are and why.
func TestRecords(t *testing.T) {
	var told []Record
	c := newTestCore(t, &fakeEngine{}, func(cfg *Config) {
		cfg.Router, cfg.Record = tenanted{}, func(r Record) { told = append(told, r) }
		cfg.Capabilities = func(Invite) media.Capabilities { return media.Capabilities{RecvBitrate: 1024, SendBitrate: 128} }
	})
	call, err := c.Incoming(t.Context(), Invite{Protocol: "sip", Number: "1001"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if k := call.Capabilities(); k.RecvBitrate != 512 || k.SendBitrate != 128 || k.Encryption != media.EncryptionRequire {
		t.Errorf("the plan does not bound %+v", k)
	}
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	if s := c.Calls()[0]; s.Layout != LayoutGrid || s.Tenant != "acme" || s.Rule != "r1" {
		t.Errorf("%+v", s)
	}
	call.End(CauseRemoved, "seen")
	call.End(CauseNormal, "again")
	if _, err = c.Incoming(t.Context(), Invite{Protocol: "sip", Number: "1002*4321"}, nil); AsRefusal(err).Cause != CauseBusy {
		t.Error(err)
	}
	if len(told) != 2 {
		t.Fatalf("%+v", told)
	}
	if r := told[0]; r.ID != call.ID() || r.Cause != CauseRemoved || r.Reason != "seen" || r.Connected.IsZero() || r.Ended.Before(r.Since) ||
		r.Layout != LayoutGrid || r.Tenant != "acme" {
		t.Errorf("ended: %+v", r)
	}
	if r := told[1]; r.ID == "" || r.Number != "1002" || r.Tenant != "acme" || r.Rule != "r2" || r.Cause != CauseBusy || r.Reason != "not today" ||
		!r.Connected.IsZero() || r.Ended.IsZero() || r.State != StateEnded {
		t.Errorf("refused: %+v", r)
	}
}

package h323_test

import (
	"bytes"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/h323/asn1gen/asn1"
	"github.com/roombridge/roombridge/h323/asn1gen/asn1test"
	"github.com/roombridge/roombridge/h323/h235"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// contents are the Go types of what open types of the modules hold.
var contents = map[string]reflect.Type{
	"ClearToken": reflect.TypeFor[h235.ClearToken](), "PwdCertToken": reflect.TypeFor[h235.ClearToken](),
	"FastStartToken": reflect.TypeFor[h235.ClearToken](), "KeySyncMaterial": reflect.TypeFor[h235.KeySyncMaterial](),
	"KeySignedMaterial": reflect.TypeFor[h235.KeySignedMaterial](), "ReturnSig": reflect.TypeFor[h235.ReturnSig](),
}

// oracle is Erlang, and what random values are made with.
type oracle struct {
	*asn1test.Erlang
	asn1test.Random
	judged, identical int
	unsaid            int // Erlang got its own encoding wrong
}

// TestOracle has Erlang's asn1 application look at the same messages: its values of
// the recorded ones and of random ones are ours, and so are ours of its encodings.
func TestOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("compiling the modules with Erlang takes a minute")
	}
	folder := shared(t, "ITU_ASN1", "itu-asn1")
	schema, err := asn1.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{
		Erlang: asn1test.Start(t, folder, "H235-SECURITY-MESSAGES", "MULTIMEDIA-SYSTEM-CONTROL", "H323-MESSAGES"),
		Random: asn1test.Random{
			Schema: schema, Rand: rand.New(rand.NewPCG(323, 2250)),
			Contents: contents, Opened: map[string]string{},
		},
	}
	t.Run("corpus", func(t *testing.T) {
		for _, p := range corpus(t) {
			v := p.fresh()
			if err := per.Unmarshal(p.data, v); err != nil {
				t.Fatal(err)
			}
			o.judge(t, p, v)
			o.judge(t, pdu{p.typ, encoded(t, v)}, v)
		}
		o.report(t)
	})
	t.Run("random", func(t *testing.T) {
		for _, typ := range slices.Sorted(maps.Keys(roots)) {
			for range 1500 {
				v := pdu{typ: typ}.fresh()
				o.Fill(roots[typ].module, typ, v)
				o.judge(t, pdu{typ, encoded(t, v)}, v)
				if t.Failed() {
					return
				}
			}
		}
		o.report(t)
	})
	t.Run("time", o.time)
}

func encoded(t testing.TB, v per.Value) []byte {
	t.Helper()
	b, err := per.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// judge checks that Erlang sees the value v in a message, and we in Erlang's.
func (o *oracle) judge(t *testing.T, p pdu, v per.Value) {
	t.Helper()
	value, b, err := o.Judge(roots[p.typ].module, p.typ, p.data)
	if err != nil {
		t.Errorf("%s %x\n%s\n%v", p.typ, p.data, o.Dump(v), err)
		return
	}
	if ours := o.Dump(v); ours != value {
		t.Errorf("%s %x\nours   %s\nErlang %s", p.typ, p.data, ours, value)
	}
	o.judged++
	if b == nil {
		o.unsaid++
		return
	}
	back := p.fresh()
	if err := per.Unmarshal(b, back); err != nil {
		t.Errorf("%s of %d octets, encoded by Erlang: %.200x: %v", p.typ, len(p.data), b, err)
	} else if diff := cmp.Diff(v, back); diff != "" {
		t.Errorf("%s of %d octets, encoded by Erlang: %.200x:\n%s", p.typ, len(p.data), b, diff)
	}
	if bytes.Equal(b, encoded(t, v)) {
		o.identical++
	}
}

func (o *oracle) report(t *testing.T) {
	t.Logf("%d values are the same here and in Erlang, %d of them encoded to the same octets, %d wrongly by Erlang",
		o.judged, o.identical, o.unsaid)
	if o.judged == 0 || o.unsaid*5 > o.judged {
		t.Error("too few comparisons")
	}
	o.judged, o.identical, o.unsaid = 0, 0, 0
}

// time puts our time for a large capability set beside Erlang's, of each the shortest of
// twenty runs.
func (o *oracle) time(t *testing.T) {
	const runs, count = 20, 200
	set := capabilitySet()
	p := pdu{"MultimediaSystemControlMessage", encoded(t, set)}
	decode, encode, err := o.Time(roots[p.typ].module, p.typ, p.data, count)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 4096)
	for _, c := range []struct {
		name, erlang string
		run          func() error
	}{
		{"decode", decode, func() error { return per.Unmarshal(p.data, new(h245.MultimediaSystemControlMessage)) }},
		{"encode", encode, func() error { _, err := per.Append(buf, set); return err }},
	} {
		best := time.Duration(math.MaxInt64)
		for range runs {
			began := time.Now()
			for range count {
				if err := c.run(); err != nil {
					t.Fatal(err)
				}
			}
			best = min(best, time.Since(began))
		}
		t.Logf("%s %d octets: %.1f µs, %.0f allocations; Erlang %s µs", c.name, len(p.data),
			best.Seconds()*1e6/count, testing.AllocsPerRun(count, func() { _ = c.run() }), c.erlang)
	}
}

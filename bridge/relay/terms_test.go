package relay

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

// change gives a field of any kind another value.
func change(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(v.Uint() ^ 1)
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(append([]byte{1}, v.Bytes()...))
			return
		}
		v.Set(reflect.Append(v, reflect.New(v.Type().Elem()).Elem()))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[netip.AddrPort]() {
			v.Set(reflect.ValueOf(netip.MustParseAddrPort("192.0.2.1:9")))
			return
		}
		change(t, v.Field(0))
	default:
		t.Fatalf("no other value of %v", v.Type())
	}
}

// TestEveryFieldOfTheTermsCounts guards Apply against fields that are added to
// a negotiation's outcome and would be taken for no change.
func TestEveryFieldOfTheTermsCounts(t *testing.T) {
	check := func(name string, f func(*media.Stream) reflect.Value) {
		a, b := plainTerms(media.Video), plainTerms(media.Video)
		if !equalStreams(a, b) {
			t.Fatal("equal terms differ")
		}
		change(t, f(&b))
		if equalStreams(a, b) {
			t.Errorf("a change of %s is not seen", name)
		}
	}
	stream, security := reflect.TypeFor[media.Stream](), reflect.TypeFor[media.Security]()
	for i := range stream.NumField() {
		check(stream.Field(i).Name, func(s *media.Stream) reflect.Value { return reflect.ValueOf(s).Elem().Field(i) })
	}
	for i := range security.NumField() {
		check("Security."+security.Field(i).Name, func(s *media.Stream) reflect.Value {
			return reflect.ValueOf(&s.Security).Elem().Field(i)
		})
	}
}

func TestAddressesOfTerms(t *testing.T) {
	at := netip.MustParseAddrPort
	for _, c := range []struct {
		name              string
		remote, rtcp      string
		mux               bool
		wantRTP, wantRTCP string
	}{
		{"both given", "10.0.0.2:5000", "10.0.0.2:6001", false, "10.0.0.2:5000", "10.0.0.2:6001"},
		{"the next port", "10.0.0.2:5000", "", false, "10.0.0.2:5000", "10.0.0.2:5001"},
		{"shared", "10.0.0.2:5000", "", true, "10.0.0.2:5000", "10.0.0.2:5000"},
		{"mapped", "[::ffff:10.0.0.2]:5000", "", false, "10.0.0.2:5000", "10.0.0.2:5001"},
		{"IPv6", "[2001:db8::2]:5000", "", false, "[2001:db8::2]:5000", "[2001:db8::2]:5001"},
		{"no port above", "10.0.0.2:65535", "", false, "10.0.0.2:65535", "10.0.0.2:65535"},
		{"on hold", "0.0.0.0:5000", "", false, "", ""},
		{"refused", "10.0.0.2:0", "", false, "", ""},
	} {
		st := media.Stream{Remote: at(c.remote), Mux: c.mux}
		if c.rtcp != "" {
			st.RemoteRTCP = at(c.rtcp)
		}
		var wantRTP, wantRTCP netip.AddrPort
		if c.wantRTP != "" {
			wantRTP, wantRTCP = at(c.wantRTP), at(c.wantRTCP)
		}
		if got := newTerms(st); got.rtp != wantRTP || got.rtcp != wantRTCP {
			t.Errorf("%s: %v and %v", c.name, got.rtp, got.rtcp)
		}
	}
}

func TestFirstFormatOfAPayloadTypeCounts(t *testing.T) {
	twice := vp8Format
	twice.PT = h264Format.PT
	got := newTerms(media.Stream{Recv: []media.Format{h264Format, twice, {Codec: media.VP9, PT: 200}}})
	if f := got.format(h264Format.PT); f == nil || f.Codec != media.H264 {
		t.Fatalf("format %+v", f)
	}
	for pt := range uint8(128) {
		if f := got.format(pt); f != nil && pt != h264Format.PT {
			t.Fatalf("payload type %d is %+v", pt, f)
		}
	}
}

func TestEveryVerdictHasAName(t *testing.T) {
	seen := map[string]bool{}
	for v := range verdicts {
		if v.String() == "" || seen[v.String()] {
			t.Errorf("verdict %d is %q", v, v)
		}
		seen[v.String()] = true
	}
	var c verdictCount
	c[accepted], c[dropAuth] = 5, 2
	if m := c.names(); len(m) != 1 || m["auth"] != 2 {
		t.Errorf("names %v", m)
	}
}

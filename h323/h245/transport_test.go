package h245

import (
	"net/netip"
	"testing"

	"github.com/roombridge/roombridge/h323/per"
)

func TestTransportAddress(t *testing.T) {
	for _, s := range []string{"192.0.2.7:5004", "[2001:db8::7]:5004"} {
		want := netip.MustParseAddrPort(s)
		b, err := per.Marshal(NewTransportAddress(want))
		if err != nil {
			t.Fatal(err)
		}
		var v TransportAddress
		if err := per.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		if got, ok := v.AddrPort(); !ok || got != want {
			t.Errorf("%s comes back as %s", s, got)
		}
	}
	for _, v := range []*TransportAddress{nil, {}, {UnicastAddress: &UnicastAddress{}}, {MulticastAddress: &MulticastAddress{}}} {
		if a, ok := v.AddrPort(); ok {
			t.Errorf("%+v is %s", v, a)
		}
	}
}

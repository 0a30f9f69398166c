package h225

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/roombridge/roombridge/h323/per"
)

func TestTransportAddress(t *testing.T) {
	for _, s := range []string{"192.0.2.7:1720", "[2001:db8::7]:1720", "[::ffff:192.0.2.7]:1719"} {
		want := netip.MustParseAddrPort(s)
		b, err := per.Marshal(NewTransportAddress(want))
		if err != nil {
			t.Fatal(err)
		}
		var v TransportAddress
		if err := per.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		got, ok := v.AddrPort()
		if !ok || got.Addr() != want.Addr().Unmap() || got.Port() != want.Port() {
			t.Errorf("%s comes back as %s", s, got)
		}
	}
	for _, v := range []*TransportAddress{nil, {}, {Nsap: per.Octets{1}}, {IPAddress: &IPAddress{IP: per.Octets{1}}}} {
		if a, ok := v.AddrPort(); ok {
			t.Errorf("%+v is %s", v, a)
		}
	}
}

func TestAliasText(t *testing.T) {
	address := NewTransportAddress(netip.MustParseAddrPort("192.0.2.7:1720"))
	for want, v := range map[string]*AliasAddress{
		"1001#":          {DialledDigits: new("1001#")},
		"会议室":            {H323ID: new("会议室")},
		"h323:a@b":       {URLID: new("h323:a@b")},
		"a@b":            {EmailID: new("a@b")},
		"192.0.2.7:1720": {TransportID: address},
		"4930":           {PartyNumber: &PartyNumber{E164Number: &PublicPartyNumber{PublicNumberDigits: "4930"}}},
		"77":             {PartyNumber: &PartyNumber{PrivateNumber: &PrivatePartyNumber{PrivateNumberDigits: "77"}}},
		"5":              {PartyNumber: &PartyNumber{TelexPartyNumber: new("5")}},
		"":               {MobileUIM: &MobileUIM{}},
	} {
		if got := v.Text(); got != want {
			t.Errorf("%+v says %q, not %q", v, got, want)
		}
	}
}

// What a person reads who decodes a message: names as in the standard, one member for
// the alternative of a CHOICE, hexadecimal octets.
func TestJSON(t *testing.T) {
	m := H323UserInformation{H323UUPDU: H323UUPDU{
		H323MessageBody: MessageBody{ReleaseComplete: &ReleaseCompleteUUIE{
			ProtocolIdentifier: Version,
			Reason:             &ReleaseCompleteReason{InConf: true},
			CallIdentifier:     &CallIdentifier{GUID: per.Octets{0: 0xab, 15: 1}},
			BusyAddress:        []AliasAddress{{H323ID: new("Raum 1")}},
		}},
		H245Tunnelling: new(false),
	}}
	want := `{"h323-uu-pdu":{"h323-message-body":{"releaseComplete":{"protocolIdentifier":"0.0.8.2250.0.7","reason":"inConf",` +
		`"callIdentifier":{"guid":"ab000000000000000000000000000001"},"busyAddress":[{"h323-ID":"Raum 1"}]}},"h245Tunnelling":false}}`
	if b, err := json.Marshal(m); err != nil || string(b) != want {
		t.Errorf("%s\n%s\n%v", b, want, err)
	}
	if got := per.Alternative(m.H323UUPDU.H323MessageBody); got != "releaseComplete" {
		t.Errorf("it is called %q", got)
	}
}

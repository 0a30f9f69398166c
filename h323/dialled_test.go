package h323

import (
	"net/netip"
	"testing"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/wire"
)

func digits(s string) h225.AliasAddress { return h225.AliasAddress{DialledDigits: &s} }
func h323ID(s string) h225.AliasAddress { return h225.AliasAddress{H323ID: &s} }

// What people type at terminals, as it arrives in an alias.
func TestReadDialled(t *testing.T) {
	own := []string{"10.0.0.5", "10.0.0.5:1720"}
	for text, want := range map[string]dialled{
		"1001":                           {number: "1001"},
		"1001#":                          {number: "1001"},
		"##1001":                         {number: "1001"},
		"10.0.0.5##1001":                 {number: "1001"},
		"10.9.9.9##1001":                 {number: "1001"},
		"10.0.0.5##1001##4321":           {number: "1001", pin: "4321"},
		"10.0.0.5##1001#4321":            {number: "1001", pin: "4321"},
		"1001##4321":                     {number: "1001", pin: "4321"},
		"1001#4321":                      {number: "1001", pin: "4321"},
		"video.example.com##1001":        {number: "1001"},
		"video.example.com##board":       {number: "board"},
		"[2001:db8::1]##1001":            {number: "1001"},
		"2001:db8::1##1001##9":           {number: "1001", pin: "9"},
		"h323:1001@10.0.0.5":             {number: "1001"},
		"H323:b%C3%A9@x;type=other":      {number: "bé"},
		"h323:1001":                      {number: "1001"},
		"board@example.com":              {number: "board"},
		"@example.com":                   {},
		"1001@video.example.com##4321":   {number: "1001", pin: "4321"},
		"1001@video.example.com#4321":    {number: "1001", pin: "4321"},
		"board.2@video.example.com##4":   {number: "board.2", pin: "4"},
		"h323:1001##4321@10.0.0.5":       {number: "1001", pin: "4321"},
		"h323:1001%23%234321@10.0.0.5;x": {number: "1001", pin: "4321"},
		"1001#4321@host":                 {number: "1001", pin: "4321"},
		"10.0.0.5##1001@example.com":     {number: "1001"},
		"10.0.0.5##1001##4@example.com":  {number: "1001", pin: "4"},
		"10.0.0.5@example.com##4321":     {},
		"@example.com##4321":             {},
		"h323:10%0001":                   {number: "1001"},
		"phòng họp":                      {number: "phòng họp"},
		" 1001 ":                         {number: "1001"},
		"*1001":                          {number: "*1001"},
		"10.0.0.5":                       {},
		"10.0.0.5:1720":                  {},
		"10.9.9.9":                       {},
		"10.0.0.5##":                     {},
		"10.0.0.5##10.0.0.5":             {},
		"#":                              {},
		"##":                             {},
		"":                               {},
		"a\x00b\r\n":                     {number: "ab"},
	} {
		if got := readDialled(text, own); got != want {
			t.Errorf("%q is %+v, not %+v", text, got, want)
		}
	}
}

func TestDialledIn(t *testing.T) {
	at := h225.NewTransportAddress(netip.MustParseAddrPort("10.0.0.5:1720"))
	url, mail := "h323:7@example.com", "8@example.com"
	number := &wire.Message{}
	number.Add(wire.CalledPartyNumber, wire.Number{Plan: wire.E164, Digits: "1009"}.Called())
	bad := &wire.Message{}
	bad.Add(wire.CalledPartyNumber, nil)
	for name, c := range map[string]struct {
		q    *wire.Message
		s    h225.SetupUUIE
		want dialled
	}{
		"nothing":                {&wire.Message{}, h225.SetupUUIE{DestCallSignalAddress: at}, dialled{}},
		"digits":                 {&wire.Message{}, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{digits("1001")}}, dialled{number: "1001"}},
		"a name":                 {&wire.Message{}, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{h323ID("board")}}, dialled{number: "board"}},
		"a URL":                  {&wire.Message{}, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{{URLID: &url}}}, dialled{number: "7"}},
		"an e-mail address":      {&wire.Message{}, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{{EmailID: &mail}}}, dialled{number: "8"}},
		"our address as a name":  {&wire.Message{}, h225.SetupUUIE{DestCallSignalAddress: at, DestinationAddress: []h225.AliasAddress{h323ID("10.0.0.5")}}, dialled{}},
		"our address as address": {&wire.Message{}, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{{TransportID: at}}}, dialled{}},
		"behind our address":     {&wire.Message{}, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{{TransportID: at}, digits("1001")}}, dialled{number: "1001"}},
		"a public number": {&wire.Message{}, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{{PartyNumber: &h225.PartyNumber{
			E164Number: &h225.PublicPartyNumber{PublicNumberDigits: "1003"},
		}}}}, dialled{number: "1003"}},
		"a private number": {&wire.Message{}, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{{PartyNumber: &h225.PartyNumber{
			PrivateNumber: &h225.PrivatePartyNumber{PrivateNumberDigits: "1004"},
		}}}}, dialled{number: "1004"}},
		"Huawei's UTF-8 in a name": {&wire.Message{}, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{h323ID("ph\u00c3\u00b2ng")}}, dialled{number: "phòng"}},
		"the number's element":     {number, h225.SetupUUIE{}, dialled{number: "1009"}},
		"both":                     {number, h225.SetupUUIE{DestinationAddress: []h225.AliasAddress{digits("1001")}}, dialled{number: "1001"}},
		"an address and a number":  {number, h225.SetupUUIE{DestCallSignalAddress: at, DestinationAddress: []h225.AliasAddress{h323ID("10.0.0.5")}}, dialled{number: "1009"}},
		"an empty element":         {bad, h225.SetupUUIE{}, dialled{}},
		"extra":                    {bad, h225.SetupUUIE{DestExtraCallInfo: []h225.AliasAddress{digits("5")}}, dialled{number: "5"}},
		"an extension":             {bad, h225.SetupUUIE{RemoteExtensionAddress: &h225.AliasAddress{DialledDigits: new("6")}}, dialled{number: "6"}},
	} {
		if got := dialledIn(c.q, &c.s); got != c.want {
			t.Errorf("%s: %+v, not %+v", name, got, c.want)
		}
	}
}

// However a number is dressed, what is left of it is bounded, clean and no address
// of ours; and undressing it again changes nothing.
func FuzzReadDialled(f *testing.F) {
	for _, s := range []string{"10.0.0.5##1001##12", "h323:a%41@b;x", "1001#2#3", "@", "[::1]##x@y", "h323:h323:1", "1@a.b##2", "10.0.0.5@x##1", "h323:%00a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := readDialled(s, []string{"10.0.0.5"})
		if len(d.number) > maxNumber || len(d.pin) > maxAlias || d.number != clean(d.number, maxNumber) || d.number == "10.0.0.5" {
			t.Fatalf("%q is %+v", s, d)
		}
	})
}

package h323

import (
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/wire"
)

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"Phòng họp":                     "Phòng họp",
		"Caf\xe9":                       "Café", // Latin-1
		"Z\xfcrich \xd6\xdf":            "Zürich Öß",
		"\xcf\xe5\xf0\xe5\xe3\xee\xe2":  "Перегов", // ViaVideo 8.0
		"\xa8\xeb\xea\xe0 1":            "Ёлка 1",
		"\xb1Room":                      "Room",
		"Room\x00\x00":                  "Room",
		"\xcf\xe5\xf0\x00x":             "Пер",
		"a\u202eb\r\n":                  "ab",
		"":                              "",
		strings.Repeat("ộ", 100):        strings.Repeat("ộ", 42),
		"\xe4\xbc\x9a\xe8\xae\xae room": "会议 room",
	} {
		if got := nameOf([]byte(in)); got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
}

// Huawei TE writes UTF-8 into the 8-bit half of a BMPString.
func TestWide(t *testing.T) {
	for in, want := range map[string]string{
		"\u00e4\u00bc\u009a": "会", "Café": "Café", "会议": "会议", "Room": "Room", "": "",
	} {
		if got := wide(in); got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
}

func TestBMP(t *testing.T) {
	if got := bmp("ab😀c", 4); got != "ab😀" {
		t.Errorf("%q", got)
	}
	if got := bmp("ab😀c", 3); got != "ab" {
		t.Errorf("%q", got)
	}
}

func TestCallerOf(t *testing.T) {
	from := netip.MustParseAddrPort("10.0.0.9:33346")
	vendor := func(country, ext uint8, maker uint16, product, version string) h225.EndpointType {
		return h225.EndpointType{Vendor: &h225.VendorIdentifier{
			Vendor:    h225.H221NonStandard{T35CountryCode: country, T35Extension: ext, ManufacturerCode: maker},
			ProductId: []byte(product), VersionId: []byte(version),
		}}
	}
	shown := &wire.Message{}
	shown.Add(wire.Display, []byte("Board room\x00"))
	number := &wire.Message{}
	number.Add(wire.CallingPartyNumber, wire.Number{Digits: "77"}.Calling())
	for name, c := range map[string]struct {
		q    *wire.Message
		s    h225.SetupUUIE
		want bridge.Caller
	}{
		"nothing": {&wire.Message{}, h225.SetupUUIE{}, bridge.Caller{}},
		"all of it": {shown, h225.SetupUUIE{
			SourceAddress: []h225.AliasAddress{h323ID("room5"), digits("5005")}, SourceInfo: vendor(181, 0, 9009, "HDX 7000\x00", "Release 3.1\x00\x00"),
		}, bridge.Caller{Alias: "5005", Name: "Board room", Device: "Polycom HDX 7000 Release 3.1"}},
		"a name alone": {&wire.Message{}, h225.SetupUUIE{SourceAddress: []h225.AliasAddress{h323ID("phòng")}}, bridge.Caller{Alias: "phòng", Name: "phòng"}},
		"Huawei": {&wire.Message{}, h225.SetupUUIE{
			SourceAddress: []h225.AliasAddress{h323ID("\u00e4\u00bc\u009a")}, SourceInfo: vendor(38, 21, 555, "", "Release 19.0.920"),
		}, bridge.Caller{Alias: "会", Name: "会", Device: "Huawei Release 19.0.920"}},
		"a product with its maker": {&wire.Message{}, h225.SetupUUIE{SourceInfo: vendor(130, 1, 256, "TANDBERG/520", "TC7")}, bridge.Caller{Device: "TANDBERG/520 TC7"}},
		"a product of a maker":     {&wire.Message{}, h225.SetupUUIE{SourceInfo: vendor(181, 0, 41242, "Express 220", "")}, bridge.Caller{Device: "LifeSize Express 220"}},
		"a product of nobody":      {&wire.Message{}, h225.SetupUUIE{SourceInfo: vendor(1, 2, 3, "Phone", "")}, bridge.Caller{Device: "Phone"}},
		"a maker nobody knows":     {&wire.Message{}, h225.SetupUUIE{SourceInfo: vendor(1, 2, 3, "", "")}, bridge.Caller{Device: "maker 1/2/3"}},
		"a calling number":         {number, h225.SetupUUIE{}, bridge.Caller{Alias: "77"}},
		"version 7's name":         {shown, h225.SetupUUIE{DisplayName: []h225.DisplayName{{Name: "Phòng A"}}}, bridge.Caller{Name: "Phòng A"}},
	} {
		c.want.Addr = from
		if got := callerOf(c.q, &c.s, from); got != c.want {
			t.Errorf("%s: %+v, not %+v", name, got, c.want)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add([]byte("\xcf\xe5\xf0\x00"))
	f.Add([]byte("\xb1\xe4\xbc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s := nameOf(b); !utf8.ValidString(s) || len(s) > maxName {
			t.Fatalf("%x is %q", b, s)
		}
		if s := wide(string(b)); utf8.Valid(b) && !utf8.ValidString(s) {
			t.Fatalf("%x is %q", b, s)
		}
	})
}

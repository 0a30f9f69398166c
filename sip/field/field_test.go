package field

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func TestSplit(t *testing.T) {
	for _, x := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{" a , ,b ", []string{"a", "b"}},
		{`"x, y" <sip:a,b@c>, <sip:d>`, []string{`"x, y" <sip:a,b@c>`, "<sip:d>"}},
		{`"a\",b",c`, []string{`"a\",b"`, "c"}},
		{`"open, never closed`, []string{`"open, never closed`}},
	} {
		if got := Split(x.in, ','); !slices.Equal(got, x.want) {
			t.Errorf("%q gives %q", x.in, got)
		}
	}
}

func TestParams(t *testing.T) {
	first, p := Params(`<sip:a;b=c@d>;Expires=60; +sip.instance="<urn:x;y>";flag`)
	if _, flag := p["flag"]; first != "<sip:a;b=c@d>" || p["expires"] != "60" || p["+sip.instance"] != "<urn:x;y>" || !flag {
		t.Errorf("%q %q", first, p)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		" a\r\nb\x00 ": "ab", "ph\xc3\xb2ng h\xe1\xbb\x8dp": "phòng h", "\xff\xfex": "x", "\u202eabc": "abc",
	} {
		if got := Clean(in, 9); got != want || !utf8.ValidString(got) {
			t.Errorf("%q gives %q", in, got)
		}
	}
}

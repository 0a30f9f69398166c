package number

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Dialled{
		"1001":                               {Whole: "1001", Number: "1001"},
		"+84 24-1001":                        {Whole: "84241001", Number: "84241001"},
		"+1001#":                             {Whole: "1001", Number: "1001"},
		"sip:1001@Video.Example.com:5060":    {Whole: "1001", Number: "1001", Host: "video.example.com"},
		"sip:+841001;x=y@10.0.0.5;a=b?Q=1":   {Whole: "841001", Number: "841001", Host: "10.0.0.5"},
		"sips:1001**4321@[2001:db8::1]:5061": {Whole: "1001**4321", Number: "1001", PIN: "4321", Host: "2001:db8::1"},
		"tel:+84(24)1001;phone-context=vn":   {Whole: "84241001", Number: "84241001"},
		"h323:board@host.":                   {Whole: "board", Number: "board", Host: "host"},
		"h323:10.0.0.7##1001##4321":          {Whole: "1001##4321", Number: "1001", PIN: "4321", Host: "10.0.0.7"},
		"video.example.com##1001#4321":       {Whole: "1001#4321", Number: "1001", PIN: "4321", Host: "video.example.com"},
		"##1001":                             {Whole: "1001", Number: "1001"},
		"1001%23%234321":                     {Whole: "1001##4321", Number: "1001", PIN: "4321"},
		"1001*4321#":                         {Whole: "1001*4321", Number: "1001", PIN: "4321"},
		"Phòng họp**4321":                    {Whole: "Phòng họp**4321", Number: "Phòng họp", PIN: "4321"},
		"*98":                                {Whole: "*98", Number: "*98"},
		"*98*4321":                           {Whole: "*98*4321", Number: "*98", PIN: "4321"},
		"1*2*3":                              {Whole: "1*2*3", Number: "1*2*3"},
		"1001*12345678901234567":             {Whole: "1001*12345678901234567", Number: "1001*12345678901234567"},
		"a-b.c":                              {Whole: "a-b.c", Number: "a-b.c"},
		"1001**":                             {Whole: "1001**", Number: "1001"},
		"sip:host-without-user":              {Whole: "host-without-user", Number: "host-without-user"},
		"":                                   {},
		"#":                                  {},
		"+":                                  {Whole: "+", Number: "+"},
	} {
		if got := Parse(text); got != want {
			t.Errorf("%q is read as %+v, not %+v", text, got, want)
		}
	}
}

// Whatever is dialled, the two forms are bounded, valid, and the number is how the
// whole begins: the index relies on it.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"1001", "+84 24*1234#", "*98**1", "đ**1234", "\x001*2", "ſK1**22", strings.Repeat("é", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := Split(text)
		if len(d.Whole) > MaxNumber || !utf8.ValidString(d.Whole) || !strings.HasPrefix(d.Whole, d.Number) {
			t.Fatalf("%q: %+v", text, d)
		}
		if len(d.PIN) > MaxPIN || !isDigits(d.PIN) || d.PIN != "" && d.Number == "" {
			t.Fatalf("%q: %+v", text, d)
		}
		if again := Split(d.Whole); again != d {
			t.Fatalf("%q is %+v, and that is %+v", text, d, again)
		}
		h := hear(d)
		if !strings.HasPrefix(h.whole, h.number) {
			t.Fatalf("folded, %q does not begin with %q", h.whole, h.number)
		}
		_ = Parse(text)
	})
}

func TestFold(t *testing.T) {
	for _, pair := range [][2]string{{"Board", "bOARD"}, {"PHÒNG", "phòng"}, {"\u212a", "k"}, {"ſ", "S"}} {
		if fold(pair[0]) != fold(pair[1]) {
			t.Errorf("%q and %q differ", pair[0], pair[1])
		}
	}
	if fold("a") == fold("b") {
		t.Error("a is b")
	}
}

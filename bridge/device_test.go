package bridge

import (
	"context"
	"errors"
	"testing"
)

func TestDevices(t *testing.T) {
	list := Devices{
		func() []Device {
			return []Device{{Name: "b", Protocol: "sip"}, {Name: "A", Protocol: "sip", Aliases: []string{"Phòng họp"}}}
		},
		func() []Device { return []Device{{Name: "a", Protocol: "h323", Online: true}} },
	}
	var names string
	for _, d := range list.List() {
		names += d.Name + " " + d.Protocol + ", "
	}
	if names != "a h323, A sip, b sip, " {
		t.Errorf("%s", names)
	}
	for alias, want := range map[string]string{"a": "h323:a", "PHÒNG HỌP": "sip:A", "B": "sip:b"} {
		if d, ok := list.Find(alias); !ok || d.Target().URI != want {
			t.Errorf("%s is %+v", alias, d)
		}
	}
	if _, ok := list.Find("c"); ok || len(Devices(nil).List()) != 0 {
		t.Error("found nobody")
	}
}

// checkedFront knows that nobody can be called.
type checkedFront struct{ err error }

func (f checkedFront) Check(Target) error { return f.err }
func (f checkedFront) Place(context.Context, *Call, Target) error {
	return errors.New("placed all the same")
}

// What a front-end knows beforehand is told at once, and makes no call.
func TestPlaceIsChecked(t *testing.T) {
	c := NewCore(Config{})
	refusal := &Refusal{CauseUnreachable, "no terminal is registered as that"}
	c.Register("sip", checkedFront{refusal})
	call, err := c.Place(t.Context(), Target{Scheme: "sip", URI: "sip:nobody"}, "1001")
	if call != nil || !errors.Is(err, refusal) || c.Stats().Total != 0 {
		t.Errorf("%v %v", call, err)
	}
}

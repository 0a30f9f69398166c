package capability

import (
	"testing"

	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// FuzzTable takes capability sets, choices from them and channels; whatever comes, there
// is no panic, what is kept is bounded, and channels can be encoded.
func FuzzTable(f *testing.F) {
	for _, s := range []*h245.TerminalCapabilitySet{
		Own(own()),
		said([]*h245.Capability{pcma(), picture(h264(0xff, 71))}, []uint16{1, 2}, []uint16{2}),
		said([]*h245.Capability{picture(h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{SqcifMPI: new(uint8(32)), MaxBitRate: 1}})}),
	} {
		b, err := per.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s h245.TerminalCapabilitySet
		if per.Unmarshal(data, &s) != nil {
			return
		}
		var table Table
		for range 2 {
			if table.Apply(&s) != nil {
				return
			}
		}
		if len(table.entries) > maxEntries || table.size() > maxSize || table.count() > maxAlternatives {
			t.Errorf("%d entries of %d octets, %d alternatives", len(table.entries), table.size(), table.count())
		}
		set := table.Set()
		c := set.Choose(own(), nil, func(*Entry) bool { return true })
		for _, list := range [][]Entry{set.Audio, set.Video} {
			for i := range list {
				open(t, &list[i])
			}
		}
		if c.Audio != nil && c.Video != nil && c.Audio.Format.Codec.Kind() == c.Video.Format.Codec.Kind() {
			t.Errorf("chosen %+v and %+v", c.Audio.Format, c.Video.Format)
		}
	})
}

// open writes a channel for an entry and reads it.
func open(t *testing.T, e *Entry) {
	for _, limit := range []int{0, 1, 64_000} {
		dt, p := e.Channel(limit)
		p.SessionID = 1
		o := wired(t, &h245.OpenLogicalChannel{ForwardLogicalChannelNumber: 1, ForwardLogicalChannelParameters: h245.ForwardLogicalChannelParameters{
			DataType: dt, MultiplexParameters: h245.ForwardMultiplexParameters{H2250LogicalChannelParameters: p},
		}})
		_, _ = Read(own(), &o.ForwardLogicalChannelParameters.DataType, p)
	}
}

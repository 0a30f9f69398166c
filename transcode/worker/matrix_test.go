//go:build cgo && !nocodecs

package worker

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/internal/tone"
	"github.com/roombridge/roombridge/transcode/worker/dsp"
)

// codings are all that a terminal may send and get.
var codings = []coding{
	{codec: media.Opus}, {codec: media.G722}, {codec: media.PCMU}, {codec: media.PCMA}, {codec: media.G729},
	{media.G7221, 16000, 24000}, {media.G7221, 16000, 32000},
	{media.G7221, 32000, 24000}, {media.G7221, 32000, 32000}, {media.G7221, 32000, 48000},
}

func (c coding) String() string {
	if c.bitrate == 0 {
		return string(c.codec)
	}
	return fmt.Sprintf("%s %d/%d", c.codec, c.clock/1000, c.bitrate/1000)
}

// alone is by how much a codec changes a tone's level by itself, in dB. G.729
// is made for voices, and does.
func (c coding) alone(t *testing.T, hz, amplitude float64) float64 {
	enc, _ := c.encoder(t)
	dec := c.decoder(t)
	gen := tone.Generator{Hz: hz, Amplitude: amplitude, Rate: enc.Rate()}
	in, out, all := make([]float32, enc.Rate()/50), make([]float32, codec.MaxFrame), []float32(nil)
	for range 50 {
		gen.Fill(in)
		packet, err := enc.Encode(nil, in)
		if err != nil {
			t.Fatal(err)
		}
		n, err := dec.Decode(out, packet)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out[:n]...)
	}
	return tone.Level(all[len(all)/4:], hz, dec.Rate()) - tone.DB(amplitude)
}

// A tone goes in through each codec and comes out through each, at its level.
func TestEveryPair(t *testing.T) {
	const amplitude = 0.3
	for _, hz := range []float64{440, 1000, 2800} {
		own := make(map[coding]float64)
		for _, c := range codings {
			own[c] = c.alone(t, hz, amplitude)
		}
		var table strings.Builder
		for _, from := range codings {
			fmt.Fprintf(&table, "\n%-11s", from)
			for _, to := range codings {
				m := newMeeting(t)
				m.talk(from.talker(t, 1, hz, amplitude))
				m.graph(m.listenTo(9, to, 1))
				m.run(1000)
				e := m.ears.by[9]
				off := tone.Level(e.last(500), hz, e.rate) - tone.DB(amplitude)
				fmt.Fprintf(&table, " %+5.2f", off)
				if math.Abs(off-own[from]-own[to]) > 1 || math.Abs(off) > 1 && from.codec != media.G729 && to.codec != media.G729 {
					t.Errorf("%v to %v, %v Hz: level changes by %.2f dB; the codecs alone by %.2f and %.2f", from, to, hz, off, own[from], own[to])
				}
				if snr := tone.SNR(e.last(300), hz, e.rate); snr < from.clean(to) {
					t.Errorf("%v to %v, %v Hz: signal to noise ratio %.1f dB", from, to, hz, snr)
				}
			}
		}
		t.Logf("%v Hz: change of level in dB, from the codec of the row to that of the column%s", hz, table.String())
	}
}

// clean is how far a tone is above the noise of two codecs at least, in dB.
func (c coding) clean(to coding) float64 {
	if c.codec == media.G729 || to.codec == media.G729 {
		return 3
	}
	return 15
}

// Eight who shout at once do not clip, in any codec.
func TestLoudTalkers(t *testing.T) {
	m := newMeeting(t)
	var hears []transcode.StreamID
	for i := range 8 {
		id := transcode.StreamID(i + 1)
		m.talk(newTalker(t, id, media.PCMU, 300+190*float64(i), 0.9))
		hears = append(hears, id)
	}
	var outs []transcode.Output
	for i, c := range codings {
		outs = append(outs, m.listenTo(transcode.StreamID(20+i), c, hears...))
	}
	m.graph(outs...)
	m.run(2000)
	for i, c := range codings {
		e := m.ears.by[transcode.StreamID(20+i)]
		x := e.last(1000)
		peak, level := dsp.Peak(x), tone.DB(tone.RMS(x))
		t.Logf("%-11s peak %.2f, %.1f dB", c, peak, level)
		if peak >= 0.999 {
			t.Errorf("%v: peak %v", c, peak)
		}
		if level < -16 {
			t.Errorf("%v: eight talkers make only %.1f dB", c, level)
		}
		if c.codec != media.G729 {
			alike(t, c, x, e.rate)
		}
	}
}

// alike checks that all eight are as loud, and nobody is where nobody speaks.
func alike(t *testing.T, c coding, x []float32, rate int) {
	t.Helper()
	first := tone.Level(x, 300, rate)
	for j := range 8 {
		if l := tone.Level(x, 300+190*float64(j), rate); math.Abs(l-first) > 2 {
			t.Errorf("%v: talker %d at %.1f dB, the first at %.1f", c, j, l, first)
		}
	}
	if l := tone.Level(x, 3300, rate); l > first-25 {
		t.Errorf("%v: %.1f dB where nobody speaks", c, l)
	}
}

// A change of rate or bit rate is another coding, not the same one further on.
func TestCodingsOfOneCodec(t *testing.T) {
	m := newMeeting(t)
	wide, super := coding{media.G7221, 16000, 32000}, coding{media.G7221, 32000, 48000}
	m.talk(wide.talker(t, 1, 500, 0.3))
	m.talk(super.talker(t, 2, 900, 0.3))
	m.graph(m.listenTo(10, wide, 2), m.listenTo(11, super, 1), m.listenTo(12, coding{media.G7221, 16000, 24000}, 2))
	m.run(1000)
	for id, hz := range map[transcode.StreamID]float64{10: 900, 11: 500, 12: 900} {
		e := m.ears.by[id]
		if off := tone.Level(e.last(500), hz, e.rate) - tone.DB(0.3); math.Abs(off) > 2 {
			t.Errorf("output %d: %+.2f dB", id, off)
		}
		if f := e.frames[len(e.frames)-1]; f.Timestamp != uint32(len(e.frames)-1)*uint32(e.rate/50) {
			t.Errorf("output %d: timestamp %d of frame %d", id, f.Timestamp, len(e.frames)-1)
		}
	}
	m.ears.by[10] = newEar(t, super)
	m.graph(m.listenTo(10, super, 1)) // under the number that it had
	m.run(1000)
	if e := m.ears.by[10]; math.Abs(tone.Level(e.last(500), 500, e.rate)-tone.DB(0.3)) > 2 {
		t.Error("nothing is heard after the change")
	}
	for _, bad := range []transcode.Graph{
		{Inputs: []transcode.Input{{ID: 3, Codec: media.G7221, ClockRate: 48000}}},
		{Inputs: []transcode.Input{{ID: 3, Codec: media.G7221, ClockRate: 16000, Bitrate: 48000}}},
		{Outputs: []transcode.Output{{ID: 3, Codec: media.G7221, ClockRate: 8000}}},
		{Outputs: []transcode.Output{{ID: 3, Codec: media.G7221, Bitrate: -1}}},
	} {
		if r := m.engine.SetGraph(bad); len(r) != 1 {
			t.Errorf("%+v is served", bad)
		}
	}
}

package e2e

import (
	"encoding/binary"
	"math"
	"os"
	"testing"
)

const toneRate = 48000

// writeTone makes a WAV file with bursts of a sine at a fifth of full scale.
// Browsers take a steady tone for noise and suppress it.
func writeTone(t *testing.T, path string, hz float64, seconds int) {
	t.Helper()
	pcm := make([]int16, toneRate*seconds)
	for i := range pcm {
		if i%(toneRate/2) >= toneRate*7/20 {
			continue
		}
		pcm[i] = int16(0.2 * 32767 * math.Sin(2*math.Pi*hz*float64(i)/toneRate))
	}
	b := []byte("RIFF____WAVEfmt ")
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, toneRate)
	b = binary.LittleEndian.AppendUint32(b, toneRate*2)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(pcm)*2))
	for _, s := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// toneWindow is how many samples are judged together. It is short, because a
// jitter buffer that adapts shifts a tone's phase.
const toneWindow = 2048

// toneOf gives the part of one frequency in all power of the samples, 1 for a
// pure tone, near 0 without it. A window that is silent counts as being
// without it.
func toneOf(samples []float64, rate, hz float64) float64 {
	var sum float64
	n := 0
	for ; len(samples) >= toneWindow; samples = samples[toneWindow:] {
		sum += goertzel(samples[:toneWindow], rate, hz)
		n++
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// goertzel gives the power of one frequency in samples, relative to all of
// their power.
func goertzel(samples []float64, rate, hz float64) float64 {
	var s1, s2, total float64
	k := 2 * math.Cos(2*math.Pi*hz/rate)
	for _, x := range samples {
		s0 := x + k*s1 - s2
		s2, s1 = s1, s0
		total += x * x
	}
	if total == 0 {
		return 0
	}
	power := s1*s1 + s2*s2 - k*s1*s2
	return 2 * power / (float64(len(samples)) * total)
}

func TestGoertzelKnowsItsTone(t *testing.T) {
	x := make([]float64, toneRate/10)
	for i := range x {
		x[i] = math.Sin(2 * math.Pi * 440 * float64(i) / toneRate)
	}
	if on, off := toneOf(x, toneRate, 440), toneOf(x, toneRate, 1000); on < 0.95 || off > 0.01 {
		t.Errorf("440 Hz: %.3f, 1 kHz: %.3f", on, off)
	}
}

package dial

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxDetailed is how many calls are written out one by one; of more, those
// that went wrong are.
const maxDetailed = 5

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := range r.Calls {
		if c := &r.Calls[i]; len(r.Calls) <= maxDetailed || c.Result != Completed {
			c.text(&b)
		}
	}
	r.Summary.text(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (c *Call) text(b *strings.Builder) {
	fmt.Fprintf(b, "call %s: %s", cmpOr(c.ID, "-"), c.Result)
	if c.Result != Completed {
		fmt.Fprintf(b, " (%s", c.Cause)
		if c.Reason != "" {
			fmt.Fprintf(b, ": %s", c.Reason)
		}
		b.WriteString(")")
	}
	if c.Remote != "" || c.Device != "" {
		fmt.Fprintf(b, ", %s %s %s", c.Transport, c.Remote, c.Device)
	}
	b.WriteString("\n")
	if c.SetupMS != nil {
		fmt.Fprintf(b, "  answered after %s, first picture after %s, first sound after %s, lasted %s\n",
			inMS(c.SetupMS), inMS(c.FirstPictureMS), inMS(c.FirstAudioMS), inMS(c.DurationMS))
	}
	if c.Audio != nil {
		c.Audio.text(b)
	}
	if c.Video != nil {
		c.Video.text(b)
	}
	if c.Digits != "" {
		fmt.Fprintf(b, "  digits heard: %s\n", c.Digits)
	}
	for _, w := range c.Warnings {
		fmt.Fprintf(b, "  note: %s\n", w)
	}
}

func inMS(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f ms", *v)
}

func (l LineOut) text() string {
	if l.Codec == "" {
		return "nothing"
	}
	return fmt.Sprintf("%s, %d packets, %d lost, jitter %.1f ms", l.Codec, l.Packets, l.Lost, l.JitterMS)
}

func (a *Audio) text(b *strings.Builder) {
	fmt.Fprintf(b, "  sound in:    %s%s\n", a.In.LineOut.text(), a.In.tones())
	fmt.Fprintf(b, "  sound out:   %s%s\n", a.Out.text(), encrypted(a.Keying, a.Suite))
}

func (a *AudioIn) tones() string {
	if a.LevelDBFS == nil {
		return ", silence"
	}
	s := fmt.Sprintf(", %.0f dBFS", *a.LevelDBFS)
	for _, t := range a.Tones {
		if t.Share >= 0.1 {
			s += fmt.Sprintf(", %.0f Hz at %.0f dBFS for %.0f %% of the time", t.Hz, t.DBFS, t.Share*100)
		}
	}
	return s
}

func encrypted(keying, suite string) string {
	if keying == "none" || keying == "" {
		return ", not encrypted"
	}
	return fmt.Sprintf(", encrypted (%s, %s)", keying, suite)
}

func (v *Video) text(b *strings.Builder) {
	in := &v.In
	fmt.Fprintf(b, "  picture in:  %s, %dx%d at %.1f frames a second, %d frames, %d keyframes", in.LineOut.text(), in.Width, in.Height, in.FPS, in.Frames, in.Keyframes)
	if in.DecodedFrames != nil {
		fmt.Fprintf(b, ", %d decoded", *in.DecodedFrames)
	}
	if in.Freezes > 0 {
		fmt.Fprintf(b, ", stood still %d times, longest %.0f ms", in.Freezes, in.LongestFreezeMS)
	}
	b.WriteString("\n")
	fmt.Fprintf(b, "  picture out: %s, %dx%d, %d frames, %d keyframes asked for%s\n",
		v.Out.LineOut.text(), v.Out.Width, v.Out.Height, v.Out.Frames, v.Out.KeyframeRequests, encrypted(v.Keying, v.Suite))
}

func (s *Summary) text(b *strings.Builder) {
	fmt.Fprintf(b, "%d calls: %d answered, %d completed, %d with picture, %d with sound\n", s.Placed, s.Answered, s.Completed, s.WithPicture, s.WithAudio)
	for _, l := range []struct {
		name string
		s    *Spread
	}{{"setup", s.SetupMS}, {"first picture", s.FirstPictureMS}, {"first sound", s.FirstAudioMS}} {
		if l.s != nil && s.Placed > 1 {
			fmt.Fprintf(b, "  %s: median %.0f ms, 95 %% within %.0f ms, longest %.0f ms\n", l.name, l.s.P50, l.s.P95, l.s.Max)
		}
	}
	var causes []string
	for c, n := range s.Causes {
		causes = append(causes, fmt.Sprintf("%s %d", c, n))
	}
	if slices.Sort(causes); len(causes) > 0 {
		fmt.Fprintf(b, "  not completed: %s\n", strings.Join(causes, ", "))
	}
}

package player

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// A terminal that was told to asks for keyframes that it does not need, and for
// less picture than was negotiated.
func TestWishesAreSaid(t *testing.T) {
	cfg := playing()
	cfg[0].Refresh, cfg[0].Take = 1500*time.Millisecond, 200_000
	inRoom(t, cfg, func(r *room) {
		r.negotiate(testG722, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(1900 * time.Millisecond)
		if l := r.streams[0][1].Track().Stats().Limit; l.Bitrate != 0 {
			t.Errorf("%+v is asked for before its time", l)
		}
		time.Sleep(4 * time.Second)
		reps := r.leave()
		if n := reps[1].KeyframeRequests; n < 3 || n > 5 {
			t.Errorf("%d keyframes are asked for in 6 s", n)
		}
		if reps[1].LimitAsked != 200_000 || reps[1].FramesLeftOut == 0 {
			t.Errorf("asked for %d bit/s, %d frames left out", reps[1].LimitAsked, reps[1].FramesLeftOut)
		}
		if reps[0].LimitAsked != 0 || reps[0].FramesLeftOut != 0 {
			t.Errorf("the other end: %+v", reps[0])
		}
	})
}

func TestDigitsThroughSignalling(t *testing.T) {
	for _, c := range []struct {
		name       string
		understood bool // RFC 4733
		signal     bool
		way        bool
		pressed    string
		warnings   int
	}{
		{"no RFC 4733", false, false, true, "42#", 0},
		{"wanted", true, true, true, "42#", 0},
		{"not needed", true, false, true, "", 0},
		{"no way", false, false, false, "42#", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := playing()
			var pressed string
			cfg[0].Digits, cfg[0].Signal = "42#", c.signal
			cfg[0].Press = func(call, digits string) bool {
				if call != "call" {
					t.Errorf("pressed in %q", call)
				}
				pressed += digits
				return c.way
			}
			inRoom(t, cfg, func(r *room) {
				r.negotiate(testPCMU, testH264, func(_ int, st *media.Stream) {
					if !c.understood {
						st.SendDTMF = 0
					}
				})
				r.seat(0)
				r.seat(1)
				time.Sleep(3 * time.Second)
				reps := r.leave()
				if pressed != c.pressed || len(reps[0].Warnings) != c.warnings {
					t.Errorf("pressed %q, %q", pressed, reps[0].Warnings)
				}
				if heard := reps[1].Digits; (heard == "42#") != (c.pressed == "") {
					t.Errorf("%q is heard", heard)
				}
			})
		})
	}
}

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/cmd/roombridge/dial"
)

// fuzzFor is how long decoders are given damaged pictures.
func fuzzFor(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("E2E_FUZZ")
	if text == "" {
		return 20 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 5*time.Second {
		t.Fatalf("E2E_FUZZ=%q: %v", text, err)
	}
	return d
}

// What hostile pictures may do to a meeting that has none. All of them, and
// everybody's terminals, share the machine with it. Where the machine is so busy with other things that
// processes stand still, those on the way from terminal to terminal do, one after the other.
const (
	mostGap    = 400  // ms without sound
	mostFreeze = 2000 // ms without a new picture
	onTheWay   = 4    // processes
)

// stalls finds for how long this process stood still at most, ms.
func stalls(stop <-chan struct{}) <-chan float64 {
	longest := make(chan float64, 1)
	go func() {
		most, last := time.Duration(0), time.Now()
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-tick.C:
				now := time.Now()
				most, last = max(most, now.Sub(last)), now
			case <-stop:
				tick.Stop()
				longest <- float64(most.Milliseconds())
				return
			}
		}
	}()
	return longest
}

// hostileKinds are the terminals that send damaged pictures, each in a meeting of its own, with what the
// other one there, who shows none, sees them by.
var hostileKinds = []struct {
	codec, other string
	name         media.Codec
}{
	{"h264", "h263", media.H264}, {"h263", "h261", media.H263}, {"h263p", "h261", media.H263P}, {"h261", "h263", media.H261}, {"vp8", "h263", media.VP8},
}

// Damaged, random and huge pictures go to every decoder there is, all at the same time, through media
// workers: nothing of it reaches the gateway or a meeting that has no part in it.
func TestHostilePictures(t *testing.T) {
	lasts := fuzzFor(t)
	g := startGateway(t, gwOptions{extra: "limits: {load: 0}\n"})
	before := g.metrics()
	watched := []*dialing{
		startDial(t, "sip:watched@"+g.sipUDP, "--duration", "0s", "--decode", "0", "--codecs", "PCMA", "--ports", "41000-41099"),
		startDial(t, "sip:watched@"+g.sipUDP, "--duration", "0s", "--decode", "0", "--codecs", "G722", "--codec", "h263", "--ports", "41100-41199"),
	}
	waitFor(t, "the watched meeting", func() bool { return g.served("watched") == 2 })

	var hostile []*dialing
	for i, k := range hostileKinds {
		room, ports := "sip:hostile-"+k.codec+"@"+g.sipUDP, 41200+200*i
		hostile = append(hostile,
			startDial(t, room, "--duration", "0s", "--decode", "0", "--codec", k.codec, "--damage", strconv.Itoa(100+i),
				"--ports", portRange(ports, 25)),
			startDial(t, room, "--duration", "0s", "--decode", "0", "--codec", k.other, "--qcif", "--video", "none",
				"--ports", portRange(ports+100, 25)))
	}
	direct := fuzzDirectly(t)
	waitFor(t, "everybody to be there", func() bool { return len(g.calls()) == 2+len(hostile) })

	stop := make(chan struct{})
	stood := stalls(stop)
	early, end := readings(nil), time.After(lasts)
	for tick := time.NewTicker(lasts / 4); end != nil; {
		select {
		case <-tick.C:
			now := g.metrics()
			if early == nil {
				early = now
			}
			t.Logf("%s; gateway %.0f MB, %.0f goroutines; workers %s MB", decodedSince(before, now),
				now["process_resident_memory_bytes"]/1e6, now["go_goroutines"], g.workerMemory())
		case <-end:
			end = nil
			tick.Stop()
		}
	}
	after := g.metrics()
	judgeLevel(t, early, after)
	direct.judge(t, lasts)
	if n := len(g.calls()); n != 2+len(hostile) {
		t.Errorf("%d calls are left of %d", n, 2+len(hostile))
	}
	close(stop)
	judgeHostile(t, before, after, lasts, judgeWatched(t, g, watched, <-stood))
	for _, d := range hostile {
		d.hangup()
	}
	for _, d := range hostile {
		<-d.done
	}
	waitFor(t, "the calls to end", func() bool { return len(g.calls()) == 0 })
}

// served counts the calls of a room that get sound and a picture of the worker's.
func (g *gw) served(room string) (n int) {
	for _, c := range g.calls() {
		if c.Room == room && c.Video.Out.Path == "transcode" && c.Video.Out.FPS > 5 && c.Audio.Out.Path == "transcode" && c.Audio.Out.Packets > 0 {
			n++
		}
	}
	return n
}

// pictureCount is the name of a counter.
func pictureCount(codec media.Codec, result string) string {
	return fmt.Sprintf(`roombridge_media_worker_pictures_total{codec="%s",result="%s"}`, codec, result)
}

const restartCount = "roombridge_media_worker_restarts_total"

// decodedSince says what the gateway's workers made of what they were given.
func decodedSince(before, after readings) string {
	var parts []string
	for _, k := range hostileKinds {
		var n [3]float64
		for i, result := range []string{"decoded", "damaged", "refused"} {
			n[i] = after[pictureCount(k.name, result)] - before[pictureCount(k.name, result)]
		}
		parts = append(parts, fmt.Sprintf("%s %.0f decoded, %.0f damaged, %.0f refused", k.name, n[0], n[1], n[2]))
	}
	return strings.Join(parts, "; ") + fmt.Sprintf("; %.0f restarts", after[restartCount]-before[restartCount])
}

// judgeHostile wants every decoder to have had much to do. others are the pictures of those
// who are not hostile, by codec.
func judgeHostile(t *testing.T, before, after readings, lasts time.Duration, others map[string]uint64) {
	t.Helper()
	for codec, n := range others {
		before[pictureCount(media.Codec(codec), "decoded")] += float64(n)
	}
	t.Logf("after %v, of hostile pictures: %s", lasts, decodedSince(before, after))
	for _, k := range hostileKinds {
		count := func(result string) float64 {
			return after[pictureCount(k.name, result)] - before[pictureCount(k.name, result)]
		}
		all := count("decoded") + count("damaged") + count("refused")
		if count("damaged") < lasts.Seconds() || all < 5*lasts.Seconds() || others[string(k.name)] == 0 && count("decoded") < 0.1*lasts.Seconds() {
			t.Errorf("%s: the decoder had little to do", k.name)
		}
	}
}

// judgeLevel wants the gateway to hold no more at the end than after a quarter of the time.
func judgeLevel(t *testing.T, early, after readings) {
	t.Helper()
	memory, routines := "process_resident_memory_bytes", "go_goroutines"
	t.Logf("gateway: %.1f MB after a quarter and %.1f at the end, %.0f goroutines and %.0f", early[memory]/1e6, after[memory]/1e6, early[routines], after[routines])
	if after[memory] > early[memory]*1.2+8e6 || after[routines] > early[routines]*1.1+10 {
		t.Error("the gateway's memory or goroutines grow")
	}
}

// judgeWatched wants the meeting without hostile pictures undisturbed. It gives how many pictures
// were sent in it, by codec.
func judgeWatched(t *testing.T, g *gw, watched []*dialing, stood float64) (sent map[string]uint64) {
	t.Helper()
	sent = map[string]uint64{}
	spare := onTheWay * max(stood-20, 0)
	t.Logf("the machine let this process stand for %.0f ms at most", stood)
	for _, d := range watched {
		d.hangup()
		c := d.completed()
		a, v := c.Audio.In, c.Video.In
		sent[c.Video.Out.Codec] += c.Video.Out.Frames
		t.Logf("watched, %s: sound lost %d of %d packets, longest gap %.0f ms; %d pictures, %.1f a second, lost %d packets, %d damaged, longest freeze %.0f ms",
			v.Codec, a.Lost, a.Packets, a.LongestGapMS, v.Frames, v.FPS, v.Lost, v.Damaged, v.LongestFreezeMS)
		if a.LongestGapMS > mostGap+spare || v.LongestFreezeMS > mostFreeze+spare || a.Lost+v.Lost+v.Damaged > 0 || !hearsAll(c) {
			t.Errorf("the watched meeting is disturbed: %+v %+v", a, v)
		}
	}
	deaths := map[string]int{}
	for line := range strings.Lines(g.log.String()) {
		if strings.Contains(line, "media worker died") {
			_, rest, _ := strings.Cut(line, "meeting=")
			room, _, _ := strings.Cut(rest, " ")
			deaths[room]++
			t.Log(strings.TrimSpace(line))
		}
	}
	t.Logf("workers that died, by meeting: %v", deaths)
	if deaths["watched"] > 0 {
		t.Error("the watched meeting's worker died")
	}
	return sent
}

// hearsAll tells whether a call heard the other's tone nearly all the time.
func hearsAll(c dial.Call) bool { return share(c, 440) > 0.85 }

// workerMemory lists what the gateway's workers hold, MB.
func (g *gw) workerMemory() string {
	var list []int
	for _, pid := range g.workers() {
		list = append(list, residentKB(pid)/1000)
	}
	slices.Sort(list)
	return fmt.Sprint(list)
}

// residentKB is the memory of a process, 0 if it is gone.
func residentKB(pid int) int {
	b, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			n, _ := strconv.Atoi(f[1])
			return n
		}
	}
	return 0
}

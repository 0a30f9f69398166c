package transcode

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// annexB joins NAL units as a decoder takes them.
func annexB(units [][]byte) (b []byte) {
	for _, u := range units {
		b = append(append(b, 0, 0, 0, 1), u...)
	}
	return b
}

func pictures(t *testing.T) (*Meeting, *Supervisor) {
	s, _ := supervise(t, workerPath)
	m := open(t, s, newTold())
	if !s.Available().Stills() {
		if _, err := m.Still(t.Context(), Still{}); err == nil {
			t.Error("a picture from a worker that makes none")
		}
		if _, err := m.Decoder(media.H264); err == nil {
			t.Error("a decoder in a worker that has none")
		}
		return nil, nil
	}
	return m, s
}

// A still picture is drawn in one worker and decoded in it again: it has the
// size, and more than one shade.
func TestStillAndDecoder(t *testing.T) {
	m, _ := pictures(t)
	if m == nil {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	begun := time.Now()
	units, err := m.Still(ctx, Still{Width: 1280, Height: 720, Profile: 66, Level: 31, MaxNAL: 1200, MaxSize: 60000, Title: "Phòng họp 1001", Lines: []string{"Đang chờ người khác"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("first picture after %v, worker started from nothing: %d units, %d bytes", time.Since(begun).Round(time.Millisecond), len(units), len(annexB(units)))
	d, err := m.Decoder(media.H264)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Picture(ctx); err == nil {
		t.Error("a picture before the first access unit")
	}
	for i := range 10 {
		if !d.Write(annexB(units), uint32(i*3000)) {
			t.Fatalf("access unit %d has no room", i)
		}
	}
	d.Write([]byte{0, 0, 1, 0x65, 1, 2, 3}, 99999)
	eventually(t, "ten pictures and an error", func() bool {
		st := d.Stats()
		return st.Frames >= 10 && st.Units == 11 && st.Keyframes >= 10 && st.Width == 1280 && st.Height == 720
	})
	p, err := d.Picture(ctx)
	if err != nil || p.Width != 1280 || p.Height != 720 {
		t.Fatalf("%v", err)
	}
	dark, bright := 0, 0
	for _, y := range p.Luma() {
		if y < 60 {
			dark++
		}
		if y > 180 {
			bright++
		}
	}
	if dark < 600000 || bright < 5000 {
		t.Errorf("%d dark and %d bright samples: that is not a screen with text", dark, bright)
	}
}

// Requests that cannot be served say why.
func TestStillErrors(t *testing.T) {
	m, _ := pictures(t)
	if m == nil {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for want, s := range map[string]Still{
		"no picture of":   {Width: 7, Height: 7, Profile: 66, Level: 31},
		"no profile":      {Width: 64, Height: 64, Profile: 1, Level: 31},
		"does not fit":    {Width: 640, Height: 480, Profile: 66, Level: 30, MaxSize: 50},
		"text of a still": {Width: 64, Height: 64, Profile: 66, Level: 30, Title: strings.Repeat("x", 20000)},
	} {
		if _, err := m.Still(ctx, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", s.Width, err)
		}
	}
	gone, cancel2 := context.WithCancel(ctx)
	cancel2()
	if _, err := m.Still(gone, Still{Width: 64, Height: 64, Profile: 66, Level: 30}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := m.Decoder("MPEG"); err == nil {
		t.Error("a decoder for what nobody knows")
	}
	m.Close()
	if _, err := m.Still(ctx, Still{Width: 64, Height: 64, Profile: 66, Level: 30}); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
	if _, err := m.Decoder(media.H264); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
}

// Requests and decoders outlive the worker.
func TestPicturesSurvive(t *testing.T) {
	m, _ := pictures(t)
	if m == nil {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	spec := Still{Width: 352, Height: 288, Profile: 66, Level: 13, Title: "x"}
	units, err := m.Still(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.Decoder(media.H264)
	if err != nil {
		t.Fatal(err)
	}
	d.Write(annexB(units), 0)
	eventually(t, "a picture", func() bool { return d.Stats().Frames == 1 })
	pid := m.PID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil { // so that it cannot answer
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := m.Still(ctx, spec)
		answered <- err
	}()
	eventually(t, "the request waits", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.requests.waiting) == 1
	})
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("a request that saw its worker die: %v", err)
	}
	eventually(t, "the decoder takes units again", func() bool { return d.Write(annexB(units), 0) && d.Stats().Frames >= 2 })
	if st := d.Stats(); st.Units < 2 || st.Refused > 1000 {
		t.Errorf("%+v", st)
	}
}

func TestPictureFormat(t *testing.T) {
	p := &Picture{Width: 4, Height: 2, I420: make([]byte, 12)}
	p.I420[0] = 7
	b := AppendPicture(nil, p)
	got, err := ParsePicture(b)
	if err != nil || got.Width != 4 || got.Height != 2 || got.Luma()[0] != 7 || len(got.Luma()) != 8 {
		t.Errorf("%+v, %v", got, err)
	}
	for i := range b {
		if _, err := ParsePicture(b[:i]); err == nil {
			t.Errorf("%d bytes are a picture", i)
		}
	}
	if _, err := PictureRequest([]byte{1, 2, 3}); err == nil {
		t.Error("a request of three bytes")
	}
}

// What a worker sends as an answer is checked however it looks.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x67, 0, 0, 0, 1, 0x68, 0, 0, 0, 1, 0x65}, 10, 100)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff}, 0, 0)
	f.Fuzz(func(t *testing.T, b []byte, maxNAL, maxSize int) {
		if units, err := splitUnits(b, Still{MaxNAL: maxNAL, MaxSize: maxSize}); err == nil {
			if len(units) < 3 || string(AppendUnits(nil, units)) != string(b) {
				t.Fatalf("%d units", len(units))
			}
		}
		if p, err := ParsePicture(b); err == nil && len(p.Luma()) != p.Width*p.Height {
			t.Fatal("luma")
		}
		printable(b)
	})
}

package room

import (
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
)

// What pion gets of Chromium's offer is a fraction of it, with all that is
// negotiated.
func TestSlim(t *testing.T) {
	text := chromium(t)
	o, err := readOffer(text, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.text) > len(text)/2 {
		t.Errorf("%d of %d bytes are left", len(o.text), len(text))
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(o.text); err != nil {
		t.Fatal(err)
	}
	if f := d.MediaDescriptions[0].MediaName.Formats; strings.Join(f, " ") != "111 9 0 8" {
		t.Errorf("sound has formats %v", f)
	}
	for _, m := range d.MediaDescriptions[1:] {
		if f := m.MediaName.Formats; strings.Join(f, " ") != "96 97 108 109" {
			t.Errorf("a picture has formats %v", f)
		}
	}
	for _, keep := range []string{"a=rid:h send", "a=simulcast:send h;m;l", "a=rtcp-fb:108 nack pli", "a=extmap:4 " + extMID, "a=extmap:10 " + extRID, "a=setup:actpass", "a=fmtp:109 apt=108"} {
		if !strings.Contains(o.text, keep) {
			t.Errorf("%q is gone", keep)
		}
	}
	for _, gone := range []string{"a=ssrc", "AV1", "a=fmtp:102", "video-orientation"} {
		if strings.Contains(o.text, gone) {
			t.Errorf("%q is left", gone)
		}
	}
	// A line of which the room knows nothing stays as it is, to be refused.
	other := strings.NewReplacer("H264/", "H265/", "VP8/", "VP9/").Replace(text)
	if o, err = readOffer(other, true); err != nil || !strings.Contains(o.text, "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102") {
		t.Errorf("%v", err)
	}
	// Other H.264 than the room's own stays when there is no such.
	main := strings.ReplaceAll(text, "profile-level-id=42e01f", "profile-level-id=4d001f")
	if o, err = readOffer(main, true); err != nil || !strings.Contains(o.text, "a=rtpmap:102 H264") {
		t.Errorf("%v", err)
	}
}

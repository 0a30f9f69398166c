package sdp

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

var (
	ownSizes = media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1, CIF4: 1}
	h263     = media.Format{Codec: media.H263, ClockRate: 90000, Sizes: ownSizes}
	h263p    = media.Format{Codec: media.H263P, ClockRate: 90000, Sizes: ownSizes}
	h261     = media.Format{Codec: media.H261, ClockRate: 90000, Sizes: media.Sizes{QCIF: 1, CIF: 1}}
	ownVP8   = media.Format{Codec: media.VP8, ClockRate: 90000, VideoMax: media.Limits{MaxFS: 3600, FPS: 30}}
)

// everyCodec is a gateway whose media worker has all codecs.
func everyCodec(l *Local) {
	wide := func(clock, rate int) media.Format {
		return media.Format{Codec: media.G7221, ClockRate: clock, Bitrate: rate}
	}
	l.Caps.Audio = []media.Format{
		opus, wide(32000, 48000), wide(32000, 32000), wide(32000, 24000), g722, wide(16000, 32000), wide(16000, 24000),
		pcma, pcmu, {Codec: media.G729, ClockRate: 8000}, event, {Codec: media.DTMF, ClockRate: 48000},
	}
	l.Caps.Video = []media.Format{cb(1), cb(0), high(1), ownVP8, h263p, h263, h261}
}

func TestReadSizes(t *testing.T) {
	const (
		old = "m=video 1 RTP/AVP 34\n"
		new = "m=video 1 RTP/AVP 96\na=rtpmap:96 H263-1998/90000\n"
	)
	for _, c := range []struct {
		section string
		codec   media.Codec
		sizes   media.Sizes
		bitrate int
	}{
		{old, media.H263, media.Sizes{}, 0},
		{old + "a=fmtp:34 CIF4=2;CIF=1;QCIF=1;SQCIF=1\n", media.H263, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1, CIF4: 2}, 0},
		{old + "a=fmtp:34 QCIF=2 MAXBR=2180\n", media.H263, media.Sizes{QCIF: 2}, 218_000},
		{old + "a=fmtp:34 cif4=1;cif=1;qcif=1;maxbr=20000\n", media.H263, media.Sizes{QCIF: 1, CIF: 1, CIF4: 1}, 2_000_000},
		{old + "a=fmtp:34 CIF4=1 CIF=1 XMAX=704 YMAX=480 MPI=1 XMAX=352 YMAX=240 MPI=1\n", media.H263, media.Sizes{CIF: 1, CIF4: 1}, 0},
		{old + "a=fmtp:34 4CIF=3/16CIF=4\n", media.H263, media.Sizes{}, 0},
		{old + "a=fmtp:34 4CIF=3; 16CIF = 4;\n", media.H263, media.Sizes{CIF4: 3, CIF16: 4}, 0},
		{old + "a=fmtp:34 CIF=0;QCIF=33;SQCIF=x;CIF4=32\n", media.H263, media.Sizes{CIF4: 32}, 0},
		{old + "a=fmtp:34 CIF=1;MAXBR=4294967295\n", media.H263, media.Sizes{CIF: 1}, 0},
		{old + "a=fmtp:34 CIF=1;MAXBR=2000000000\n", media.H263, media.Sizes{CIF: 1}, 1_000_000_000},
		{new, media.H263P, media.Sizes{}, 0},
		{new + "a=fmtp:96 custom=1280,720,3;custom=1024,768,2;cif4=2;custom=720,480,2;cif=2;qcif=2;maxbr=30000\n",
			media.H263P, media.Sizes{QCIF: 2, CIF: 2, CIF4: 2}, 3_000_000},
		{new + "a=fmtp:96 CIF=1;QCIF=1;SQCIF=1;CUSTOM=352,240,1;CUSTOM=640,480,1;T\n", media.H263P, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1}, 0},
		{new + "a=fmtp:96 CIF=2;QCIF=1;F=1;J=1;I=1;T=1;PAR=12:11;CPCF=36,1,1,1,1,1,1,1\n", media.H263P, media.Sizes{QCIF: 1, CIF: 2}, 0},
		{new + "a=fmtp:96 PROFILE=0;LEVEL=20\n", media.H263P, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 2}, 128_000},
		{new + "a=fmtp:96 PROFILE=0;LEVEL=30;CIF=1;MAXBR=2000\n", media.H263P, media.Sizes{CIF: 1}, 200_000},
		{new + "a=fmtp:96 PROFILE=8;LEVEL=21\n", media.H263P, media.Sizes{}, 0},
		{"m=video 1 RTP/AVP 96\na=rtpmap:96 h263-2000/90000\na=fmtp:96 profile=0;level=10\n", media.H263P, media.Sizes{SQCIF: 2, QCIF: 2}, 64_000},
		{"m=video 1 RTP/AVP 31\na=fmtp:31 CIF=2;QCIF=1;D=1\n", media.H261, media.Sizes{QCIF: 1, CIF: 2}, 0},
		{"m=video 1 RTP/AVP 98\na=rtpmap:98 H261/90000\na=fmtp:98 CIF=1\n", media.H261, media.Sizes{CIF: 1}, 0},
	} {
		got := one(t, c.section)
		if got.Codec != c.codec || got.Sizes != c.sizes || got.Bitrate != c.bitrate || got.ClockRate != 90000 {
			t.Errorf("%s%s %+v %d, want %s %+v %d", c.section, got.Codec, got.Sizes, got.Bitrate, c.codec, c.sizes, c.bitrate)
		}
	}
}

func TestReadVP9(t *testing.T) {
	const line = "m=video 1 RTP/AVP 96\na=rtpmap:96 VP9/90000\n"
	for fmtp, codec := range map[string]media.Codec{
		"": media.VP9, "a=fmtp:96 profile-id=0;max-fs=3600;max-fr=30\n": media.VP9, "a=fmtp:96 profile-id=2\n": "", "a=fmtp:96 profile-id=x\n": "",
	} {
		if got := one(t, line+fmtp); got.Codec != codec {
			t.Errorf("%q: %q", fmtp, got.Codec)
		}
	}
	want := media.Limits{MaxFS: 3600, MaxMBPS: 108_000, FPS: 30}
	if got := one(t, line+"a=fmtp:96 max-fs=3600;max-fr=30\n").VideoMax; got != want {
		t.Errorf("%+v", got)
	}
}

// TestOldTerminals: what is answered to terminals that have no H.264.
func TestOldTerminals(t *testing.T) {
	for _, c := range []struct {
		name, offer string
		answer      []string
		codec       media.Codec
		w, h, fps   int
		bitrate     int
	}{
		{"H.263 alone", "m=video 5000 RTP/AVP 34\na=rtpmap:34 H263/90000\na=fmtp:34 CIF=1;QCIF=1\nb=AS:384\n",
			[]string{"m=video 4002 RTP/AVP 34", "a=rtpmap:34 H263/90000", "a=fmtp:34 CIF4=1;CIF=1;QCIF=1;SQCIF=1", "b=AS:384"}, media.H263, 352, 288, 30, 364_800},
		{"H.263 without a word", "m=video 5000 RTP/AVP 34\n",
			[]string{"m=video 4002 RTP/AVP 34"}, media.H263, 176, 144, 30, 0},
		{"QCIF alone", "m=video 5040 RTP/AVP 115 34\na=fmtp:115 QCIF=2 MAXBR=2180\na=fmtp:34 QCIF=2 MAXBR=2180\na=rtpmap:115 H263-1998/90000\na=rtpmap:34 H263/90000\n",
			[]string{"m=video 4002 RTP/AVP 115", "a=rtpmap:115 H263-1998/90000", "a=fmtp:115 CIF4=1;CIF=1;QCIF=1;SQCIF=1"}, media.H263P, 176, 144, 15, 218_000},
		{"its name of 2000", "m=video 5000 RTP/AVP 34 97\na=rtpmap:97 H263-2000/90000\na=fmtp:97 CIF4=2;CIF=1\nb=TIAS:2000000\n",
			[]string{"m=video 4002 RTP/AVP 97", "a=rtpmap:97 H263-2000/90000"}, media.H263P, 704, 576, 15, 2_000_000},
		{"H.263 before H.261", "m=video 5000 RTP/AVP 31 34\na=fmtp:31 CIF=1\na=fmtp:34 CIF=2\n",
			[]string{"m=video 4002 RTP/AVP 34"}, media.H263, 352, 288, 15, 0},
		{"H.261 alone", "m=video 5000 RTP/AVP 31\na=rtpmap:31 H261/90000\na=fmtp:31 CIF=1;QCIF=1\nb=TIAS:128000\n",
			[]string{"m=video 4002 RTP/AVP 31", "a=fmtp:31 CIF=1;QCIF=1", "b=TIAS:128000"}, media.H261, 352, 288, 15, 128_000},
		{"VP8 before H.263", "m=video 5000 RTP/AVP 34 96\na=rtpmap:96 VP8/90000\na=fmtp:96 max-fs=1200;max-fr=30\nb=TIAS:1000000\n",
			[]string{"m=video 4002 RTP/AVP 96", "a=fmtp:96 max-fs=3600;max-fr=30"}, media.VP8, 640, 360, 30, 1_000_000},
		{"H.264 before all", "m=video 5000 RTP/AVP 31 34 96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 H264/90000\na=fmtp:97 profile-level-id=42e00d\n",
			[]string{"m=video 4002 RTP/AVP 97"}, media.H264, 352, 288, 30, 768_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			offer := offerOf("m=audio 4998 RTP/AVP 0\n" + c.offer)
			out, session := answer(t, with(everyCodec), offer)
			for _, l := range c.answer {
				wantLine(t, out, l)
			}
			for _, b := range breaches(mustParse(t, offer), out, session) {
				t.Error(b)
			}
			v := session.Streams[1]
			if v.Send.Codec != c.codec || v.SendBitrate != c.bitrate || len(v.Recv) != 1 || v.Recv[0].Codec != c.codec || v.Recv[0].PT != v.Send.PT {
				t.Errorf("%+v", v)
			}
			if w, h, fps := media.PictureFor(v.Send, v.SendBitrate); w != c.w || h != c.h || fps != c.fps {
				t.Errorf("%dx%d %d/s, want %dx%d %d/s", w, h, fps, c.w, c.h, c.fps)
			}
		})
	}
}

// TestOldTerminalWithoutWorker: the call goes on with sound.
func TestOldTerminalWithoutWorker(t *testing.T) {
	out, session := answer(t, with(nil), offerOf("m=audio 4998 RTP/AVP 0\nm=video 5000 RTP/AVP 34 31\n"))
	wantLine(t, out, "m=video 0 RTP/AVP 34")
	const why = "no video codec in common: the far end has H263, H261, we have H264"
	if session.Streams[0].Direction != media.SendRecv || session.Streams[1].Direction != media.Inactive || session.Streams[1].Refused != why {
		t.Errorf("%+v", session)
	}
	_, _, err := with(nil).Answer(mustParse(t, offerOf("m=video 5000 RTP/AVP 34\n")))
	var m *Mismatch
	if !errors.As(err, &m) || m.Code != WarnFormat {
		t.Errorf("a picture alone: %v", err)
	}
}

// TestCorpusWithEveryCodec: more codecs do no harm to terminals that have H.264,
// and each codec alone is answered by the rules where it is offered.
func TestCorpusWithEveryCodec(t *testing.T) {
	for name, body := range everything(t) {
		offer := mustParse(t, body)
		for _, own := range [][]media.Format{nil, {h263p}, {h263}, {h261}, {ownVP8}} {
			s := with(func(l *Local) {
				everyCodec(l)
				if own != nil {
					l.Caps.Video = own
				}
			})
			out, session, err := s.Answer(offer)
			if err != nil {
				continue // nothing in common at all
			}
			for _, b := range breaches(offer, string(out), session) {
				t.Errorf("%s, %v: %s", name, own, b)
			}
			for _, e := range audioSheet(t, name, own) {
				checkSheet(t, e, mustParse(t, out), s)
			}
			_, before, err := with(nil).Answer(offer)
			if own == nil && err == nil && before.Streams[1].Send.Codec == media.H264 && session.Streams[1].Send != before.Streams[1].Send {
				t.Errorf("%s: %+v instead of %+v", name, session.Streams[1].Send, before.Streams[1].Send)
			}
			for _, f := range own {
				if st := session.Streams[1]; offers(offer, f) && st.Send.Codec != f.Codec {
					t.Errorf("%s: %s is offered and not taken: %+v", name, f.Codec, st)
				}
			}
		}
	}
}

// audioSheet is what a sheet of the corpus says of sound.
func audioSheet(t *testing.T, name string, own []media.Format) (list []expectation) {
	if strings.HasPrefix(name, "own ") || own != nil {
		return nil
	}
	for _, e := range sheet(t, name) {
		if e.Media == "audio" && !strings.HasPrefix(e.Expect, "refuse") {
			list = append(list, e)
		}
	}
	return list
}

// offers tells whether a live picture that is not slides has a codec.
func offers(d *Description, f media.Format) bool {
	return slices.ContainsFunc(view(d), func(r remote) bool {
		return r.kind == media.Video && r.live && !r.slides() &&
			slices.ContainsFunc(readPayloads(r.m), func(p payload) bool { return p.Matches(f) })
	})
}

// TestOfferOfEveryCodec: old codecs stand behind H.264, and over datagrams the
// body stays small.
func TestOfferOfEveryCodec(t *testing.T) {
	full := mustOffer(t, with(everyCodec))
	wantLine(t, full, "m=video 4002 RTP/AVP 126 97 127 100 96 34 31")
	wantLine(t, full, "a=rtpmap:34 H263/90000")
	wantLine(t, full, "a=fmtp:96 CIF4=1;CIF=1;QCIF=1;SQCIF=1")
	wantLine(t, full, "a=fmtp:31 CIF=1;QCIF=1")
	wantLine(t, full, "a=fmtp:18 annexb=no")
	for _, p := range []media.Policy{media.EncryptionOff, media.EncryptionPrefer, media.EncryptionRequire} {
		s := with(func(l *Local) {
			everyCodec(l)
			l.MTU, l.Caps.Encryption = 600, p
		})
		out := mustOffer(t, s)
		if len(out) > leanBody {
			t.Errorf("%s: %d bytes\n%s", p, len(out), out)
		}
		for _, name := range []string{"opus/48000/2", "G7221/32000", "G7221/16000", "H264/90000", "VP8/90000", "H263-1998/90000"} {
			if !strings.Contains(out, " "+name+"\r\n") {
				t.Errorf("%s: no %s", p, name)
			}
		}
		wantNone(t, out, "telephone-event/16000")
		if m, _, _ := strings.Cut(sectionOf(t, out, 1), "\r\n"); !strings.HasSuffix(m, " 100 96 34 31") {
			t.Errorf("%s: %s", p, m)
		}
	}
}

// TestLastResort: High profile is taken of a terminal that has nothing else, and not offered.
func TestLastResort(t *testing.T) {
	resort := func(l *Local) {
		all := high(1)
		all.LastResort = true
		l.Caps.Video, l.Caps.Encryption = []media.Format{cb(1), cb(0), all}, media.EncryptionOff
	}
	wantNone(t, mustOffer(t, with(resort)), "profile-level-id=64")
	const line = "m=video 5000 RTP/AVP 96 97\na=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=64001f;packetization-mode=1\na=rtpmap:97 H264/90000\na=fmtp:97 profile-level-id="
	for other, want := range map[string]uint8{"42801f": 97, "4d001f": 96} {
		s := with(resort)
		_, session := answer(t, s, offerOf(line+other+"\n"))
		if got := session.Streams[1].Send.PT; got != want {
			t.Errorf("beside %s: %d", other, got)
		}
		if body := mustOffer(t, s); strings.Contains(body, "64001f") != (want == 96) {
			t.Errorf("beside %s:\n%s", other, body)
		}
	}
}

// TestOldAnswer: what an old terminal takes of our offer.
func TestOldAnswer(t *testing.T) {
	s := with(func(l *Local) { everyCodec(l); l.Caps.Encryption = media.EncryptionOff })
	mustOffer(t, s)
	session, err := s.ApplyAnswer(mustParse(t, offerOf("m=audio 4998 RTP/AVP 18\na=fmtp:18 annexb=no\nm=video 5000 RTP/AVP 34 31\na=fmtp:34 CIF=2 QCIF=1\nb=AS:256\n")))
	if err != nil {
		t.Fatal(err)
	}
	v := session.Streams[1]
	if session.Streams[0].Send.Codec != media.G729 || v.Send.Codec != media.H263 || v.Send.PT != 34 || v.Send.Sizes != (media.Sizes{QCIF: 1, CIF: 2}) {
		t.Errorf("%+v", session)
	}
	if len(v.Recv) != 2 || v.Recv[0].Codec != media.H263 || v.Recv[1].Codec != media.H261 || v.Recv[0].Sizes != ownSizes {
		t.Errorf("%+v", v.Recv)
	}
	wantLine(t, mustOffer(t, s), "m=video 4002 RTP/AVP 34 31 126 97 127 100 96")
}

// FuzzSizes: what is read is within its bounds, and what we write of it is read alike.
func FuzzSizes(f *testing.F) {
	f.Add("CIF4=2;CIF=1;QCIF=1;SQCIF=1;CUSTOM=352,240,1")
	f.Add("QCIF=2 MAXBR=2180")
	f.Add("PROFILE=0;LEVEL=45;F;16cif=3")
	f.Fuzz(func(t *testing.T, text string) {
		for _, codec := range []media.Codec{media.H263, media.H263P, media.H261} {
			p := payload{Format: media.Format{Codec: codec}, params: params{}}
			p.params.add(text)
			p.fillSizes()
			for _, mpi := range p.Sizes.MPI() {
				if mpi > media.MaxMPI {
					t.Fatalf("%q: %+v", text, p.Sizes)
				}
			}
			if p.Bitrate < 0 || p.Bitrate > maxHundreds*100 {
				t.Fatalf("%q: %d", text, p.Bitrate)
			}
			again := payload{Format: media.Format{Codec: codec}, params: params{}}
			again.params.add(writeParams(p.Format))
			again.fillSizes()
			if again.Sizes != p.Sizes {
				t.Fatalf("%q: %+v becomes %+v", text, p.Sizes, again.Sizes)
			}
			if w, h, fps := media.PictureFor(p.Format, 0); w*h*fps == 0 {
				t.Fatalf("%q: %dx%d %d/s", text, w, h, fps)
			}
		}
	})
}

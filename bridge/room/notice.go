package room

import (
	"errors"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/room/stills"
	"github.com/roombridge/roombridge/transcode"
)

// canvas is what a screen for one terminal is made for.
type canvas struct {
	format        media.Format
	width, height int
	level         uint8 // H.264
}

// A screen is sent as one keyframe, which shall have arrived soon after it was asked for:
// seconds of the terminal's bit rate that it may take.
const noticeSeconds = 0.35

const noticePacket = 1100 // bytes of a packet, as in every H.264 packetization mode

// noticeSize says how many bytes a screen of so many lines needs to be read, and
// how many are of use.
type noticeSize struct{ height, least, most int }

var noticeSizes = []noticeSize{
	{720, 22_000, 40_000}, {576, 18_000, 28_000}, {360, 9_000, 18_000}, {288, 6_500, 13_000}, {144, 2_200, 5_000}, {0, 1_200, 3_000},
}

func noticeBytes(height int) noticeSize {
	for _, s := range noticeSizes {
		if height >= s.height {
			return s
		}
	}
	return noticeSize{}
}

// canvasFor chooses the largest picture that a terminal takes and that its bit rate carries in
// time, and the bytes for it. asked is the terminal's own limit, bit/s. The zero canvas is a terminal
// that can be shown nothing.
func canvasFor(video media.Stream, asked int, caps transcode.Capabilities) (canvas, int) {
	if !flows(video, media.Send) || !caps.Encodes(video.Send.Codec) {
		return canvas{}, 0
	}
	f := video.Send
	l := f.Limits().Intersect(media.Limits{Bitrate: video.SendBitrate}).Intersect(media.Limits{Bitrate: asked})
	c := canvas{format: media.Format{Codec: f.Codec, ClockRate: f.ClockRate}}
	switch f.Codec {
	case media.H261, media.H263, media.H263P:
		c.width, c.height = standardFor(f, l)
	case media.H264:
		c.format = f
		c.format.H264.Profile, c.format.H264.Constraints = 66, 0xc0 // what screens are: Constrained Baseline
		fallthrough
	default:
		s := freeFor(l)
		c.width, c.height, c.level = s.Width, s.Height, s.Level
	}
	need := noticeBytes(c.height)
	bytes := need.most
	if l.Bitrate > 0 {
		bytes = min(bytes, max(budgetOf(l), noticeBytes(0).least))
	}
	return c, bytes
}

func budgetOf(l media.Limits) int { return int(noticeSeconds * float64(l.Bitrate) / 8) }

func carries(l media.Limits, height int) bool {
	return l.Bitrate == 0 || noticeBytes(height).least <= budgetOf(l)
}

// freeFor chooses for codecs that take any size.
func freeFor(l media.Limits) stills.Size {
	for _, s := range stills.Sizes {
		if l.Fits(s.Width, s.Height, stillFPS) && carries(l, s.Height) {
			return s
		}
	}
	return stills.Sizes[len(stills.Sizes)-1]
}

// standardFor chooses among the sizes that a receiver of H.261 or H.263 lists.
func standardFor(f media.Format, l media.Limits) (width, height int) {
	f.Bitrate = 0
	for _, most := range []int{576, 288, 144, 96} {
		f.VideoMax = f.VideoMax.Intersect(media.Limits{Height: most})
		width, height, _ = media.PictureFor(f, 0)
		if height <= most && carries(l, height) {
			break
		}
	}
	return width, height
}

// request asks the worker for a notice.
func (c canvas) request(n bridge.Notice, bytes int) transcode.Still {
	return transcode.Still{
		Codec: c.format.Codec, Width: c.width, Height: c.height, Profile: 66, Level: c.level, MaxNAL: noticePacket, MaxSize: bytes,
		Notice: &transcode.Notice{
			Title: n.Title, Lines: n.Lines, Entry: n.Entry, Places: n.Places, Asks: n.Asks, Error: n.Error, Footer: n.Footer, Waiting: n.Waiting,
		},
	}
}

// put shows what the worker made.
func (c canvas) put(s *relay.Still, units [][]byte) error {
	if c.format.Codec == media.H264 {
		return s.SetPicture(units, c.width, c.height)
	}
	s.SetPackets(units)
	return nil
}

// plain shows the picture without text that is in the binary.
func (c canvas) plain(s *relay.Still) error {
	if c.format.Codec != media.H264 {
		return errors.New("no picture is in the binary")
	}
	return s.SetPicture(stills.Size{Width: c.width, Height: c.height, Level: c.level}.NALs(), c.width, c.height)
}

package room

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/room/stills"
	"github.com/roombridge/roombridge/transcode"
)

// stillFPS is the rate that a still picture is judged and sent by.
const stillFPS = 5

// stillBytes bounds an access unit that is sent every few seconds.
func stillBytes(s stills.Size) int {
	switch {
	case s.Width >= 1280:
		return 60_000
	case s.Width >= 640:
		return 24_000
	case s.Width >= 352:
		return 12_000
	}
	return 5_000
}

// stillFor chooses the largest size within a terminal's limits. A picture
// much larger than its bitrate would take seconds to arrive.
func stillFor(l media.Limits) stills.Size {
	for _, s := range stills.Sizes {
		if l.Fits(s.Width, s.Height, stillFPS) && (l.Bitrate == 0 || stillBytes(s)*8 <= 2*l.Bitrate) {
			return s
		}
	}
	return stills.Sizes[len(stills.Sizes)-1]
}

// stillRequest asks the worker for the picture with text.
func stillRequest(s stills.Size, room, number string) transcode.Still {
	r := transcode.Still{
		Width: s.Width, Height: s.Height, Profile: 66, Level: s.Level, MaxNAL: 1100, MaxSize: stillBytes(s), Title: room,
	}
	if number != "" && number != room {
		r.Lines = append(r.Lines, number)
	}
	r.Lines = append(r.Lines, "Waiting for a picture", "Đang chờ hình ảnh")
	return r
}

package relay

import "github.com/roombridge/roombridge/bridge/media"

// StillConfig describes a still picture's stream.
type StillConfig struct {
	ID     string
	Role   media.Role
	Format media.Format // H.264; packetization mode 0 asks for single NAL unit packets
	MTU    int          // RTP payload bytes; 0 is 1200
	FPS    int          // rate of the pictures between keyframes; 0 is 5
	Now    func() int64 // nil is the real clock
}

// Still is a picture sent as real video.
type Still struct{ track *Track }

// NewStill starts an empty still picture; it sends from SetPicture on.
func NewStill(cfg StillConfig) *Still {
	return &Still{track: NewTrack(TrackConfig{ID: cfg.ID, Kind: media.Video, Role: cfg.Role, Format: cfg.Format})}
}

// Track is the picture as a source.
func (s *Still) Track() *Track { return s.track }

// SetPicture gives one access unit: SPS, PPS, IDR slices without start codes.
func (s *Still) SetPicture(nals [][]byte, w, h int) {}

// Close ends the stream.
func (s *Still) Close() {}

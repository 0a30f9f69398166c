package video

import (
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/codec/scale"
	"github.com/roombridge/roombridge/transcode/worker/compose"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// Native gives the codecs of this build. Names are drawn by the painter.
func Native(painter *screen.Painter) Build {
	encodes := pictures.Encodes()
	return Build{
		Encodes: func(c media.Codec) bool { return slices.Contains(encodes, c) },
		Decoder: pictures.NewVideoDecoder,
		Encoder: pictures.NewVideoEncoder,
		Scaler:  newScaler,
		Composer: func(width, height int, aspect float64) (Composer, error) {
			return newComposer(painter, width, height, aspect)
		},
	}
}

type scaler struct{ *scale.Scaler }

func newScaler() (Scaler, error) {
	s, err := scale.New()
	if err != nil {
		return nil, err
	}
	return scaler{s}, nil
}

func (s scaler) Scale(dst *codec.Picture, to Rect, src *codec.Picture) error {
	return s.Scaler.Scale(dst, scale.Rect(to), src, scale.Whole(src))
}

// composer is a compositor with the scaler that it needs.
type composer struct {
	*compose.Compositor
	scaler *scale.Scaler
}

func newComposer(painter *screen.Painter, width, height int, aspect float64) (Composer, error) {
	s, err := scale.New()
	if err != nil {
		return nil, err
	}
	c, err := compose.New(compose.Options{Width: width, Height: height, SampleAspect: aspect, Painter: painter, Scaler: s})
	if err != nil {
		s.Close()
		return nil, err
	}
	return composer{c, s}, nil
}

func (c composer) Compose(s *transcode.Scene, source func(transcode.StreamID) *codec.Picture, now time.Duration) (*codec.Picture, bool) {
	return c.Compositor.Compose(s, source, now)
}

func (c composer) Close() {
	c.Compositor.Close()
	c.scaler.Close()
}

package worker

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/payload"
)

// pictureCodecs says which picture codecs this build has whose packets it can
// read, or make.
func pictureCodecs() (decode, encode []media.Codec) {
	decode = carried(pictures.Decodes(), func(name media.Codec) error { _, err := payload.NewAssembler(name); return err })
	encode = carried(pictures.Encodes(), func(name media.Codec) error { _, err := payload.NewPacketizer(name, payload.Options{}); return err })
	return decode, encode
}

func carried(names []media.Codec, try func(media.Codec) error) (list []media.Codec) {
	for _, name := range names {
		if try(name) == nil {
			list = append(list, name)
		}
	}
	return list
}

package player

import (
	"github.com/roombridge/roombridge/bridge/h26x"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/player/clip"
	"github.com/roombridge/roombridge/transcode/payload"
)

// oldEye rebuilds pictures of other codecs than H.264.
type oldEye struct {
	asm  payload.Assembler
	size func(frame []byte) (width, height int)
}

// newOldEye gives nil for H.264 and for codecs that have no payload format here.
func newOldEye(codec media.Codec) *oldEye {
	size := map[media.Codec]func([]byte) (int, int){
		media.H263: size263, media.H263P: size263, media.H261: size261, media.VP8: sizeVP8,
	}[codec]
	asm, err := payload.NewAssembler(codec)
	if err != nil || size == nil {
		return nil
	}
	return &oldEye{asm, size}
}

func (o *oldEye) push(p *packet.Packet, frame func(payload.Frame)) {
	for f, ok := o.asm.Push(p.Seq, p.Timestamp, p.Marker, p.Payload); ok; f, ok = o.asm.Next() {
		frame(f)
	}
}

// coded gets each picture of the old eye.
func (e *eye) coded(f payload.Frame) {
	if f.Damaged {
		e.damaged()
		return
	}
	if f.Key {
		if w, h := e.old.size(f.Data); w > 0 {
			e.seen.Width, e.seen.Height = w, h
		}
	}
	e.whole(f.Key, f.Data, f.Timestamp)
}

func size263(b []byte) (width, height int) {
	p, err := h26x.ParsePicture263(b)
	if err != nil {
		return 0, 0
	}
	return p.Width, p.Height
}

func size261(b []byte) (width, height int) {
	p, err := h26x.ParsePicture261(b)
	if err != nil {
		return 0, 0
	}
	return p.Width, p.Height
}

func sizeVP8(b []byte) (width, height int) {
	width, height, _ = clip.VP8Size(b)
	return width, height
}

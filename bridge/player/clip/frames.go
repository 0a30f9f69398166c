package clip

import (
	"encoding/binary"

	"github.com/roombridge/roombridge/bridge/h26x"
	"github.com/roombridge/roombridge/bridge/media"
)

// frame is one picture of a codec older than H.264, or of VP8.
type frame struct {
	data          []byte
	width, height int
	key           bool
	time          int // in units of the file's clock, modulo its period
}

// clock is how a file tells when its pictures are due.
type clock struct {
	rate   float64 // units a second
	period int     // after which time begins anew; 0 is never
}

// ntsc is the picture clock of H.261 and H.263: 30000/1001.
const ntsc = 30000.0 / 1001

// parseFrames reads a file of whole pictures, from the first on that needs no other.
func parseFrames(stream []byte, codec media.Codec, fps float64) (*Clip, error) {
	var list []frame
	var c clock
	switch codec {
	case media.VP8:
		list, c = readIVF(stream)
	case media.H261:
		list, c = readFrames(stream, h26x.StartsPicture261, read261), clock{ntsc, 32}
	default:
		list, c = readFrames(stream, h26x.StartsPicture263, read263), clock{ntsc, 256}
	}
	for len(list) > 0 && !list[0].key {
		list = list[1:]
	}
	if len(list) == 0 {
		return nil, ErrNoFrame
	}
	clip := &Clip{
		Codec: codec, Width: list[0].width, Height: list[0].height, FPS: rate(fps, c.fps(list)), cache: make(map[packing]*Packets),
	}
	for _, f := range list {
		clip.Units = append(clip.Units, Unit{NALs: [][]byte{f.data}, Keyframe: f.key, Size: len(f.data)})
	}
	clip.weigh()
	return clip, nil
}

// fps is the mean rate of pictures; 0 is unknown.
func (c clock) fps(list []frame) float64 {
	ticks := 0
	for i := 1; i < len(list); i++ {
		d := list[i].time - list[i-1].time
		if c.period > 0 {
			d = (d + c.period) % c.period
		}
		ticks += max(d, 0)
	}
	if ticks == 0 {
		return 0
	}
	return c.rate * float64(len(list)-1) / float64(ticks)
}

// readFrames cuts a stream where pictures start, which is at whole bytes in files that
// encoders write. Pictures that cannot be read are left out.
func readFrames(stream []byte, starts func([]byte) bool, read func([]byte) (frame, bool)) (list []frame) {
	begin := -1
	for i := 0; i <= len(stream); i++ {
		if i < len(stream) && (stream[i] != 0 || !starts(stream[i:])) {
			continue
		}
		if begin >= 0 {
			if f, ok := read(stream[begin:i]); ok {
				list = append(list, f)
			}
		}
		begin = i
	}
	return list
}

func read263(b []byte) (frame, bool) {
	p, err := h26x.ParsePicture263(b)
	if err != nil || len(b) < 5 {
		return frame{}, false
	}
	tr := int(b[2]&3)<<6 | int(b[3]>>2) // temporal reference (H.263 5.1.2)
	return frame{b, p.Width, p.Height, p.Intra && p.Width > 0, tr}, true
}

func read261(b []byte) (frame, bool) {
	p, err := h26x.ParsePicture261(b)
	if err != nil || len(b) < 4 {
		return frame{}, false
	}
	tr := int(b[2]&0x0f)<<1 | int(b[3]>>7) // temporal reference (H.261 4.2.1.2)
	return frame{b, p.Width, p.Height, h26x.Intra261(b, true), tr}, true
}

// Layout of IVF, the file format of libvpx.
const (
	ivfMagic  = "DKIF"
	ivfHeader = 32
	ivfFrame  = 12
)

func readIVF(stream []byte) (list []frame, c clock) {
	if len(stream) < ivfHeader || string(stream[:4]) != ivfMagic || string(stream[8:12]) != "VP80" {
		return nil, c
	}
	den, num := binary.LittleEndian.Uint32(stream[16:]), binary.LittleEndian.Uint32(stream[20:])
	c.rate = float64(den) / float64(max(num, 1))
	for b := stream[min(max(int(binary.LittleEndian.Uint16(stream[6:])), ivfHeader), len(stream)):]; len(b) >= ivfFrame; {
		size := int(binary.LittleEndian.Uint32(b))
		if size > len(b)-ivfFrame {
			break
		}
		at := int(binary.LittleEndian.Uint64(b[4:]) & (1<<32 - 1))
		w, h, key := VP8Size(b[ivfFrame:][:size])
		list = append(list, frame{b[ivfFrame:][:size:size], w, h, key, at})
		b = b[ivfFrame+size:]
	}
	return list, c
}

// VP8Size tells whether a frame of VP8 is a keyframe, and how large (RFC 6386 9.1).
func VP8Size(b []byte) (width, height int, key bool) {
	if len(b) < 10 || b[0]&1 != 0 || b[3] != 0x9d || b[4] != 0x01 || b[5] != 0x2a {
		return 0, 0, false
	}
	return int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff), true
}

// AppendIVF appends the header of an IVF file of VP8 with a clock of 90 kHz.
func AppendIVF(dst []byte, width, height int) []byte {
	dst = append(dst, ivfMagic...)
	dst = binary.LittleEndian.AppendUint16(dst, 0)
	dst = binary.LittleEndian.AppendUint16(dst, ivfHeader)
	dst = append(dst, "VP80"...)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(width))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(height))
	dst = binary.LittleEndian.AppendUint32(dst, 90000)
	dst = binary.LittleEndian.AppendUint32(dst, 1)
	return binary.LittleEndian.AppendUint64(dst, 0)
}

// AppendIVFFrame appends a frame that is due at a time of the file's clock.
func AppendIVFFrame(dst, frame []byte, at uint64) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(frame)))
	dst = binary.LittleEndian.AppendUint64(dst, at)
	return append(dst, frame...)
}

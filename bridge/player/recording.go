package player

import (
	"bufio"
	"os"
	"path/filepath"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player/clip"
	"github.com/roombridge/roombridge/bridge/player/pcm"
)

const recordBuffer = 64 << 10

// pictureFile is the recording of a picture, in a form that ffmpeg reads: frame
// behind frame, or for VP8 in an IVF file.
type pictureFile struct {
	f   *os.File
	w   *bufio.Writer
	ivf *ivf
}

// ivf is what an IVF file needs to know beside the frames.
type ivf struct {
	begun     bool
	first     uint32 // RTP time of the first frame
	timestamp uint32
	buf       []byte
}

// stamped is a recording that wants to know when a frame is due.
type stamped interface{ stamp(timestamp uint32) }

var pictureSuffix = map[media.Codec]string{
	media.H264: ".h264", media.H263: ".h263", media.H263P: ".h263", media.H261: ".h261", media.VP8: ".ivf",
}

func createPicture(dir, name string, codec media.Codec) (*pictureFile, error) {
	f, err := os.Create(filepath.Join(dir, filepath.Base(name)+pictureSuffix[codec]))
	if err != nil {
		return nil, err
	}
	p := &pictureFile{f: f, w: bufio.NewWriterSize(f, recordBuffer)}
	if codec == media.VP8 {
		p.ivf = &ivf{}
	}
	return p, nil
}

func (p *pictureFile) stamp(timestamp uint32) {
	if p.ivf != nil {
		p.ivf.timestamp = timestamp
	}
}

// Write takes one frame, the first of which is a keyframe.
func (p *pictureFile) Write(b []byte) (int, error) {
	if p.ivf == nil {
		return p.w.Write(b)
	}
	_, err := p.w.Write(p.ivf.pack(b))
	return len(b), err
}

func (i *ivf) pack(frame []byte) []byte {
	i.buf = i.buf[:0]
	if !i.begun {
		width, height, _ := clip.VP8Size(frame)
		i.begun, i.first = true, i.timestamp
		i.buf = clip.AppendIVF(i.buf, width, height)
	}
	i.buf = clip.AppendIVFFrame(i.buf, frame, uint64(i.timestamp-i.first))
	return i.buf
}

// Close keeps the first error.
func (p *pictureFile) Close() error {
	err := p.w.Flush()
	if e := p.f.Close(); err == nil {
		err = e
	}
	return err
}

// soundFile is the recording of sound. Samples are gathered, since each packet
// has few of them.
type soundFile struct {
	f       *os.File
	w       *pcm.Writer
	waiting []int16
}

func createSound(dir, name string, rate int) (*soundFile, error) {
	f, err := os.Create(filepath.Join(dir, filepath.Base(name)+".wav"))
	if err != nil {
		return nil, err
	}
	w, err := pcm.NewWriter(f, rate)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &soundFile{f: f, w: w}, nil
}

func (s *soundFile) Write(samples []int16) error {
	s.waiting = append(s.waiting, samples...)
	if len(s.waiting) < recordBuffer/2 {
		return nil
	}
	return s.flush()
}

func (s *soundFile) flush() error {
	err := s.w.Write(s.waiting)
	s.waiting = s.waiting[:0]
	return err
}

// Close completes the file's header. It keeps the first error.
func (s *soundFile) Close() error {
	err := s.flush()
	for _, f := range []func() error{s.w.Close, s.f.Close} {
		if e := f(); err == nil {
			err = e
		}
	}
	return err
}

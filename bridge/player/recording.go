package player

import (
	"bufio"
	"os"
	"path/filepath"

	"github.com/roombridge/roombridge/bridge/player/pcm"
)

const recordBuffer = 64 << 10

// pictureFile is the recording of a picture.
type pictureFile struct {
	f *os.File
	w *bufio.Writer
}

func createPicture(dir, name string) (*pictureFile, error) {
	f, err := os.Create(filepath.Join(dir, filepath.Base(name)+".h264"))
	if err != nil {
		return nil, err
	}
	return &pictureFile{f, bufio.NewWriterSize(f, recordBuffer)}, nil
}

func (p *pictureFile) Write(b []byte) (int, error) { return p.w.Write(b) }

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

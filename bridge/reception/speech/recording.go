package speech

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
)

// stamp tells versions of a file apart.
type stamp struct {
	changed time.Time
	size    int64
}

var errName = errors.New("speech: this cannot be a recording's name")

// record reads TENANT/NAME.wav below a directory, unless it is still the one of the stamp. Nothing outside of the
// tenant's own folder is opened, wherever links lead.
func record(dir, tenant, name string, old stamp) (pcm []int16, now stamp, err error) {
	if !bridge.ValidTenant(tenant) || !bridge.ValidRecording(name) {
		return nil, now, errName
	}
	all, err := os.OpenRoot(dir)
	if err != nil {
		return nil, now, err
	}
	defer all.Close()
	own, err := all.OpenRoot(tenant)
	if err != nil {
		return nil, now, err
	}
	defer own.Close()
	f, err := own.OpenFile(name+".wav", os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe keeps nobody waiting
	if err != nil {
		return nil, now, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, now, err
	}
	if !info.Mode().IsRegular() {
		return nil, now, errors.New("speech: a recording is a file")
	}
	if now = (stamp{info.ModTime(), info.Size()}); now == old {
		return nil, now, nil
	}
	b, err := io.ReadAll(io.LimitReader(f, wav.MaxBytes+1))
	if err != nil {
		return nil, now, err
	}
	pcm, err = wav.Decode(b)
	return bounded(pcm), now, err
}

//go:build !linux

package transcode

import (
	"errors"
	"net"
	"os"
)

type launcher struct{}

type process struct {
	conn       net.Conn
	stderr     *os.File
	proc       *os.Process
	namespaces string
	exited     chan struct{}
	how        string
}

func (p *process) kill() { _ = p.proc.Kill() }

func (l *launcher) start(string, SupervisorConfig) (*process, error) {
	return nil, errors.New("transcode: media workers run on Linux only")
}

package wire

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// control makes a control message.
func control(level, kind int, body []byte) []byte {
	b := make([]byte, unix.CmsgSpace(len(body)))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = int32(level), int32(kind)
	h.SetLen(unix.CmsgLen(len(body)))
	copy(b[unix.SizeofCmsghdr:], body)
	return b
}

func words(w ...uint32) (b []byte) {
	for _, w := range w {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return b
}

var controls = [][]byte{
	nil,
	control(unix.SOL_UDP, unix.UDP_GRO, words(1200)),
	control(unix.SOL_UDP, unix.UDP_GRO, words(0)),
	append(control(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, words(3, 0, 5, 0)), control(unix.SOL_UDP, unix.UDP_GRO, words(7))...),
	append(control(unix.SOL_SOCKET, 99, words(1)), control(unix.SOL_SOCKET, unix.SO_RXQ_OVFL, words(9))...),
	control(unix.SOL_UDP, unix.UDP_GRO, words(1200))[:unix.SizeofCmsghdr+2],
}

func TestControlMessages(t *testing.T) {
	type want struct {
		size    int
		stamp   int64
		dropped uint32
	}
	r := newReceiver()
	for i, w := range []want{{100, 0, 0}, {1200, 0, 0}, {100, 0, 0}, {7, 3e9 + 5, 0}, {100, 0, 9}, {100, 0, 0}} {
		r.size, r.stamp, r.dropped = 100, 0, 0
		r.read(r.control[0][:copy(r.control[0][:], controls[i])])
		if got := (want{r.size, r.stamp, r.dropped}); got != w {
			t.Errorf("%d: %+v, not %+v", i, got, w)
		}
	}
}

// FuzzControl holds that nothing the kernel could say makes the reader fail.
func FuzzControl(f *testing.F) {
	for _, c := range controls {
		f.Add(c)
	}
	r := newReceiver()
	f.Fuzz(func(t *testing.T, data []byte) {
		r.size = 100
		r.read(r.control[0][:copy(r.control[0][:], data)])
		if r.size <= 0 {
			t.Fatal("datagrams of no size")
		}
	})
}

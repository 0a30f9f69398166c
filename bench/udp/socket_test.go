package udp

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSockets(t *testing.T) {
	for _, at := range []string{"127.0.0.1", "::1"} {
		for _, segment := range []bool{false, true} {
			for _, joined := range []bool{false, true} {
				t.Run(fmt.Sprint(at, segment, joined), func(t *testing.T) { exchange(t, netip.MustParseAddr(at), segment, joined) })
			}
		}
	}
}

func exchange(t *testing.T, at netip.Addr, segment, joined bool) {
	var socks [2]*Socket
	for i := range socks {
		s, err := Open(at, Options{Stamps: true, Joined: joined})
		if err != nil {
			t.Skip(err) // no IPv6 here
		}
		defer s.Close()
		socks[i] = s
	}
	for i, s := range socks {
		if err := s.Connect(socks[1-i].Local); err != nil {
			t.Fatal(err)
		}
	}
	var data [][]byte
	for i := range 7 {
		data = append(data, bytes.Repeat([]byte{byte(i)}, 1200))
	}
	if segment {
		data[6] = data[6][:900] // the last may be shorter
	}
	before := time.Now().UnixNano()
	tx, sent := &Sender{}, 0
	if segment {
		sent = tx.SendSegmented(socks[0].FD, data)
	} else {
		sent = tx.Send(socks[0].FD, data)
	}
	if sent != len(data) {
		t.Fatalf("%d of %d were sent", sent, len(data))
	}
	epoll, err := unix.EpollCreate1(0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(epoll) }()
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, socks[1].FD, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: 5}); err != nil {
		t.Fatal(err)
	}
	var events [4]unix.EpollEvent
	if n := Wait(epoll, events[:], int64(time.Second)); n != 1 || events[0].Fd != 5 {
		t.Fatalf("%d events, of %d", n, events[0].Fd)
	}
	rx := NewReceiver(joined)
	if n := rx.Receive(socks[1].FD); n != len(data) {
		t.Fatalf("%d of %d arrived", n, len(data))
	}
	for i := range data {
		b, stamp := rx.Datagram(i)
		if !bytes.Equal(b, data[i]) {
			t.Errorf("datagram %d has %d bytes of %d", i, len(b), b[0])
		}
		if stamp < before-1e6 || stamp > time.Now().UnixNano() {
			t.Errorf("datagram %d came at %d, after %d was sent", i, stamp, before)
		}
	}
	if n := rx.Receive(socks[1].FD); n != 0 {
		t.Errorf("%d more arrived", n)
	}
	if n := Wait(epoll, events[:], 1000); n != 0 {
		t.Errorf("%d events of an empty socket", n)
	}
}

// Nobody listens: the error of an earlier datagram must not stop later ones.
func TestRefusedIsPassedOver(t *testing.T) {
	gone, err := Open(netip.MustParseAddr("127.0.0.1"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	s, err := Open(netip.MustParseAddr("127.0.0.1"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Connect(gone.Local); err != nil {
		t.Fatal(err)
	}
	tx := &Sender{}
	for range 3 {
		if n := tx.Send(s.FD, [][]byte{{1}, {2}, {3}}); n != 3 {
			t.Errorf("%d of 3 were sent", n)
		}
	}
}

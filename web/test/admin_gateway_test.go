package pagetest

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/web"
)

// lively is a gateway in which calls come, go and change, without any media.
type lively struct {
	mu      sync.Mutex
	calls   []bridge.CallStatus
	rooms   []bridge.RoomStatus
	devices []bridge.Device
	subs    []chan bridge.Event
	did     []string
}

var (
	places  = []string{"UBND tỉnh", "Sở Y tế", "Sở Giáo dục và Đào tạo", "Bệnh viện Đa khoa", "Kho bạc", "Cục Thuế", "Sở Tài chính", "Chi nhánh Đà Nẵng", "Trường Chính trị", "Sở Xây dựng"}
	halls   = []string{"Phòng họp A", "Phòng họp lớn", "Hội trường", "Phòng 302", "Phòng giao ban", "Phòng khách"}
	models  = []string{"PolycomRealPresenceGroup500/6.2.2", "TANDBERG/518 (TC7.3.21.7a4d8f1)", "Cisco-RoomOS 11.5", "Yealink MeetingEye 600 50.32.0.35", "LifeSize Room 220", "HUAWEI TE40/600"}
	topics  = []string{"Giao ban sáng", "Họp trực tuyến tỉnh", "board", "Đào tạo tháng 3", "Phòng chống thiên tai", "Họp báo", "Tuyển sinh", "weekly", "Hội chẩn", "Ban chỉ đạo"}
	layouts = []bridge.Layout{bridge.LayoutAuto, bridge.LayoutSpeaker, bridge.LayoutGrid}
)

// crowd is a gateway with n calls, about nine to a room, with browsers beside them.
func crowd(n int) *lively {
	g := &lively{}
	now := time.Now()
	for i := range n {
		if i%9 == 0 {
			name := topics[(i/9)%len(topics)]
			if i >= 9*len(topics) {
				name = fmt.Sprintf("%s %d", name, i/9/len(topics)+1)
			}
			g.rooms = append(g.rooms, bridge.RoomStatus{Name: name, Since: now.Add(-time.Duration(i+5) * time.Minute / 4), Layout: bridge.LayoutAuto})
			if i%27 == 0 {
				g.sit(bridge.ParticipantStatus{ID: fmt.Sprintf("b%d", i), Name: names[(i/9)%len(names)], Kind: "browser", Role: bridge.RoleHost, Since: now.Add(-4 * time.Minute), AudioMuted: i%2 == 0})
			}
		}
		g.calls = append(g.calls, g.call(i, now))
	}
	if len(g.rooms) > 0 {
		r := &g.rooms[0]
		r.Entry, r.Speaker = bridge.EntryLobby, r.Participants[0].ID
		r.Waiting = []bridge.Guest{
			{ID: "w1", Name: "Đỗ Khánh Linh", Kind: "browser", Since: now.Add(-90 * time.Second)},
			{ID: "w2", Name: "Phòng họp B – Sở Nội vụ", Kind: "terminal", CallID: "cw2", Number: "1001", Since: now.Add(-30 * time.Second)},
		}
	}
	for i := range min(60, n+3) {
		g.devices = append(g.devices, bridge.Device{
			Name: fmt.Sprintf("phonghop%d", i+1), Aliases: []string{fmt.Sprint(4000 + i)}, Protocol: []string{"sip", "sip", "h323"}[i%3], Model: []string{"Polycom RealPresence Group 500", "TANDBERG 518", "Yealink MeetingEye 600"}[i%3],
			Software: []string{"6.2.2", "TC7.3.21", "50.32.0.35"}[i%3], Address: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 20, byte(i / 200), byte(10 + i%200)}), 5060),
			Transport: []string{"udp", "tls", "tcp"}[i%3], Contacts: 1, Since: now.Add(-48 * time.Hour), Seen: now.Add(-time.Duration(i*i) * time.Second), Online: i%7 != 3, Encrypted: i%3 == 1,
		})
	}
	return g
}

func (g *lively) sit(p bridge.ParticipantStatus) {
	r := &g.rooms[len(g.rooms)-1]
	r.Participants = append(r.Participants, p)
}

// call makes the call i and seats it in the newest room.
func (g *lively) call(i int, now time.Time) bridge.CallStatus {
	r := &g.rooms[len(g.rooms)-1]
	c := bridge.CallStatus{
		ID: fmt.Sprintf("%016x", 0x5f1c22ab90d1e3f4+uint64(i)*0x9e3779b97f4a7c15), Protocol: []string{"sip", "sip", "h323"}[i%3], Transport: []string{"tls", "udp", "tcp"}[i%3],
		Direction: bridge.Inbound, Remote: fmt.Sprintf("10.%d.%d.%d:5061", 20+i/250, i%250, 3+i%200), Device: models[i%len(models)],
		Name: halls[i%len(halls)] + " – " + places[(i/3)%len(places)], Alias: fmt.Sprintf("phonghop%d@hop.example.vn", i+1), Number: fmt.Sprint(1000 + i/9), Room: r.Name, Rule: fmt.Sprint(1000 + i/9),
		State: bridge.StateConnected, Since: now.Add(-time.Duration(i*37+40) * time.Second / 2), Layout: layouts[i%3],
	}
	if i%97 == 11 {
		c.State, c.Since, c.Layout = bridge.StateRinging, now.Add(-4*time.Second), ""
		return c
	}
	flow := func(d *bridge.DirectionStatus, codec media.Codec, path bridge.Path, why string, rate int) {
		d.Codec, d.Path, d.Reason, d.Bitrate, d.Packets, d.JitterMS = codec, path, why, rate, 90_000, 2+float64(i%5)
	}
	mixed := "every participant gets a mix without themselves"
	flow(&c.Audio.In, "G722", bridge.PathTranscode, mixed, 64_000)
	flow(&c.Audio.Out, "G722", bridge.PathTranscode, mixed, 64_000)
	flow(&c.Video.In, "H264", bridge.PathRelay, "both ends speak H.264 constrained baseline: its packets are passed on", 1_640_000)
	switch i % 4 {
	case 0:
		flow(&c.Video.Out, "H264", bridge.PathCompose, "4 pictures are composed in the meeting's media worker", 1_480_000)
		c.Arranged = "grid"
	case 1:
		flow(&c.Video.Out, "H263", bridge.PathTranscode, "the picture of Phòng họp A is 1280 by 720, more than the terminal takes: it is transcoded", 512_000)
		c.Arranged = "speaker"
	default:
		flow(&c.Video.Out, "H264", bridge.PathRelay, "both ends speak H.264: packets of Nguyễn Thị Lan are passed on", 1_720_000)
		c.Arranged = "single"
	}
	for _, d := range []*bridge.DirectionStatus{&c.Video.In, &c.Video.Out} {
		d.Width, d.Height, d.FPS, d.Keyframes = 1280, 720, 30, 12
	}
	c.Audio.Keying, c.Audio.Suite, c.Video.Keying, c.Video.Suite = "sdes", "AEAD_AES_128_GCM", "sdes", "AEAD_AES_128_GCM"
	g.sit(bridge.ParticipantStatus{ID: "t" + c.ID, Name: c.Name, Kind: "terminal", CallID: c.ID, Device: c.Device, Number: c.Number, Role: bridge.RoleGuest, Since: c.Since})
	return c
}

func (g *lively) tell() {
	for _, ch := range g.subs {
		select {
		case ch <- bridge.Event{Type: bridge.EventCallUpdated}:
		default:
		}
	}
}

// change does something to the gateway, as seen from outside.
func (g *lively) change(do func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	do()
	g.tell()
}

func (g *lively) Calls() []bridge.CallStatus {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}

func (g *lively) Rooms() []bridge.RoomStatus {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := slices.Clone(g.rooms)
	for i := range list {
		list[i].Participants, list[i].Waiting = slices.Clone(list[i].Participants), slices.Clone(list[i].Waiting)
	}
	return list
}

func (g *lively) Devices() []bridge.Device {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.devices)
}

func (g *lively) Subscribe() (<-chan bridge.Event, func()) {
	ch := make(chan bridge.Event, 64)
	g.mu.Lock()
	g.subs = append(g.subs, ch)
	g.mu.Unlock()
	return ch, func() {}
}

func (g *lively) find(id string) *bridge.CallStatus {
	for i := range g.calls {
		if g.calls[i].ID == id {
			return &g.calls[i]
		}
	}
	return nil
}

func (g *lively) note(format string, args ...any) {
	g.did = append(g.did, fmt.Sprintf(format, args...))
}

func (g *lively) done() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.did)
}

func (g *lively) Hangup(id string, _ bridge.Cause, _ string) (known bool) {
	g.change(func() {
		known = g.find(id) != nil
		g.note("hangup %s", id)
		g.calls = slices.DeleteFunc(g.calls, func(c bridge.CallStatus) bool { return c.ID == id })
		for i := range g.rooms {
			g.rooms[i].Participants = slices.DeleteFunc(g.rooms[i].Participants, func(p bridge.ParticipantStatus) bool { return p.CallID == id })
		}
	})
	return known
}

func (g *lively) SetLayout(id string, l bridge.Layout) (known, chosen bool) {
	g.change(func() {
		if c := g.find(id); c != nil {
			known, chosen = true, c.Layout != ""
			c.Layout = l
			g.note("layout %s %s", id, l)
		}
	})
	return known, chosen
}

func (g *lively) Move(id, room string) (known bool, err error) {
	g.change(func() {
		if c := g.find(id); c != nil {
			known = true
			c.Room = room
			g.note("move %s %s", id, room)
		}
	})
	return known, nil
}

func (g *lively) Place(_ context.Context, t bridge.Target, room string) (*bridge.Call, error) {
	g.change(func() { g.note("place %s %s", t.Public(), room) })
	if room == "full" {
		return nil, &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the room is full"}
	}
	return &bridge.Call{}, nil
}

func (g *lively) Join(context.Context, bridge.Join, func([]byte)) (bridge.Visitor, error) {
	return nil, &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the room is full"}
}

// led does something to a room and writes it down.
func (g *lively) led(room, what string, do func(r *bridge.RoomStatus)) (known bool) {
	g.change(func() {
		for i := range g.rooms {
			if g.rooms[i].Name == room {
				known = true
				g.note("%s", what)
				do(&g.rooms[i])
			}
		}
	})
	return known
}

func (g *lively) SetRoomLayout(room string, l bridge.Layout) bool {
	return g.led(room, fmt.Sprintf("room layout %s", l), func(r *bridge.RoomStatus) { r.Layout = l })
}

func (g *lively) Mute(room, id string, muted bool) bool {
	return g.led(room, fmt.Sprintf("mute %q %v", id, muted), func(r *bridge.RoomStatus) {
		for i := range r.Participants {
			if p := &r.Participants[i]; p.ID == id || id == "" && p.Role != bridge.RoleHost {
				p.Silenced = muted
			}
		}
	})
}

func (g *lively) Remove(room, id, _ string) bool {
	return g.led(room, "remove "+id, func(r *bridge.RoomStatus) {
		r.Participants = slices.DeleteFunc(r.Participants, func(p bridge.ParticipantStatus) bool { return p.ID == id })
	})
}

func (g *lively) SetRole(room, id string, role bridge.Role) (known bool, err error) {
	return g.led(room, fmt.Sprintf("role %q %s", id, role), func(r *bridge.RoomStatus) {
		for i := range r.Participants {
			if p := &r.Participants[i]; p.ID == id {
				p.Role = role
			}
		}
	}), nil
}

func (g *lively) SetEntry(room string, e bridge.Entry) bool {
	return g.led(room, "entry "+string(e), func(r *bridge.RoomStatus) { r.Entry = e })
}

func (g *lively) Decide(room, id string, admit bool) bool {
	return g.led(room, fmt.Sprintf("decide %q %v", id, admit), func(r *bridge.RoomStatus) {
		r.Waiting = slices.DeleteFunc(r.Waiting, func(w bridge.Guest) bool { return id == "" || w.ID == id })
	})
}

func (g *lively) EndRoom(room, _ string) (known bool) {
	g.change(func() {
		n := len(g.rooms)
		g.rooms = slices.DeleteFunc(g.rooms, func(r bridge.RoomStatus) bool { return r.Name == room })
		known = len(g.rooms) < n
		g.note("end %s", room)
	})
	return known
}

var _ interface {
	bridge.Chair
	bridge.RoomArranger
	web.Calls
	web.Rooms
	web.Mover
} = (*lively)(nil)

// serveGateway serves a gateway's pages for a test.
func serveGateway(t *testing.T, g *lively, change func(*web.Config)) string {
	t.Helper()
	cert, err := web.Certificate("", web.HostNames(), time.Now(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	headroom := 212
	cfg := web.Config{
		Listen: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{cert}}, SelfSigned: true, Version: "0.6.0",
		Calls: g, Rooms: g, Devices: bridge.Devices{g.Devices}, News: &web.News{},
		Telemetry: func() web.Telemetry {
			return web.Telemetry{Load: web.Load{CPU: 0.43 + 0.05*rand.Float64(), Loop: 0.21, Late: 0.004, Limit: 0.85, Headroom: &headroom}}
		},
	}
	if change != nil {
		change(&cfg)
	}
	s, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return "https://" + s.Addr().String()
}

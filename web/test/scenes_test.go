package pagetest

import (
	"fmt"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/roombridge/roombridge/bridge"
)

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

var _ chromedp.EvaluateOption = awaitPromise

var names = []string{
	"Trần Minh Quân", "Nguyễn Thị Lan", "Lê Hoàng Phúc", "Phạm Thu Hà", "Vũ Đức Anh", "Đặng Ngọc Bích", "Hoàng Gia Bảo", "Bùi Thanh Tùng",
	"Đỗ Khánh Linh", "Ngô Quang Huy", "Dương Mỹ Duyên", "Lý Hải Đăng", "Phan Anh Thư", "Mai Xuân Trường", "Tô Ngọc Vân", "Hồ Sỹ Nam",
}

func group500() someone {
	return someone{
		"name": "Phòng họp A – UBND tỉnh", "kind": "terminal", "device": "PolycomRealPresenceGroup500/6.2.2", "number": "1001", "protocol": "sip", "size": []int{1280, 720},
	}
}

// guests makes n others in the room: the first is a terminal when terminal is
// set, the third has no camera on, the fourth is muted.
func guests(n int, terminal bool) []someone {
	list := []someone{}
	for i := range n {
		p := someone{"name": names[i%len(names)]}
		switch i {
		case 0:
			if terminal {
				p = group500()
			}
		case 2:
			p["video"], p["picture"] = false, false
		case 3:
			p["audio"] = false
		}
		list = append(list, p)
	}
	return list
}

func room(people []someone) map[string]any {
	r := map[string]any{"people": people}
	if len(people) > 0 {
		r["speaker"] = fmt.Sprintf("p%d", min(2, len(people)))
	}
	return r
}

func someCalls() []bridge.CallStatus {
	c := bridge.CallStatus{
		ID: "5f1c22ab90d1e3f4", Protocol: "sip", Transport: "tls", Direction: bridge.Inbound, Remote: "10.20.4.17:5061",
		Device: "PolycomRealPresenceGroup500/6.2.2", Name: "Phòng họp A – UBND tỉnh", Number: "1001", Room: "1001", State: bridge.StateConnected,
		Since: time.Date(2026, 3, 4, 8, 1, 2, 0, time.UTC),
	}
	for _, s := range []*bridge.StreamStatus{&c.Audio, &c.Video} {
		for _, d := range []*bridge.DirectionStatus{&s.In, &s.Out} {
			d.Path, d.Reason, d.Codec, d.Packets, d.Bitrate = bridge.PathTranscode, "every participant gets a mix without themselves", "G722", 12000, 64000
		}
	}
	for _, d := range []*bridge.DirectionStatus{&c.Video.In, &c.Video.Out} {
		d.Path, d.Reason, d.Codec, d.Bitrate, d.Width, d.Height, d.FPS, d.Lost = bridge.PathRelay, "both ends speak H264", "H264", 1_640_000, 1280, 720, 29.97, 31
	}
	e := c
	e.ID, e.Name, e.Device, e.Remote, e.State, e.Number = "77aa01", "Sở Y tế", "TANDBERG/518 (TC7.3.21)", "10.31.0.9:5060", bridge.StateRinging, "1002"
	e.Video, e.Audio = bridge.StreamStatus{}, bridge.StreamStatus{}
	e.Video.In.Path, e.Video.Out.Path, e.Audio.In.Path, e.Audio.Out.Path = "none", "none", "none", "none"
	e.Video.In.Reason = "the call has no seat in a room"
	return []bridge.CallStatus{c, e}
}

func someRooms() []bridge.RoomStatus {
	return []bridge.RoomStatus{{Name: "1001", Speaker: "b", Participants: []bridge.ParticipantStatus{
		{ID: "a", Name: "Phòng họp A – UBND tỉnh", Kind: "terminal"}, {ID: "b", Name: "Nguyễn Thị Lan", Kind: "browser"},
	}}, {Name: "Giao ban sáng", Participants: []bridge.ParticipantStatus{{ID: "c", Name: "Trần Minh Quân", Kind: "browser"}}}}
}

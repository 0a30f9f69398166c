package web

import (
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// Call is a call as the API shows it. The member names are a contract with
// operators.
type Call struct {
	ID        string    `json:"id" doc:"Names the call in the API and in logs"`
	Protocol  string    `json:"protocol" doc:"sip or h323"`
	Transport string    `json:"transport" doc:"How signalling travels: udp, tcp or tls"`
	Direction string    `json:"direction" enum:"in,out" doc:"in: the terminal dialled"`
	Remote    string    `json:"remote" doc:"Address signalling comes from"`
	Device    string    `json:"device" doc:"Maker, product and software, as the terminal says"`
	Alias     string    `json:"alias" doc:"Address or alias of the terminal"`
	Name      string    `json:"name" doc:"What people in the room see"`
	Number    string    `json:"number" doc:"What was dialled"`
	Room      string    `json:"room"`
	Tenant    string    `json:"tenant" doc:"Whose call it is; empty is nobody's"`
	Rule      string    `json:"rule" doc:"Rule of the number plan that led it here"`
	State     string    `json:"state" enum:"routing,ringing,connected,ended"`
	Stage     string    `json:"stage" doc:"What it waits for before it is in its room: number, pin, lobby, …; empty is nothing"`
	Since     time.Time `json:"since"`
	Audio     Stream    `json:"audio"`
	Video     Stream    `json:"video"`
	Content   Stream    `json:"content" doc:"Slides"`
	// Layout and Arrangement are empty while the call has no seat.
	Layout      string `json:"layout" doc:"Layout that the terminal is to have: auto, speaker, one-plus-n, grid or content"`
	Arrangement string `json:"arrangement" doc:"How its picture is arranged now: single, speaker, one-plus-n, grid or content; empty is a still picture"`
	Muted       bool   `json:"muted" doc:"A host or an administrator keeps its sound from others"`
}

// Stream is one stream of a call, in both directions.
type Stream struct {
	In         Flow   `json:"in" doc:"From the terminal"`
	Out        Flow   `json:"out" doc:"To the terminal"`
	Encryption string `json:"encryption" enum:"none,sdes,dtls" doc:"How the keys were agreed"`
	Suite      string `json:"suite" doc:"SRTP suite in force; empty is none"`
}

// Flow is one direction of a stream: how it is served, and what flows.
type Flow struct {
	Codec     string  `json:"codec" doc:"Empty when nothing was negotiated"`
	Path      string  `json:"path" enum:"none,relay,transcode,compose"`
	Reason    string  `json:"reason" doc:"Why this path was taken"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	FPS       float64 `json:"fps"`
	Bitrate   int64   `json:"bitrate" doc:"bit/s"`
	Packets   uint64  `json:"packets"`
	Lost      uint64  `json:"lost"`
	JitterMS  float64 `json:"jitter_ms"`
	Keyframes uint64  `json:"keyframes"`
}

// Room is a room that lives now.
type Room struct {
	Name         string        `json:"name"`
	Since        time.Time     `json:"since"`
	Speaker      string        `json:"speaker" doc:"Participant who speaks; empty is nobody"`
	Layout       string        `json:"layout" doc:"Layout of terminals for which none was chosen"`
	Tenant       string        `json:"tenant" doc:"Whose room it is; empty is the default tenant's, or nobody's"`
	Entry        string        `json:"entry" enum:"open,lobby,locked" doc:"Who gets in: everybody, who is let in by a host, nobody"`
	Waiting      []Guest       `json:"waiting" doc:"Before the door"`
	Participants []Participant `json:"participants"`
}

// Guest is somebody who waits before a room's door.
type Guest struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Kind   string    `json:"kind" enum:"browser,terminal"`
	Call   string    `json:"call" doc:"The call, for a terminal"`
	Number string    `json:"number"`
	Since  time.Time `json:"since"`
}

// Participant is a person in a browser or a terminal.
type Participant struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Kind       string    `json:"kind" enum:"browser,terminal"`
	Call       string    `json:"call" doc:"The call, for a terminal"`
	Device     string    `json:"device"`
	Number     string    `json:"number"`
	Role       string    `json:"role" enum:"none,guest,host"`
	Since      time.Time `json:"since"`
	Silenced   bool      `json:"silenced" doc:"By a host or an administrator"`
	AudioMuted bool      `json:"audio_muted" doc:"By themselves"`
	VideoOff   bool      `json:"video_off"`
	Sharing    bool      `json:"sharing"`
	Level      int       `json:"level" doc:"Loudness, -127 to 0 dBov"`
}

func callOf(s bridge.CallStatus) Call {
	return Call{
		ID: s.ID, Protocol: s.Protocol, Transport: s.Transport, Direction: s.Direction.String(),
		Remote: s.Remote, Device: s.Device, Alias: s.Alias, Name: s.Name, Number: s.Number,
		Room: s.Room, Tenant: s.Tenant, Rule: s.Rule, State: s.State.String(), Stage: string(s.Stage), Since: s.Since.UTC(),
		Audio: streamOf(s.Audio), Video: streamOf(s.Video), Content: streamOf(s.Content),
		Layout: string(s.Layout), Arrangement: s.Arranged,
	}
}

func streamOf(s bridge.StreamStatus) Stream {
	return Stream{In: flowOf(s.In), Out: flowOf(s.Out), Encryption: s.Keying, Suite: s.Suite}
}

func flowOf(d bridge.DirectionStatus) Flow {
	return Flow{
		Codec: string(d.Codec), Path: string(d.Path), Reason: d.Reason,
		Width: d.Width, Height: d.Height, FPS: d.FPS, Bitrate: int64(d.Bitrate),
		Packets: d.Packets, Lost: d.Lost, JitterMS: d.JitterMS, Keyframes: d.Keyframes,
	}
}

// callsOf are calls with what their rooms say of them.
func callsOf(list []bridge.CallStatus, rooms []bridge.RoomStatus) []Call {
	silenced := silencedIn(rooms)
	out := make([]Call, len(list))
	for i, s := range list {
		out[i] = callOf(s)
		out[i].Muted = silenced[s.ID]
	}
	return out
}

// silencedIn are the calls whose sound is kept from others.
func silencedIn(rooms []bridge.RoomStatus) map[string]bool {
	calls := map[string]bool{}
	for i := range rooms {
		for j := range rooms[i].Participants {
			if p := &rooms[i].Participants[j]; p.Silenced && p.CallID != "" {
				calls[p.CallID] = true
			}
		}
	}
	return calls
}

func roomOf(s bridge.RoomStatus) Room {
	r := Room{
		Name: s.Name, Since: s.Since.UTC(), Speaker: s.Speaker, Layout: string(s.Layout), Tenant: s.Tenant, Entry: string(s.Entry),
		Waiting: make([]Guest, len(s.Waiting)), Participants: make([]Participant, len(s.Participants)),
	}
	if r.Entry == "" {
		r.Entry = string(bridge.EntryOpen)
	}
	for i, g := range s.Waiting {
		r.Waiting[i] = Guest{ID: g.ID, Name: g.Name, Kind: g.Kind, Call: g.CallID, Number: g.Number, Since: g.Since.UTC()}
	}
	for i, p := range s.Participants {
		r.Participants[i] = Participant{
			ID: p.ID, Name: p.Name, Kind: p.Kind, Call: p.CallID, Device: p.Device, Number: p.Number, Role: p.Role.String(),
			Since: p.Since.UTC(), Silenced: p.Silenced, AudioMuted: p.AudioMuted, VideoOff: p.VideoOff, Sharing: p.Sharing, Level: p.Level,
		}
	}
	return r
}

func roomsOf(list []bridge.RoomStatus) []Room {
	out := make([]Room, len(list))
	for i, s := range list {
		out[i] = roomOf(s)
	}
	return out
}

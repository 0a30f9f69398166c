package control

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// talk is a session with sound and pictures both ways; it gives the numbers of our
// channels. The far end's are 1 and 2.
func talk(t *testing.T, change func(*Config)) (l *lone, sound, pictures uint16) {
	t.Helper()
	l = newLone(t, change)
	list := opens(l.settle(receives(alaw()), &h245.Capability{ReceiveVideoCapability: h264(64)},
		&h245.Capability{ReceiveUserInputCapability: &h245.UserInputCapability{Dtmf: true}}))
	sound, pictures = list[0].ForwardLogicalChannelNumber, list[1].ForwardLogicalChannelNumber
	l.ack(sound, 7000)
	l.ack(pictures, 7002)
	equal(t, "sound", l.answerTo(channel(1, 1, audioData(alaw()))), "ack")
	equal(t, "pictures", l.answerTo(channel(2, 2, h245.DataType{VideoData: h264(64)})), "ack")
	return l, sound, pictures
}

func flowControl(number *uint16, rate *uint32) h245.CommandMessage {
	return h245.CommandMessage{FlowControlCommand: &h245.FlowControlCommand{
		Scope:       h245.FlowControlCommandScope{LogicalChannelNumber: number, WholeMultiplex: number == nil},
		Restriction: h245.FlowControlCommandRestriction{MaximumBitRate: rate, NoRestriction: rate == nil},
	}}
}

func TestFlowControlFromThem(t *testing.T) {
	l, sound, pictures := talk(t, nil)
	for _, x := range []struct {
		name     string
		c        h245.CommandMessage
		rate     int
		pictures media.Direction
		sound    media.Direction
	}{
		{"at first", h245.CommandMessage{}, 1_024_000, media.SendRecv, media.SendRecv},
		{"pictures", flowControl(&pictures, new(uint32(3840))), 384_000, media.SendRecv, media.SendRecv},
		{"more than at first", flowControl(&pictures, new(uint32(99_999))), 1_024_000, media.SendRecv, media.SendRecv},
		{"stop pictures", flowControl(&pictures, new(uint32(0))), 1_024_000, media.Recv, media.SendRecv},
		{"no restriction", flowControl(&pictures, nil), 1_024_000, media.SendRecv, media.SendRecv},
		{"all", flowControl(nil, new(uint32(2560))), 192_000, media.SendRecv, media.SendRecv},
		{"stop all", flowControl(nil, new(uint32(0))), 1_024_000, media.Recv, media.Recv},
		{"free all", flowControl(nil, nil), 1_024_000, media.SendRecv, media.SendRecv},
		{"stop sound", flowControl(&sound, new(uint32(0))), 1_024_000, media.SendRecv, media.Recv},
		{"free sound", flowControl(&sound, nil), 1_024_000, media.SendRecv, media.SendRecv},
		{"no channel of ours", flowControl(new(uint16(9)), new(uint32(1))), 1_024_000, media.SendRecv, media.SendRecv},
	} {
		if x.c.FlowControlCommand != nil {
			equal(t, x.name, kinds(l.command(x.c)), []string(nil))
		}
		v := l.stream(media.Video)
		if v.SendBitrate != x.rate || v.Direction != x.pictures || l.stream(media.Audio).Direction != x.sound {
			t.Errorf("%s: %d bit/s, pictures %v, sound %v", x.name, v.SendBitrate, v.Direction, l.stream(media.Audio).Direction)
		}
	}
	equal(t, "told", l.limits, []int{384_000, 9_999_900, 0, 192_000, 0})
}

// sentLimits gives the rates of our flow control commands, 0 for no restriction.
func sentLimits(list []*message) (rates []int) {
	for _, m := range list {
		if m.Command == nil || m.Command.FlowControlCommand == nil {
			continue
		}
		rate := 0
		if r := m.Command.FlowControlCommand.Restriction.MaximumBitRate; r != nil {
			rate = int(*r) * 100
		}
		rates = append(rates, rate)
	}
	return rates
}

// Our own flow control waits until pictures can flow, and never exceeds what was
// negotiated, 2 Mbit/s here. LifeSize is never told to send more again.
func TestFlowControlFromUs(t *testing.T) {
	for _, x := range []struct {
		device string
		want   []int
	}{
		{"Polycom HDX 8000", []int{500_000, 300_000, 2_000_000}},
		{"LifeSize Room 220", []int{500_000, 300_000}},
	} {
		l, _, _ := talk(t, func(c *Config) { c.Device = func() string { return x.device } })
		var got []int
		limit := func(bps int) {
			l.LimitBitrate(l.now, bps)
			got = append(got, sentLimits(l.take())...)
		}
		limit(700_000)
		limit(500_000)
		equal(t, x.device+": too early", got, []int(nil))
		got = append(got, sentLimits(l.wait(tSettle))...)
		if r := l.stream(media.Video).RecvBitrate; r != 500_000 {
			t.Errorf("%s: %d bit/s", x.device, r)
		}
		limit(500_000)
		limit(300_000)
		limit(9_000_000)
		limit(0)
		equal(t, x.device, got, x.want)
	}
}

// A new channel of theirs has the limit told again, and without pictures nothing is said.
func TestFlowControlAndChannels(t *testing.T) {
	l := newLone(t, nil)
	l.settle(receives(alaw()))
	l.LimitBitrate(l.now, 400_000)
	equal(t, "no channel", sentLimits(l.wait(5*time.Second)), []int(nil))
	l.answerTo(channel(2, 2, h245.DataType{VideoData: h264(64)}))
	equal(t, "first channel", sentLimits(l.wait(time.Minute)), []int{400_000})
	l.request(closes(2))
	l.answerTo(channel(3, 2, h245.DataType{VideoData: h264(64)}))
	out := l.wait(time.Minute)
	equal(t, "second channel", sentLimits(out), []int{400_000})
	if n := *out[0].Command.FlowControlCommand.Scope.LogicalChannelNumber; n != 3 {
		t.Errorf("channel %d", n)
	}
}

func TestKeyframes(t *testing.T) {
	l, _, pictures := talk(t, nil)
	l.RequestKeyframe(l.now)
	out := l.take()
	equal(t, "ours", kinds(out), []string{"miscellaneousCommand"})
	if c := out[0].Command.MiscellaneousCommand; c.LogicalChannelNumber != 2 || !c.Type.VideoFastUpdatePicture {
		t.Errorf("%+v", c)
	}
	l.request(closes(2))
	l.RequestKeyframe(l.now)
	equal(t, "nothing to refresh", kinds(l.take()), []string(nil))

	type misc = h245.MiscellaneousCommandType
	for i, c := range []misc{
		{VideoFastUpdatePicture: true},
		{VideoFastUpdateGOB: &h245.MiscellaneousCommandTypeVideoFastUpdateGOB{NumberOfGOBs: 1}},
		{VideoFastUpdateMB: &h245.MiscellaneousCommandTypeVideoFastUpdateMB{NumberOfMBs: 1}},
		{LostPicture: []h245.PictureReference{{PictureNumber: new(uint16(1))}}},
	} {
		equal(t, "theirs", kinds(l.command(h245.CommandMessage{MiscellaneousCommand: &h245.MiscellaneousCommand{
			LogicalChannelNumber: pictures, Type: c,
		}})), []string(nil))
		equal(t, "keyframes wanted", l.keyframes, i+1)
	}
	for _, c := range []misc{{VideoFreezePicture: true}, {EqualiseDelay: true}, {MultipointModeCommand: true}, {VideoTemporalSpatialTradeOff: new(uint8(7))}, {SwitchReceiveMediaOff: true}} {
		equal(t, "passed over", kinds(l.command(h245.CommandMessage{MiscellaneousCommand: &h245.MiscellaneousCommand{LogicalChannelNumber: pictures, Type: c}})), []string(nil))
	}
	equal(t, "keyframes wanted", l.keyframes, 4)
}

func TestActivity(t *testing.T) {
	l, _, _ := talk(t, nil)
	say := func(n uint16, x h245.MiscellaneousIndicationType) bool {
		changes := l.changes
		equal(t, "indication", kinds(l.indicate(h245.IndicationMessage{MiscellaneousIndication: &h245.MiscellaneousIndication{LogicalChannelNumber: n, Type: x}})), []string(nil))
		equal(t, "changes", l.changes, changes)
		_, c := l.theirs(2)
		return c.idle
	}
	equal(t, "inactive", say(2, h245.MiscellaneousIndicationType{LogicalChannelInactive: true}), true)
	equal(t, "something else", say(2, h245.MiscellaneousIndicationType{MultipointConference: true}), true)
	equal(t, "active", say(2, h245.MiscellaneousIndicationType{LogicalChannelActive: true}), false)
	equal(t, "of no channel", say(77, h245.MiscellaneousIndicationType{LogicalChannelInactive: true}), false)
}

func TestTheyEnd(t *testing.T) {
	l, _, _ := talk(t, nil)
	out := l.command(h245.CommandMessage{EndSessionCommand: &h245.EndSessionCommand{Disconnect: true}})
	equal(t, "answer", kinds(out), []string{"endSessionCommand"})
	equal(t, "told", l.ended, "disconnect")
	equal(t, "afterwards", kinds(l.request(closes(1))), []string(nil))
	if !l.Deadline().IsZero() {
		t.Errorf("a timer runs until %v", l.Deadline())
	}
}

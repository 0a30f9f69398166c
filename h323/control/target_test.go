package control

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// Who names which address for media, and how a channel with it is refused.
var targets = []struct{ remote, media, cause string }{
	{"203.0.113.9", "203.0.113.9", ""},
	{"203.0.113.9", "198.51.100.7", ""}, // a proxy for media
	{"203.0.113.9", "10.1.2.3", ""},
	{"203.0.113.9", "2001:db8::7", ""},
	{"203.0.113.9", "127.0.0.1", "unspecified"},
	{"203.0.113.9", "127.9.9.9", "unspecified"},
	{"203.0.113.9", "::1", "unspecified"},
	{"203.0.113.9", "::ffff:127.0.0.1", "unspecified"},
	{"203.0.113.9", "169.254.169.254", "unspecified"},
	{"203.0.113.9", "fe80::1", "unspecified"},
	{"203.0.113.9", "255.255.255.255", "unspecified"},
	{"203.0.113.9", "239.1.1.1", "multicastChannelNotAllowed"},
	{"203.0.113.9", "ff02::1", "multicastChannelNotAllowed"},
	{"127.0.0.2", "127.0.0.1", ""},
	{"::ffff:127.0.0.2", "127.0.0.1", ""},
	{"127.0.0.2", "169.254.1.1", "unspecified"},
	{"127.0.0.2", "255.255.255.255", "unspecified"},
	{"127.0.0.2", "224.0.0.1", "multicastChannelNotAllowed"},
	{"169.254.1.1", "169.254.1.1", ""},
	{"169.254.1.1", "127.0.0.1", "unspecified"},
	{"fe80::2%eth0", "fe80::2", ""},
}

// far has the far end somewhere.
func far(addr string) func(*Config) {
	return func(c *Config) { c.Remote = config("127.0.0.1", addr, 1).Remote }
}

func TestTargetOfTheirChannel(t *testing.T) {
	for _, x := range targets {
		for name, change := range map[string]func(*h245.H2250LogicalChannelParameters){
			"RTP": func(p *h245.H2250LogicalChannelParameters) {
				p.MediaChannel = at(x.media, 7000)
				p.MediaControlChannel = nil
			},
			"RTCP": func(p *h245.H2250LogicalChannelParameters) { p.MediaControlChannel = at(x.media, 7001) },
		} {
			l := newLone(t, far(x.remote))
			l.settle(receives(alaw()))
			o := channel(1, 1, audioData(alaw()))
			change(params(o))
			want := x.cause
			if want == "" || want == "unspecified" && name == "RTP" { // where it sends from is its own affair
				want = "ack"
			}
			equal(t, x.remote+" wants "+name+" at "+x.media, l.answerTo(o), want)
		}
	}
}

// What cannot be sent to is closed.
func TestTargetOfOurChannel(t *testing.T) {
	for _, x := range targets {
		for _, rtcp := range []bool{false, true} {
			p := &h245.H2250LogicalChannelAckParameters{MediaChannel: at(x.remote, 7000), MediaControlChannel: at(x.remote, 7001)}
			if rtcp {
				p.MediaControlChannel = at(x.media, 7001)
			} else {
				p.MediaChannel = at(x.media, 7000)
			}
			l := newLone(t, far(x.remote))
			o := l.only(l.settle(receives(alaw())))
			out := l.respond(h245.ResponseMessage{OpenLogicalChannelAck: &h245.OpenLogicalChannelAck{
				ForwardLogicalChannelNumber:   o.ForwardLogicalChannelNumber,
				ForwardMultiplexAckParameters: &h245.ForwardMultiplexAckParameters{H2250LogicalChannelAckParameters: p},
			}})
			if x.cause == "" {
				equal(t, x.remote+" takes sound at "+x.media, l.stream(media.Audio).Direction, media.Send)
				continue
			}
			equal(t, x.remote+" takes sound at "+x.media, kinds(out), []string{"closeLogicalChannel"})
			if s := l.stream(media.Audio); s.Remote.IsValid() || s.RemoteRTCP.IsValid() {
				t.Errorf("%s has us send to %v and %v", x.remote, s.Remote, s.RemoteRTCP)
			}
		}
	}
}

// Fast connect takes no channel with such an address either.
func TestTargetOfFastConnect(t *testing.T) {
	for _, x := range targets {
		for _, rtcp := range []bool{false, true} {
			change := func(list []*h245.OpenLogicalChannel) []*h245.OpenLogicalChannel {
				for _, o := range list {
					c, _ := readFast(o)
					rtp, control := x.media, x.remote
					if rtcp {
						rtp, control = x.remote, x.media
					}
					c.p.MediaControlChannel = at(control, 7001)
					if c.p.MediaChannel != nil {
						c.p.MediaChannel = at(rtp, 7000)
					}
				}
				return list
			}
			want := media.SendRecv
			switch {
			case x.cause != "" && rtcp:
				want = media.Inactive
			case x.cause != "":
				want = media.Recv
			}
			caller := newEnd(fastPair(t).a.cfg)
			l := newLone(t, far(x.remote))
			l.FastAnswer(l.now, change(sameOnTheWire(t, caller.FastOffer())))
			equal(t, x.remote+" proposes "+x.media, l.stream(media.Audio).Direction, want)

			r := fastPair(t)
			far(x.remote)(&r.a.cfg)
			answer := change(sameOnTheWire(t, r.b.FastAnswer(r.now, sameOnTheWire(t, r.a.FastOffer()))))
			if err := r.a.FastAnswered(r.now, answer); (err != nil) != (want == media.Inactive) {
				t.Errorf("%s answers with %s: %v", x.remote, x.media, err)
			}
			equal(t, x.remote+" answers with "+x.media, r.a.stream(media.Audio).Direction, want)
		}
	}
}

package room

import (
	"fmt"
	"strconv"

	"github.com/pion/sdp/v3"
)

// sources are the RTP sources of one line that the room sends.
type sources struct {
	ssrc, rtx uint32
	msid      string
}

// finishAnswer turns pion's answer into what the page gets, and tells what is
// agreed with it. The lines of
// slots name all formats that the slot takes and the source of
// retransmissions, and the camera names what its retransmissions repair. pion
// knows nothing of either.
func finishAnswer(answer string, o *offer, of func(mid string) (sources, bool)) (string, *agreed, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", nil, err
	}
	for _, m := range d.MediaDescriptions {
		mid, _ := m.Attribute("mid")
		if mid == o.camera && len(o.rids) > 0 && o.rridID != 0 {
			m.WithValueAttribute("extmap", fmt.Sprintf("%d %s", o.rridID, extRepairRID))
		}
		src, ok := of(mid)
		if !ok {
			continue
		}
		for _, s := range o.slots {
			if s.mid == mid {
				writeSlot(m, s, src)
			}
		}
	}
	b, err := d.Marshal()
	return string(b), readAgreed(&d, o), err
}

func writeSlot(m *sdp.MediaDescription, s slotOffer, src sources) {
	kept := m.Attributes[:0]
	for _, a := range m.Attributes {
		switch a.Key {
		case "rtpmap", "fmtp", "rtcp-fb", "ssrc", "ssrc-group", "msid":
		default:
			kept = append(kept, a)
		}
	}
	m.Attributes = kept
	m.MediaName.Formats = nil
	rtx := false
	for _, f := range s.formats {
		pt := strconv.Itoa(int(f.PT))
		m.MediaName.Formats = append(m.MediaName.Formats, pt)
		m.WithValueAttribute("rtpmap", fmt.Sprintf("%s %s/%d", pt, f.Codec, f.ClockRate))
		if f.fmtp != "" {
			m.WithValueAttribute("fmtp", pt+" "+f.fmtp)
		}
		for _, fb := range f.feedback {
			m.WithValueAttribute("rtcp-fb", pt+" "+fb)
		}
		if f.rtx != 0 {
			rtx = true
			m.MediaName.Formats = append(m.MediaName.Formats, strconv.Itoa(int(f.rtx)))
			m.WithValueAttribute("rtpmap", fmt.Sprintf("%d rtx/90000", f.rtx))
			m.WithValueAttribute("fmtp", fmt.Sprintf("%d apt=%s", f.rtx, pt))
		}
	}
	m.WithValueAttribute("msid", src.msid)
	if rtx {
		m.WithValueAttribute("ssrc-group", fmt.Sprintf("FID %d %d", src.ssrc, src.rtx))
	}
	m.WithValueAttribute("ssrc", fmt.Sprintf("%d cname:%s", src.ssrc, cname))
	if rtx {
		m.WithValueAttribute("ssrc", fmt.Sprintf("%d cname:%s", src.rtx, cname))
	}
}

// cname names the room as the sender in RTCP (RFC 3550 6.5.1).
const cname = "roombridge"

package sdp

import "github.com/roombridge/roombridge/bridge/media"

// Expected is what may arrive before the answer to our pending offer is here
// (RFC 3264 5.1: be ready to receive once the offer is out). After an INVITE
// without a description the answer comes in the ACK, and media may be faster.
// Lines that were offered encrypted only are left out: nothing of them can be
// read without the far end's key.
func (s *State) Expected() media.Session {
	session := s.noStreams()
	if s.pending == nil {
		return session
	}
	for i, made := range s.pending.streams {
		if made == nil || made.secure || !made.want.Receives() {
			continue
		}
		st := &session.Streams[i]
		st.Direction = media.Recv
		for _, f := range made.formats {
			if f.Codec == media.DTMF {
				if st.RecvDTMF == 0 {
					st.RecvDTMF = f.PT
				}
				continue
			}
			st.Recv = append(st.Recv, f)
		}
	}
	return session
}

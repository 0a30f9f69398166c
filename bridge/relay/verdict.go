package relay

// verdict is why a datagram was dropped, or accepted.
type verdict uint8

const (
	accepted     verdict = iota
	dropSize             // larger than any packet of ours
	dropClass            // neither STUN, DTLS, RTP nor RTCP, or not on this port
	dropIdle             // before or outside of a negotiation that lets media in
	dropHeader           // malformed RTP or RTCP
	dropPT               // payload type was not negotiated
	dropSSRC             // another source than the stream's
	dropSource           // from an address that is not the far end's
	dropProbe            // a newcomer's first packets, or more of them than are looked at
	dropUnkeyed          // keys are still awaited
	dropReplay           // seen before or too old
	dropAuth             // authentication failed
	dropSTUN             // a connectivity check, which we did not ask for
	dropOverflow         // came faster than they were taken: the kernel dropped them
	verdicts
)

var verdictNames = [verdicts]string{
	"accepted", "size", "class", "idle", "header", "payload_type", "ssrc", "source",
	"probation", "unkeyed", "replay", "auth", "stun", "overflow",
}

func (v verdict) String() string { return verdictNames[v] }

// verdictCount counts by verdict; its owner guards it.
type verdictCount [verdicts]uint64

// names gives what was dropped at least once.
func (c *verdictCount) names() map[string]uint64 {
	m := map[string]uint64{}
	for v := accepted + 1; v < verdicts; v++ {
		if c[v] > 0 {
			m[v.String()] = c[v]
		}
	}
	return m
}

func (c *verdictCount) add(o *verdictCount) {
	for i := range c {
		c[i] += o[i]
	}
}

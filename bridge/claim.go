package bridge

// Claim is what a running call takes of its tenant's limits.
type Claim struct {
	Tenant    string // "" is nobody's
	Room      string
	Bandwidth int // bit/s, of the direction that has more; before media was negotiated what it may come to
}

// soundBitrate is what is counted for sound of which no rate was negotiated, bit/s.
const soundBitrate = 64_000

// Claims lists what the running calls take.
func (c *Core) Claims() []Claim {
	running := c.running()
	list := make([]Claim, len(running))
	for i, call := range running {
		call.mu.Lock()
		list[i] = Claim{Tenant: call.route.Tenant, Room: call.room}
		call.mu.Unlock()
		list[i].Bandwidth = call.bandwidth()
	}
	return list
}

// bandwidth is what was negotiated, else what may be.
func (c *Call) bandwidth() int {
	in, out, active := 0, 0, false
	for _, s := range c.media.list() {
		n := s.Negotiated()
		if !n.Active() {
			continue
		}
		active = true
		least := 0
		if s == c.media.audio() {
			least = soundBitrate
		}
		in, out = in+max(n.RecvBitrate, least), out+max(n.SendBitrate, least)
	}
	if active {
		return max(in, out)
	}
	k := c.Capabilities()
	return max(k.RecvBitrate, k.SendBitrate) + soundBitrate
}

package media

import (
	"encoding/hex"
	"fmt"
)

// DefaultH264 is what RFC 6184 8.1 infers where no profile-level-id is given:
// Baseline at level 1, single NAL units.
var DefaultH264 = H264Params{Profile: 66, Level: 10}

// ParseProfileLevelID reads the three bytes of profile-level-id in hex, either case.
func ParseProfileLevelID(s string) (H264Params, bool) {
	if len(s) != 6 {
		return H264Params{}, false
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return H264Params{}, false
	}
	return H264Params{Profile: b[0], Constraints: b[1], Level: b[2]}, true
}

// ProfileLevelID writes the three bytes in lower-case hex.
func (p H264Params) ProfileLevelID() string {
	return fmt.Sprintf("%02x%02x%02x", p.Profile, p.Constraints, p.Level)
}

// LevelLimits gives what the level alone promises, without the Max values.
func (p H264Params) LevelLimits() Limits {
	l := p.level()
	return Limits{MaxFS: int(l.fs), MaxMBPS: int(l.mbps), Bitrate: int(l.br) * 1000}
}

// BelowLevel tells whether p's level is lower than q's.
func (p H264Params) BelowLevel(q H264Params) bool { return p.levelOrder() < q.levelOrder() }

// levelOrder puts level 1b between 1 and 1.1.
func (p H264Params) levelOrder() int {
	if p.Is1b() {
		return 105
	}
	return int(p.Level) * 10
}

// WithLevel gives p at q's level. Level 1.1 takes q's constraint_set3 along,
// which is what makes it 1b or not.
func (p H264Params) WithLevel(q H264Params) H264Params {
	p.Level = q.Level
	if p.Level == 11 && p.Profile < 100 {
		p.Constraints = p.Constraints&^0x10 | q.Constraints&0x10
	}
	return p
}

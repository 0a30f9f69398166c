package media

// SameProfile tells whether two ends speak the same H.264 profile. Room
// terminals write Baseline (4280xx) for streams that are Constrained Baseline,
// so these two count as one. Profiles that are not known match nothing.
func (p H264Params) SameProfile(q H264Params) bool {
	return p.family() != H264Other && p.family() == q.family()
}

func (p H264Params) family() H264Profile {
	if f := p.ProfileOf(); f != H264Baseline {
		return f
	}
	return H264ConstrainedBaseline
}

// Matches tells whether two formats are the same coding, whatever their
// payload types and limits.
func (f Format) Matches(g Format) bool {
	if f.Codec != g.Codec || f.ClockRate != g.ClockRate {
		return false
	}
	switch f.Codec {
	case G7221: // each bitrate is a coding of its own (RFC 5577 4)
		return f.Bitrate == 0 || g.Bitrate == 0 || f.Bitrate == g.Bitrate
	case H264:
		return f.H264.Mode == g.H264.Mode && f.H264.SameProfile(g.H264)
	}
	return true
}

// ChooseAudio picks the sound that both ends know: the first of own that is
// among theirs. It returns an index into each, or -1 twice.
// Telephone-event is never picked, wherever it stands.
func ChooseAudio(own, theirs []Format) (int, int) {
	for i, o := range own {
		if o.Codec == DTMF {
			continue
		}
		for j, t := range theirs {
			if o.Matches(t) {
				return i, j
			}
		}
	}
	return -1, -1
}

// ChooseVideo picks the picture that both ends know. The codec is the first of
// own that is among theirs. Within H.264, packetization-mode 1 goes before
// mode 0, then own's order of profiles counts, then the greater limits of
// theirs, then their order. It returns an index into each, or -1 twice.
func ChooseVideo(own, theirs []Format) (int, int) {
	best, bestTheirs := -1, -1
	for i, o := range own {
		if best >= 0 && !betterMode(o, own[best]) {
			continue
		}
		if j := greatest(o, theirs); j >= 0 {
			best, bestTheirs = i, j
		}
	}
	return best, bestTheirs
}

// betterMode tells whether o may still replace the choice made from own.
func betterMode(o, chosen Format) bool {
	return o.Codec == H264 && chosen.Codec == H264 && o.H264.Mode > chosen.H264.Mode && !o.LastResort
}

// greatest finds the match with the largest picture, the first of equals.
func greatest(o Format, theirs []Format) int {
	best := -1
	for j, t := range theirs {
		if !o.Matches(t) {
			continue
		}
		if best < 0 || larger(t.Limits(), theirs[best].Limits()) {
			best = j
		}
	}
	return best
}

func larger(a, b Limits) bool {
	if a.MaxFS != b.MaxFS {
		return a.MaxFS > b.MaxFS
	}
	return a.MaxMBPS > b.MaxMBPS
}

// ChooseDTMF picks the telephone-event that goes with a codec's clock (RFC
// 4733 2.1: events share the timestamps of the sound). Where only other clocks
// are there, 8000 Hz is taken, as terminals do that offer it beside Opus. It
// returns -1 when there is none.
func ChooseDTMF(theirs []Format, clock int) int {
	best := -1
	for j, t := range theirs {
		if t.Codec != DTMF {
			continue
		}
		if t.ClockRate == clock {
			return j
		}
		if best < 0 || t.ClockRate == 8000 && theirs[best].ClockRate != 8000 {
			best = j
		}
	}
	return best
}

// Package media holds the neutral words in which SIP and H.323 legs, the
// packet path, rooms and media workers speak of media: codecs, formats,
// limits, directions and the outcome of a negotiation. It imports only the
// standard library and does no input or output.
package media

// Kind tells sound from picture.
type Kind uint8

// The kinds of media that flow through the packet path.
const (
	Audio Kind = iota + 1
	Video
)

func (k Kind) String() string {
	switch k {
	case Audio:
		return "audio"
	case Video:
		return "video"
	}
	return "unknown"
}

// Role tells a participant's camera picture from its slides (RFC 4796
// content:main and content:slides, H.239 live and presentation).
type Role uint8

// Main is the zero value: a stream without a role is the main one.
const (
	Main Role = iota
	Content
)

func (r Role) String() string {
	if r == Content {
		return "content"
	}
	return "main"
}

// Codec is a codec's name as RTP payload formats register it, in the spelling
// of the IANA registry. Readers fold case; writers use these.
type Codec string

// Codecs that room terminals and browsers name.
const (
	Opus  Codec = "opus"
	G722  Codec = "G722"
	G7221 Codec = "G7221" // 16 kHz is G.722.1, 32 kHz its Annex C
	PCMU  Codec = "PCMU"
	PCMA  Codec = "PCMA"
	G729  Codec = "G729"
	DTMF  Codec = "telephone-event" // RFC 4733

	H264  Codec = "H264"
	H265  Codec = "H265"
	H263  Codec = "H263"      // RFC 2190
	H263P Codec = "H263-1998" // and H263-2000: RFC 4629
	H261  Codec = "H261"
	VP8   Codec = "VP8"
	VP9   Codec = "VP9"
	AV1   Codec = "AV1"
)

// Kind says whether the codec carries sound or picture; 0 for one that is not
// in the list above.
func (c Codec) Kind() Kind {
	switch c {
	case Opus, G722, G7221, PCMU, PCMA, G729, DTMF:
		return Audio
	case H264, H265, H263, H263P, H261, VP8, VP9, AV1:
		return Video
	}
	return 0
}

// Format is one codec as it was negotiated for one direction of one stream:
// the payload type that marks it on the wire and the limits of whoever
// receives it. Format is comparable.
type Format struct {
	Codec     Codec
	PT        uint8      // RTP payload type, 0 to 127
	ClockRate int        // RTP clock, Hz (8000 for G.722, RFC 3551 4.5.2)
	Channels  int        // 0 counts as 1
	Bitrate   int        // receiver's limit or the codec's fixed rate, bit/s; 0 is none
	PTime     int        // packet time the receiver asked for, ms; 0 is 20
	Stereo    bool       // Opus: the receiver prefers stereo
	FEC       bool       // Opus: the receiver makes use of in-band FEC
	H264      H264Params // meaningful for H264 only
	VideoMax  Limits     // receiver's limits for codecs other than H.264; zero is none
	Sizes     Sizes      // the receiver's list for H.261 and H.263; zero is QCIF alone
	// LastResort is a format of ours that is taken where nothing else will do,
	// and never offered.
	LastResort bool
	// ParameterSets are the H.264 parameter sets that signalling gave for what
	// arrives, as NAL units in base64 with commas between
	// (sprop-parameter-sets, RFC 6184 8.1); empty is none.
	ParameterSets string
}

// Limits gives what the format's receiver accepts.
func (f Format) Limits() Limits {
	l := f.VideoMax
	switch {
	case f.Codec == H264:
		l = f.H264.Limits()
	case f.Codec.sized():
		l = l.Intersect(f.sizes().Limits())
	}
	if f.Bitrate > 0 && (l.Bitrate == 0 || f.Bitrate < l.Bitrate) {
		l.Bitrate = f.Bitrate
	}
	return l
}

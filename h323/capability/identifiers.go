package capability

import "github.com/roombridge/roombridge/h323/per"

// Capability identifiers of H.241 8.3.1, G.722.1 annexes A and C, and H.239 8.1.
const (
	oidH264   per.OID = "0.0.8.241.0.0.1"
	oidG7221  per.OID = "0.0.7.7221.1.0"
	oidG7221C per.OID = "0.0.7.7221.1.1.0"
	oidH239   per.OID = "0.0.8.239.1.1" // control: the terminal speaks H.239
	oidRole   per.OID = "0.0.8.239.1.2" // extended video: the role of a picture
)

// Packetizations of H.264 (H.241 8.3.3).
const (
	packAnnexA         per.OID = "0.0.8.241.0.0.0.0" // one NAL unit a packet, as RFC 6184 mode 0
	packNonInterleaved per.OID = "0.0.8.241.0.0.0.1" // RFC 6184 mode 1
	packInterleaved    per.OID = "0.0.8.241.0.0.0.2" // RFC 6184 mode 2, which nobody here takes
)

// Payload formats of H.263 as mediaPacketization names them (H.245 B.2.2.3). RFC 4629
// is RFC 2429 on the wire, and terminals use either number.
const (
	rfc2190 = 2190 // the first edition, whose payload type is static
	rfc2429 = 2429 // H.263+
	rfc4629 = 4629
)

// Parameters of H.264 (H.241 table 8).
const (
	h264MaxMBPS  = 3  // 500 macroblocks a second
	h264MaxFS    = 4  // 256 macroblocks
	h264MaxDPB   = 5  // 32768 octets
	h264MaxBR    = 6  // 25000 bit/s
	h264MaxSMBPS = 7  // 500 macroblocks a second
	h264MaxNAL   = 9  // octets
	h264Profile  = 41 // boolean array
	h264Level    = 42
)

// Bits of h264Profile.
const (
	profileBaseline = 64
	profileMain     = 32
	profileExtended = 16
	profileHigh     = 8
)

// roleBits is the parameter of oidRole; presentation is the first of its bits
// (H.239 table 6).
const (
	roleBits         = 1
	rolePresentation = 1
)

// framesPerPacket is a parameter of G.722.1 (annex A).
const framesPerPacket = 1

// Payload types of RFC 3551, and those that we give to codecs without one.
const (
	ptPCMU   = 0
	ptPCMA   = 8
	ptG722   = 9
	ptG729   = 18
	ptH261   = 31
	ptH263   = 34
	ptH264   = 96
	ptH263P  = 98
	ptDTMF   = 101
	ptOpus   = 107
	ptG7221  = 121
	ptG7221C = 122
)

package media

// Policy says whether media must be encrypted.
type Policy string

// The values of the configuration key sip.encryption.
const (
	EncryptionOff     Policy = "off"
	EncryptionPrefer  Policy = "prefer"
	EncryptionRequire Policy = "require"
)

// Capabilities is what our end of a leg can do, before anything was
// negotiated. Formats have no payload type yet; the front-end's protocol
// gives them one.
type Capabilities struct {
	Audio       []Format // in order of preference, telephone-event among them
	Video       []Format // in order of preference, with our own limits as receiver
	RecvBitrate int      // most video we take, bit/s; 0 is no bound
	SendBitrate int      // most video we send, bit/s; 0 is no bound
	Feedback    Feedback // what we understand
	Encryption  Policy
	Suites      []Suite // SDES suites in order of preference
	DTLS        bool    // DTLS-SRTP may be used
}

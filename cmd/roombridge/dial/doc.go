// Package dial is `roombridge dial`: simulated room terminals that place or
// take calls with the gateway's own SIP and H.323 stacks, play a picture and sound,
// record what comes back, and report what they saw and heard.
package dial

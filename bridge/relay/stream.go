package relay

// Stream placeholder while the package is being written.
type Stream struct{}

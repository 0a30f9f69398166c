// Package capability turns H.245 capabilities, data types and modes into the words of
// bridge/media and back. It holds no state and does no input or output.
package capability

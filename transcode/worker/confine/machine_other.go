//go:build linux && !amd64 && !arm64

package confine

func machineOf() processor { return processor{} }

//go:build !linux

package gateway

func trim() {}

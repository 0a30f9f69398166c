// Package e2e tests the gateway from outside with real peers: the built
// binaries as processes, Chromium, baresip, Janus and sipp. All traffic stays
// on loopback or in network namespaces that a test makes itself.
package e2e

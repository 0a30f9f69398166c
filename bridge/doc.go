// Package bridge is the call-control core: calls, legs, rooms, routing and
// causes. Front-ends (sip, h323) bring legs, engines (bridge/room) bring
// rooms, and the core joins them without knowing either.
package bridge

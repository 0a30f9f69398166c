package ras

import (
	"net/netip"

	"github.com/roombridge/roombridge/h323/h225"
)

// refusal is why a request is rejected, in words of no message.
type refusal uint8

const (
	refuseUndefined    refusal = iota
	refuseSecurity             // no proof, or a wrong one
	refuseUnregistered         // the terminal is not registered
	refuseUnknown              // nobody has the alias
	refuseFull                 // a table or limit is full
	refuseCall                 // no such call
	refuseOther                // another gatekeeper is meant
	refuseAddress              // no address at which it could be called
	refuseLightweight          // a keep-alive of somebody unknown
	refuseAliases              // somebody else's, or none that may register
)

// reject answers a request with the reject of its kind.
func (g *Gatekeeper) reject(in *incoming, to netip.AddrPort, r refusal, s *signer) {
	g.stats.Refused++
	if r == refuseSecurity {
		g.stats.Denied++
	}
	m := &h225.RasMessage{}
	switch in.kind {
	case kindGRQ:
		m.GatekeeperReject = &h225.GatekeeperReject{RequestSeqNum: in.seq, ProtocolIdentifier: h225.Version,
			GatekeeperIdentifier: &g.cfg.ID, RejectReason: discoveryReason(r)}
	case kindRRQ:
		m.RegistrationReject = &h225.RegistrationReject{RequestSeqNum: in.seq, ProtocolIdentifier: h225.Version,
			GatekeeperIdentifier: &g.cfg.ID, RejectReason: registrationReason(r)}
	case kindURQ:
		m.UnregistrationReject = &h225.UnregistrationReject{RequestSeqNum: in.seq, RejectReason: h225.UnregRejectReason{
			NotCurrentlyRegistered: r == refuseUnregistered, SecurityDenial: r == refuseSecurity}}
	case kindARQ:
		m.AdmissionReject = &h225.AdmissionReject{RequestSeqNum: in.seq, RejectReason: admissionReason(r)}
	case kindBRQ:
		m.BandwidthReject = &h225.BandwidthReject{RequestSeqNum: in.seq, RejectReason: h225.BandRejectReason{
			NotBound: r == refuseUnregistered, SecurityDenial: r == refuseSecurity, InvalidConferenceID: r == refuseCall}}
	case kindDRQ:
		m.DisengageReject = &h225.DisengageReject{RequestSeqNum: in.seq, RejectReason: h225.DisengageRejectReason{
			NotRegistered: r == refuseUnregistered, SecurityDenial: r == refuseSecurity}}
	case kindLRQ:
		m.LocationReject = &h225.LocationReject{RequestSeqNum: in.seq, RejectReason: h225.LocationRejectReason{
			RequestDenied: r == refuseUnknown, SecurityDenial: r == refuseSecurity}}
	default:
		return
	}
	g.answer(in, to, m, s)
}

func discoveryReason(r refusal) h225.GatekeeperRejectReason {
	switch r {
	case refuseSecurity:
		return h225.GatekeeperRejectReason{SecurityDenial: true}
	case refuseOther:
		return h225.GatekeeperRejectReason{TerminalExcluded: true}
	}
	return h225.GatekeeperRejectReason{UndefinedReason: true}
}

func registrationReason(r refusal) h225.RegistrationRejectReason {
	switch r {
	case refuseSecurity:
		return h225.RegistrationRejectReason{SecurityDenial: true}
	case refuseFull:
		return h225.RegistrationRejectReason{ResourceUnavailable: true}
	case refuseAddress:
		return h225.RegistrationRejectReason{InvalidCallSignalAddress: true}
	case refuseLightweight, refuseUnregistered:
		return h225.RegistrationRejectReason{FullRegistrationRequired: true}
	case refuseOther:
		return h225.RegistrationRejectReason{DiscoveryRequired: true}
	case refuseAliases:
		return h225.RegistrationRejectReason{InvalidAlias: true}
	}
	return h225.RegistrationRejectReason{UndefinedReason: true}
}

func admissionReason(r refusal) h225.AdmissionRejectReason {
	switch r {
	case refuseSecurity:
		return h225.AdmissionRejectReason{SecurityDenial: true}
	case refuseUnregistered:
		return h225.AdmissionRejectReason{CallerNotRegistered: true} // terminals register again
	case refuseUnknown:
		return h225.AdmissionRejectReason{CalledPartyNotRegistered: true}
	case refuseFull:
		return h225.AdmissionRejectReason{ResourceUnavailable: true}
	}
	return h225.AdmissionRejectReason{UndefinedReason: true}
}

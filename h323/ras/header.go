package ras

import (
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h235"
)

// header is what all RAS messages have.
type header struct {
	seq    *h225.RequestSeqNum
	clear  *[]h235.ClearToken
	crypto *[]h225.CryptoH323Token
}

// headerOf gives the header of a message; ok is false for one of a later version.
func headerOf(m *h225.RasMessage) (h header, ok bool) {
	switch {
	case m.GatekeeperRequest != nil:
		return header{&m.GatekeeperRequest.RequestSeqNum, &m.GatekeeperRequest.Tokens, &m.GatekeeperRequest.CryptoTokens}, true
	case m.GatekeeperConfirm != nil:
		return header{&m.GatekeeperConfirm.RequestSeqNum, &m.GatekeeperConfirm.Tokens, &m.GatekeeperConfirm.CryptoTokens}, true
	case m.GatekeeperReject != nil:
		return header{&m.GatekeeperReject.RequestSeqNum, &m.GatekeeperReject.Tokens, &m.GatekeeperReject.CryptoTokens}, true
	case m.RegistrationRequest != nil:
		return header{&m.RegistrationRequest.RequestSeqNum, &m.RegistrationRequest.Tokens, &m.RegistrationRequest.CryptoTokens}, true
	case m.RegistrationConfirm != nil:
		return header{&m.RegistrationConfirm.RequestSeqNum, &m.RegistrationConfirm.Tokens, &m.RegistrationConfirm.CryptoTokens}, true
	case m.RegistrationReject != nil:
		return header{&m.RegistrationReject.RequestSeqNum, &m.RegistrationReject.Tokens, &m.RegistrationReject.CryptoTokens}, true
	case m.UnregistrationRequest != nil:
		return header{&m.UnregistrationRequest.RequestSeqNum, &m.UnregistrationRequest.Tokens, &m.UnregistrationRequest.CryptoTokens}, true
	case m.UnregistrationConfirm != nil:
		return header{&m.UnregistrationConfirm.RequestSeqNum, &m.UnregistrationConfirm.Tokens, &m.UnregistrationConfirm.CryptoTokens}, true
	case m.UnregistrationReject != nil:
		return header{&m.UnregistrationReject.RequestSeqNum, &m.UnregistrationReject.Tokens, &m.UnregistrationReject.CryptoTokens}, true
	case m.AdmissionRequest != nil:
		return header{&m.AdmissionRequest.RequestSeqNum, &m.AdmissionRequest.Tokens, &m.AdmissionRequest.CryptoTokens}, true
	case m.AdmissionConfirm != nil:
		return header{&m.AdmissionConfirm.RequestSeqNum, &m.AdmissionConfirm.Tokens, &m.AdmissionConfirm.CryptoTokens}, true
	case m.AdmissionReject != nil:
		return header{&m.AdmissionReject.RequestSeqNum, &m.AdmissionReject.Tokens, &m.AdmissionReject.CryptoTokens}, true
	case m.BandwidthRequest != nil:
		return header{&m.BandwidthRequest.RequestSeqNum, &m.BandwidthRequest.Tokens, &m.BandwidthRequest.CryptoTokens}, true
	case m.BandwidthConfirm != nil:
		return header{&m.BandwidthConfirm.RequestSeqNum, &m.BandwidthConfirm.Tokens, &m.BandwidthConfirm.CryptoTokens}, true
	case m.BandwidthReject != nil:
		return header{&m.BandwidthReject.RequestSeqNum, &m.BandwidthReject.Tokens, &m.BandwidthReject.CryptoTokens}, true
	case m.DisengageRequest != nil:
		return header{&m.DisengageRequest.RequestSeqNum, &m.DisengageRequest.Tokens, &m.DisengageRequest.CryptoTokens}, true
	case m.DisengageConfirm != nil:
		return header{&m.DisengageConfirm.RequestSeqNum, &m.DisengageConfirm.Tokens, &m.DisengageConfirm.CryptoTokens}, true
	case m.DisengageReject != nil:
		return header{&m.DisengageReject.RequestSeqNum, &m.DisengageReject.Tokens, &m.DisengageReject.CryptoTokens}, true
	case m.LocationRequest != nil:
		return header{&m.LocationRequest.RequestSeqNum, &m.LocationRequest.Tokens, &m.LocationRequest.CryptoTokens}, true
	case m.LocationConfirm != nil:
		return header{&m.LocationConfirm.RequestSeqNum, &m.LocationConfirm.Tokens, &m.LocationConfirm.CryptoTokens}, true
	case m.LocationReject != nil:
		return header{&m.LocationReject.RequestSeqNum, &m.LocationReject.Tokens, &m.LocationReject.CryptoTokens}, true
	case m.InfoRequest != nil:
		return header{&m.InfoRequest.RequestSeqNum, &m.InfoRequest.Tokens, &m.InfoRequest.CryptoTokens}, true
	case m.InfoRequestResponse != nil:
		return header{&m.InfoRequestResponse.RequestSeqNum, &m.InfoRequestResponse.Tokens, &m.InfoRequestResponse.CryptoTokens}, true
	case m.NonStandardMessage != nil:
		return header{&m.NonStandardMessage.RequestSeqNum, &m.NonStandardMessage.Tokens, &m.NonStandardMessage.CryptoTokens}, true
	case m.UnknownMessageResponse != nil:
		return header{&m.UnknownMessageResponse.RequestSeqNum, &m.UnknownMessageResponse.Tokens, &m.UnknownMessageResponse.CryptoTokens}, true
	case m.RequestInProgress != nil:
		return header{&m.RequestInProgress.RequestSeqNum, &m.RequestInProgress.Tokens, &m.RequestInProgress.CryptoTokens}, true
	case m.ResourcesAvailableIndicate != nil:
		return header{&m.ResourcesAvailableIndicate.RequestSeqNum, &m.ResourcesAvailableIndicate.Tokens, &m.ResourcesAvailableIndicate.CryptoTokens}, true
	case m.ResourcesAvailableConfirm != nil:
		return header{&m.ResourcesAvailableConfirm.RequestSeqNum, &m.ResourcesAvailableConfirm.Tokens, &m.ResourcesAvailableConfirm.CryptoTokens}, true
	case m.InfoRequestAck != nil:
		return header{&m.InfoRequestAck.RequestSeqNum, &m.InfoRequestAck.Tokens, &m.InfoRequestAck.CryptoTokens}, true
	case m.InfoRequestNak != nil:
		return header{&m.InfoRequestNak.RequestSeqNum, &m.InfoRequestNak.Tokens, &m.InfoRequestNak.CryptoTokens}, true
	case m.ServiceControlIndication != nil:
		return header{&m.ServiceControlIndication.RequestSeqNum, &m.ServiceControlIndication.Tokens, &m.ServiceControlIndication.CryptoTokens}, true
	case m.ServiceControlResponse != nil:
		return header{&m.ServiceControlResponse.RequestSeqNum, &m.ServiceControlResponse.Tokens, &m.ServiceControlResponse.CryptoTokens}, true
	case len(m.AdmissionConfirmSequence) > 0:
		c := &m.AdmissionConfirmSequence[0]
		return header{&c.RequestSeqNum, &c.Tokens, &c.CryptoTokens}, true
	}
	return header{}, false
}

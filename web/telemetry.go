package web

import (
	"net/http"
	"runtime"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Telemetry is a reading of the gateway's counters, which their owners keep
// in their own words. Counters only rise.
type Telemetry struct {
	CallsTotal     uint64            // calls begun since the start
	CallsRefused   map[string]uint64 // by cause
	CallSetup      Histogram         // from the first message to the answer, seconds
	RTP            []RTPCount
	RTPDropped     map[string]uint64 // datagrams not admitted, by verdict
	PortsUsed      int               // pairs
	PortsTotal     int
	Workers        int // media workers that run now
	WorkerRestarts uint64
	Pictures       []PictureCount
	Views          []ViewCount
	Strained       uint64            // times that composing was given up
	Strains        int               // rooms that do without it now
	Trials         map[string]uint64 // of what paths to browsers carry, by what they showed
	RecordsLost    uint64            // of calls and events, that could not be written
	Exhausted      map[string]uint64 // calls and pages refused because a tenant had all that it may, by limit
	SIP            []SIPCount
	SIPState       SIPState
	H323           []H323Count
	H323State      H323State
	RAS            RAS
	Registrar      Registrar
	Doors          Doors
	Load           Load
}

// SIPState is what the SIP front-end holds open now, and what went wrong.
type SIPState struct {
	Dialogs, Transactions, Connections int
	Retransmissions                    uint64 // sent again for want of an answer
	ParseErrors                        uint64 // messages that could not be read
	Limited                            uint64 // dialogs and connections over a bound
}

// H323State is what the H.323 front-end holds open now, and what it did.
type H323State struct {
	Calls, Connections int
	ParseErrors        uint64            // messages that could not be read
	Limited            uint64            // calls and connections over a bound
	Control            map[string]uint64 // calls by how H.245 travelled: "tunnel", "connection"
	FastConnect        uint64            // calls whose channels were opened in Setup and its answer
}

// RAS is how H.323 terminals and gatekeepers know of each other.
type RAS struct {
	Serves     bool // we are a gatekeeper
	Terminals  int  // registered with it
	Datagrams  uint64
	Refused    uint64 // requests
	Denied     uint64 // of them for want of a right password
	Locks      uint64 // that began after wrong passwords
	Unreadable uint64 // datagrams
	Limited    uint64 // datagrams over a source's rate
	Registers  bool   // we shall be registered with another
	Registered bool   // and are
}

// H323Count counts call signalling messages of H.225.0.
type H323Count struct {
	Direction, Type string
	Count           uint64
}

// RTPCount counts packets of one direction ("in", "out") and kind ("audio", "video").
type RTPCount struct {
	Direction, Kind string
	Packets, Bytes  uint64
	Lost            uint64
}

// PictureCount counts pictures of a codec that media workers were given: result is
// "decoded", "damaged" (not shown: the last good one stood) or "refused" (damaged
// so that the decoder gave nothing).
type PictureCount struct {
	Codec, Result string
	Count         uint64
}

// ViewCount counts changes of what terminals see: how they are served since
// ("relay", "transcode", "compose", "none"), and why ("layout", "strain", "slides",
// "people", "speaker", "format").
type ViewCount struct {
	Path, Change string
	Count        uint64
}

// SIPCount counts SIP messages. Status is 0 for requests.
type SIPCount struct {
	Direction, Method string
	Status            int
	Count             uint64
}

// Histogram is a cumulative histogram: Buckets maps an upper bound to how
// many values are at most that.
type Histogram struct {
	Count   uint64
	Sum     float64
	Buckets map[float64]uint64
}

// metrics serves the readings in the Prometheus text format.
func (s *Server) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&gatewayCollector{s},
	)
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("roombridge_"+name, help, labels, nil)
}

var (
	descBuild        = desc("build_info", "Version of the gateway; always 1.", "version", "goversion")
	descCalls        = desc("calls", "Calls that run now.", "protocol", "direction", "state")
	descCallsTotal   = desc("calls_started_total", "Calls begun.")
	descCallsRefused = desc("calls_refused_total", "Calls refused, by cause.", "cause")
	descSetup        = desc("call_setup_seconds", "Time from a call's first message to its answer.")
	descStreams      = desc("call_streams", "Streams of running calls by how they are served.", "kind", "direction", "path", "codec")
	descRooms        = desc("rooms", "Rooms in which somebody is.")
	descParticipants = desc("participants", "People and terminals in rooms.", "kind")
	descSockets      = desc("meeting_pages", "Meeting pages connected.")
	descPackets      = desc("rtp_packets_total", "RTP packets of terminals.", "direction", "kind")
	descBytes        = desc("rtp_bytes_total", "RTP payload bytes of terminals.", "direction", "kind")
	descLost         = desc("rtp_packets_lost_total", "RTP packets lost, as seen by their receiver.", "direction", "kind")
	descDropped      = desc("rtp_datagrams_dropped_total", "Datagrams that were not admitted.", "verdict")
	descPorts        = desc("media_ports", "Port pairs for media.", "state")
	descWorkers      = desc("media_workers", "Media workers that run now.")
	descRecordsLost  = desc("records_lost_total", "Records of calls and events that could not be written.")
	descRestarts     = desc("media_worker_restarts_total", "Media workers started again after a death.")
	descPictures     = desc("media_worker_pictures_total", "Pictures that media workers were given to decode: decoded, damaged or refused.", "codec", "result")
	descViews        = desc("view_changes_total", "Changes of what terminals see, by how they are served since and why.", "path", "change")
	descStrained     = desc("composing_given_up_total", "Times that a room gave composing up because its worker or the machine did not keep up.")
	descStrains      = desc("rooms_without_composing", "Rooms that compose nothing now because of that.")
	descTrials       = desc("browser_path_trials_total", "Trials of what paths to browsers carry, with padding, by what they showed: more, none (not more), late (sent too slowly to tell) or unheard.", "result")
	descSIP          = desc("sip_messages_total", "SIP messages; status is empty for requests.", "direction", "method", "status")
	descDialogs      = desc("sip_dialogs", "SIP dialogs open now.")
	descTransactions = desc("sip_transactions", "SIP transactions open now; over UDP they stay for 32 s to answer repetitions.")
	descConnections  = desc("sip_connections", "TCP and TLS connections of SIP open now.")
	descRepeats      = desc("sip_retransmissions_total", "SIP messages sent again for want of an answer.")
	descUnreadable   = desc("sip_parse_errors_total", "SIP messages that could not be read.")
	descExhausted    = desc("tenant_limit_refusals_total", "Calls, pages and rooms refused because a tenant had all that it may.", "limit")
	descLoad         = desc("load_ratio", "How busy the gateway is: share of its processors over ten seconds, of the time of the packet path's busiest loop and of batches handled late over three.", "kind")
	descLoadLimit    = desc("load_limit_ratio", "Share above which new calls are refused; 0 is none.")
	descOverloaded   = desc("overloaded", "1 while new calls are refused because of the load.")
	descHeadroom     = desc("headroom_calls", "Calls like those that run that would still fit; no sample while too few run to tell.")
	descH323         = desc("h323_messages_total", "Call signalling messages of H.323.", "direction", "type")
	descH323Calls    = desc("h323_calls", "H.323 calls that signalling holds now.")
	descH323Conns    = desc("h323_connections", "TCP connections of H.225.0 and H.245 open now.")
	descH323Errors   = desc("h323_parse_errors_total", "H.323 messages that could not be read.")
	descH323Limited  = desc("h323_limited_total", "H.323 calls and connections refused because a bound was reached.")
	descH323Control  = desc("h323_control_total", "H.323 calls by how H.245 travelled.", "transport")
	descH323Fast     = desc("h323_fast_connects_total", "H.323 calls whose channels were opened in Setup and its answer.")
	descTerminals    = desc("ras_terminals", "H.323 terminals that are registered with our gatekeeper.")
	descRAS          = desc("ras_datagrams_total", "Datagrams that our gatekeeper got.")
	descRASRefused   = desc("ras_refused_total", "Requests that our gatekeeper rejected.")
	descRASDenied    = desc("ras_denied_total", "Requests that our gatekeeper rejected for want of a right password.")
	descRASLocks     = desc("ras_locks_total", "Sources and users that our gatekeeper locked out after wrong passwords.")
	descRASErrors    = desc("ras_parse_errors_total", "Datagrams of RAS that could not be read.")
	descRASLimited   = desc("ras_limited_total", "Datagrams of RAS dropped because their source sent too many.")
	descRegistered   = desc("ras_registered", "1 while this gateway is registered with a gatekeeper; no sample when it shall not be.")
	descLimited      = desc("sip_limited_total", "SIP dialogs and connections refused because a bound was reached.")
)

// gatewayCollector reads the gateway's figures when it is scraped.
type gatewayCollector struct{ s *Server }

// Describe implements prometheus.Collector. Nothing is described ahead: the
// label values come with the readings.
func (g *gatewayCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (g *gatewayCollector) Collect(ch chan<- prometheus.Metric) {
	o := collection{ch}
	o.gauge(descBuild, 1, g.s.cfg.Version, runtime.Version())
	rooms := g.s.cfg.Rooms.Rooms()
	o.calls(callsOf(g.s.cfg.Calls.Calls(), rooms))
	o.rooms(roomsOf(rooms))
	o.devices(devicesOf(g.s.cfg.Devices.List()))
	o.gauge(descSockets, g.s.sockets.count())
	o.trunks(g.s.cfg.Trunks(""))
	o.telemetry(g.s.cfg.Telemetry())
}

type collection struct{ ch chan<- prometheus.Metric }

func (o collection) gauge(d *prometheus.Desc, v int, labels ...string) {
	o.ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
}

func (o collection) counter(d *prometheus.Desc, v uint64, labels ...string) {
	o.ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
}

func (o collection) calls(list []Call) {
	calls, streams := map[[3]string]int{}, map[[4]string]int{}
	for _, p := range []string{"sip", "h323"} {
		for _, d := range []string{"in", "out"} {
			calls[[3]string{p, d, "connected"}] = 0 // a series that comes and goes is hard to alert on
		}
	}
	for _, c := range list {
		calls[[3]string{c.Protocol, c.Direction, c.State}]++
		for kind, s := range map[string]Stream{"audio": c.Audio, "video": c.Video, "content": c.Content} {
			streams[[4]string{kind, "in", s.In.Path, s.In.Codec}]++
			streams[[4]string{kind, "out", s.Out.Path, s.Out.Codec}]++
		}
	}
	for k, n := range calls {
		o.gauge(descCalls, n, k[:]...)
	}
	for k, n := range streams {
		o.gauge(descStreams, n, k[:]...)
	}
}

func (o collection) rooms(list []Room) {
	o.gauge(descRooms, len(list))
	kinds := map[string]int{"browser": 0, "terminal": 0}
	for _, r := range list {
		for _, p := range r.Participants {
			kinds[p.Kind]++
		}
	}
	for k, n := range kinds {
		o.gauge(descParticipants, n, k)
	}
}

func (o collection) telemetry(t Telemetry) {
	o.counter(descCallsTotal, t.CallsTotal)
	for cause, n := range t.CallsRefused {
		o.counter(descCallsRefused, n, cause)
	}
	o.ch <- prometheus.MustNewConstHistogram(descSetup, t.CallSetup.Count, t.CallSetup.Sum, t.CallSetup.Buckets)
	for _, r := range t.RTP {
		o.counter(descPackets, r.Packets, r.Direction, r.Kind)
		o.counter(descBytes, r.Bytes, r.Direction, r.Kind)
		o.counter(descLost, r.Lost, r.Direction, r.Kind)
	}
	for verdict, n := range t.RTPDropped {
		o.counter(descDropped, n, verdict)
	}
	o.gauge(descPorts, t.PortsUsed, "used")
	o.gauge(descPorts, t.PortsTotal-t.PortsUsed, "free")
	o.gauge(descWorkers, t.Workers)
	o.counter(descRestarts, t.WorkerRestarts)
	for _, p := range t.Pictures {
		o.counter(descPictures, p.Count, p.Codec, p.Result)
	}
	for _, v := range t.Views {
		o.counter(descViews, v.Count, v.Path, v.Change)
	}
	o.counter(descStrained, t.Strained)
	o.gauge(descStrains, t.Strains)
	for result, n := range t.Trials {
		o.counter(descTrials, n, result)
	}
	o.counter(descRecordsLost, t.RecordsLost)
	for limit, n := range t.Exhausted {
		o.counter(descExhausted, n, limit)
	}
	o.load(t.Load)
	o.sip(t.SIPState)
	o.h323(t.H323State)
	o.ras(t.RAS)
	o.registrar(t.Registrar)
	o.doors(t.Doors)
	for _, m := range t.H323 {
		o.counter(descH323, m.Count, m.Direction, m.Type)
	}
	for _, m := range t.SIP {
		status := ""
		if m.Status != 0 {
			status = strconv.Itoa(m.Status)
		}
		o.counter(descSIP, m.Count, m.Direction, m.Method, status)
	}
}

func (o collection) load(l Load) {
	for kind, v := range map[string]float64{"cpu": l.CPU, "loop": l.Loop, "late": l.Late} {
		o.ch <- prometheus.MustNewConstMetric(descLoad, prometheus.GaugeValue, v, kind)
	}
	o.ch <- prometheus.MustNewConstMetric(descLoadLimit, prometheus.GaugeValue, l.Limit)
	over := 0
	if l.Overloaded {
		over = 1
	}
	o.gauge(descOverloaded, over)
	if l.Headroom != nil {
		o.gauge(descHeadroom, *l.Headroom)
	}
}

func (o collection) sip(s SIPState) {
	o.gauge(descDialogs, s.Dialogs)
	o.gauge(descTransactions, s.Transactions)
	o.gauge(descConnections, s.Connections)
	o.counter(descRepeats, s.Retransmissions)
	o.counter(descUnreadable, s.ParseErrors)
	o.counter(descLimited, s.Limited)
}

func (o collection) ras(s RAS) {
	if s.Serves {
		o.gauge(descTerminals, s.Terminals)
		o.counter(descRAS, s.Datagrams)
		o.counter(descRASRefused, s.Refused)
		o.counter(descRASDenied, s.Denied)
		o.counter(descRASLocks, s.Locks)
		o.counter(descRASErrors, s.Unreadable)
		o.counter(descRASLimited, s.Limited)
	}
	if s.Registers {
		registered := 0
		if s.Registered {
			registered = 1
		}
		o.gauge(descRegistered, registered)
	}
}

func (o collection) h323(s H323State) {
	o.gauge(descH323Calls, s.Calls)
	o.gauge(descH323Conns, s.Connections)
	o.counter(descH323Errors, s.ParseErrors)
	o.counter(descH323Limited, s.Limited)
	o.counter(descH323Fast, s.FastConnect)
	for _, transport := range []string{"tunnel", "connection"} {
		o.counter(descH323Control, s.Control[transport], transport)
	}
}

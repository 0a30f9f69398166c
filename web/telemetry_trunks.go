package web

var (
	descTrunkUp       = desc("trunk_up", "Whether calls go through the trunk.", "trunk")
	descTrunkFailures = desc("trunk_registration_failures_total", "Attempts to register with the trunk that failed.", "trunk")
)

func (o collection) trunks(list []Trunk) {
	for i := range list {
		t, up := &list[i], 0
		if t.Up {
			up = 1
		}
		o.gauge(descTrunkUp, up, t.Name)
		if t.Registers {
			o.counter(descTrunkFailures, t.Failures, t.Name)
		}
	}
}

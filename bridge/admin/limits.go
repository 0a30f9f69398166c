package admin

// Usage is what a tenant takes now of its limits.
type Usage struct {
	Calls     int `json:"calls"`
	Bandwidth int `json:"bandwidth" doc:"bit/s: of each call, the direction that was given more"`
	Workers   int `json:"workers" doc:"Media workers"`
	Rooms     int `json:"rooms" doc:"In which somebody is, or to which a call is on its way"`
	Devices   int `json:"devices" doc:"That administrators entered"`
}

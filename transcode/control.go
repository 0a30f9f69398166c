package transcode

// The JSON bodies of control messages. Both ends are of one build, yet each
// checks what the other says.

// Hello is a worker's first message.
type Hello struct {
	Version      int          `json:"version"`
	Capabilities Capabilities `json:"capabilities"`
	Confinement  Confinement  `json:"confinement"`
}

// Confinement says which walls stand around a worker.
type Confinement struct {
	NoNewPrivs bool     `json:"no_new_privs"`
	Seccomp    bool     `json:"seccomp"`
	Landlock   int      `json:"landlock"` // ABI in force, 0 is none
	Limits     bool     `json:"limits"`   // memory, files, core
	Missing    []string `json:"missing,omitempty"`
}

// InputStats is what a worker tells of one input's jitter buffer.
type InputStats struct {
	ID          StreamID `json:"id"`
	Packets     uint64   `json:"packets"`
	Lost        uint64   `json:"lost"`      // never came in time
	Late        uint64   `json:"late"`      // came after their turn
	Duplicate   uint64   `json:"duplicate"` // came twice
	Invalid     uint64   `json:"invalid"`   // refused by the decoder
	ConcealedMS uint64   `json:"concealed_ms"`
	Resyncs     uint64   `json:"resyncs"` // new source or clock
	JitterMS    float64  `json:"jitter_ms"`
	DelayMS     float64  `json:"delay_ms"`
	TargetMS    float64  `json:"target_ms"`
	SkewPPM     float64  `json:"skew_ppm"` // how much faster than ours it is played now
}

// WorkerStats is what a worker tells of itself about once a second.
type WorkerStats struct {
	Ticks    uint64       `json:"ticks"`
	Late     uint64       `json:"late"`    // ticks that began over one tick late
	Skipped  uint64       `json:"skipped"` // ticks that were left out after a long stall
	TickUS   float64      `json:"tick_us"` // mean cost of a tick over the last second
	MaxUS    float64      `json:"max_us"`  // dearest tick of the last second
	Mixes    int          `json:"mixes"`
	Encoders int          `json:"encoders"`
	HeapKB   uint64       `json:"heap_kb"`
	Inputs   []InputStats `json:"inputs"`

	Decoders      int                `json:"decoders,omitempty"`       // of pictures, open now
	VideoEncoders int                `json:"video_encoders,omitempty"` // forms of picture outputs
	Compositions  int                `json:"compositions,omitempty"`   // scenes composed, whoever shares them
	VideoInputs   []VideoInputStats  `json:"video_inputs,omitempty"`
	VideoOutputs  []VideoOutputStats `json:"video_outputs,omitempty"`
}

// DecodeOrder opens a decoder in a worker.
type DecodeOrder struct {
	Codec string `json:"codec"`
}

// DecodeReport is a decoder's counters since it was opened.
type DecodeReport struct {
	Units     uint64 `json:"units"` // access units taken
	Frames    uint64 `json:"frames"`
	Keyframes uint64 `json:"keyframes"`
	Errors    uint64 `json:"errors"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
}
